select * from {{ source('files', 'a') }} union all select * from {{ source('files', 'b') }}
