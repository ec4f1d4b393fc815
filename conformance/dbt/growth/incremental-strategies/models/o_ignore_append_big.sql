{{ config(incremental_strategy='append', unique_key='id', on_schema_change='ignore') }}{% set s = var("step", 1) | int %}
select 1::integer as id{% if s == 2 %}, 5::bigint as n{% else %}, 4::int as n{% endif %}{% if s == 3 %}, {'a': 1, 'b': 2} as st{% else %}, {'a': 1} as st{% endif %}
