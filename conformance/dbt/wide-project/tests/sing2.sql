select * from {{ source('raw', 'tbl') }}
