select s.*, '{{ ref('pk', 'p') }}' as rel from {{ source('raw', 's') }} s, {{ ref('t') }} t, {{ ref('p') }} p
