select max(length_m) from {{ ref('stg_ships') }}
