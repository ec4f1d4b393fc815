select * from {{ ref('eph0') }}
