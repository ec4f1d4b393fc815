-- depends_on: {{ ref('raw_seed') }}
select r.*, '{{ source('db', 'raw_seed') }}' as a, '{{ source('db', 'renamed') }}' as b, '{{ source('db', 'renamed').identifier }}' as i from {{ source('db', 'renamed') }} r
