select * from {{ ref('e2') }}, {{ ref('e3') }}
