{% if var('b') == 1 %}
select 1 as id, 'a' as k2, 2 as v, 'y'::varchar as w, timestamp '2024-01-01' as ts
{% endif %}
{% if var('b') == 2 %}
select * from (select 0 as id, '' as k2, 0 as v, '' as w, timestamp '2024-01-01' as ts) where false
{% endif %}
{% if var('b') == 3 %}
select * from (select 0 as id, '' as k2, 0 as v, '' as w, timestamp '2024-01-01' as ts, 0 as extra) where false
{% endif %}