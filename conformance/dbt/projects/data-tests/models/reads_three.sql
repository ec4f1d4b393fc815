select * from {{ ref('behind_three') }}
