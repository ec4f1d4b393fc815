{% if var('b') == 1 %}
select null::integer as id, 'a' as k2, 1 as v, 'x'::varchar as w, timestamp '2024-01-01' as ts
{% endif %}
{% if var('b') == 2 %}
select 2 as id, 'a' as k2, 1 as v, 'x'::varchar as w, timestamp '2024-01-02' as ts
{% endif %}
{% if var('b') == 3 %}
select timestamp '2024-01-03' as ts, 'y'::varchar as w, 1 as v, 'a' as k2, 3 as id
union all select timestamp '2024-01-03' as ts, 'y'::varchar as w, 2 as v, 'a' as k2, 5 as id
union all select timestamp '2024-01-03' as ts, 'x'::varchar as w, 1 as v, 'a' as k2, 1 as id
{% endif %}