-- depends_on: {{ ref('stg_a') }}
{% set x = ref('a') %}
{% if execute %}{{ ref('stg_a') }}{% else %}{{ ref('eph1') }}{% endif %}
{%- for c in cols(x) %} {{ c }} {% endfor %}
select {{ var('gv') }}, '{{ var("scoped") }}', {{ over() }}, {{ pk.over() }}, {{ var('lst') | join(',') }}, '{{ var("nope", "dflt") }}', {{ dbt.dateadd('day', 1, 'x') }}
