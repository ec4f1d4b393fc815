{% if var('b') == 1 %}
select 5 as id, 'a' as k2, null as v, 'x'::varchar as w, timestamp '2024-01-01' as ts
{% endif %}
{% if var('b') == 2 %}
select 1 as id, 'a' as k2, 1 as v, 'x'::varchar as w, timestamp '2024-01-02' as ts
union all select 3 as id, 'a' as k2, null as v, null::varchar as w, timestamp '2024-01-02' as ts
{% endif %}
{% if var('b') == 3 %}
select 3 as id, 'a' as k2, 2::bigint as v, 'y'::varchar as w, timestamp '2024-01-03' as ts
union all select 5 as id, 'a' as k2, null::bigint as v, 'y'::varchar as w, timestamp '2024-01-03' as ts
union all select 2 as id, 'a' as k2, 2::bigint as v, 'y'::varchar as w, timestamp '2024-01-03' as ts
{% endif %}