{{ config({'materialized': 'table', 'tags': 'dict_call'}) }}
{{ config(alias='two_' ~ 2, tags=['again']) }}
select 2 as x, {{ tojson(var('nested')) | replace('"', "'") | length }} as n
