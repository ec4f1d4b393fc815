select id, lower(name) as name from {{ ref('stg') }}
