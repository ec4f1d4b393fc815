select * from {{ ref('fin') }}
