{% if var('b') == 1 %}
select * from (select 0 as id, '' as k2, 0 as v, '' as w, timestamp '2024-01-01' as ts) where false
{% endif %}
{% if var('b') == 2 %}
select 1 as id, 'a' as k2, 2 as v, 'y'::varchar as w, timestamp '2024-01-02' as ts
{% endif %}
{% if var('b') == 3 %}
select 5 as id, 'a' as k2, 1 as v, null::varchar as w, timestamp '2024-01-03' as ts
union all select 2 as id, 'a' as k2, 2 as v, 'y'::varchar as w, timestamp '2024-01-03' as ts
union all select 4 as id, 'a' as k2, 1 as v, 'x'::varchar as w, timestamp '2024-01-03' as ts
{% endif %}