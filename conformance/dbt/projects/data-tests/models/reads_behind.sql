select * from {{ ref('behind') }}
