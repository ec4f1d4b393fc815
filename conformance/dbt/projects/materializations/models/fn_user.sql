select * from {{ ref('fn') }}(1, 2)
