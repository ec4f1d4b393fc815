select * from {{ ref('fees') }} where fee > 100000
