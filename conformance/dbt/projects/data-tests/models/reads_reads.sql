select * from {{ ref('reads_three') }}
