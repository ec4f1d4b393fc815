select id, name from {{ ref('stg') }}
