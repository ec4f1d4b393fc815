select * from {{ source('raw', 'new') }}
