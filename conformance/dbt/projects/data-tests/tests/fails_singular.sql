select * from {{ ref('m') }} where id = 2
