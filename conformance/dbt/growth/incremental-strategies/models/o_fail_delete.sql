{{ config(incremental_strategy='delete+insert', unique_key='id', on_schema_change='fail') }}{% set s = var("step", 1) | int %}
select 1::integer as id, {{ s }} as a{% if s == 2 %}, 'n' as added{% endif %}{% if s == 1 %}, 5 as gone{% endif %}, {% if s == 3 %}'wide'{% else %}7{% endif %} as retyped, 5 as MixedCase
