select id from {{ source('registry', 'ships') }} where length_m > 10
-- depends_on: {{ ref('ships') }}
