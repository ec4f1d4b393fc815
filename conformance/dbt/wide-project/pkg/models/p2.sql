select * from {{ ref('p1') }} union all select * from {{ ref('pk', 'p1') }}
