select * from {{ source('here', 'raw') }}
