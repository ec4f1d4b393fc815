{{ config(materialized='table') }}
{% set s = var('step', 1) | int %}
select step, id, grp, name, v, ts, ts::timestamptz as tz, ts::date as d {% if s >= 4 %}, 'x' || v as extra{% endif %}{% if s >= 6 %}, {'a': v} as st{% endif %}, {% if s >= 5 %}v::double{% else %}v::int{% endif %} as num
from (values
 (1, 1, 'a', 'ann', 1, timestamp '2024-01-01 10:00'), (1, 2, 'a', 'bob', 2, timestamp '2024-01-01 10:00'), (1, 3, null, 'cy', 3, timestamp '2024-01-01 10:00'), (1, null, 'z', 'nul', 9, timestamp '2024-01-01 10:00'),
 (2, 1, 'a', 'ann', 5, timestamp '2024-01-02 10:00'), (2, 2, 'a', 'bob', 2, timestamp '2024-01-01 10:00'), (2, 3, null, 'cy', 3, timestamp '2024-01-01 10:00'), (2, 4, 'b', 'dan', 4, timestamp '2024-01-02 10:00'), (2, null, 'z', 'nul', 9, timestamp '2024-01-01 10:00'),
 (3, 1, 'a', 'ann', 5, timestamp '2024-01-02 10:00'), (3, 4, 'b', null, 4, timestamp '2024-01-03 10:00'),
 (4, 1, 'a', 'ann', 5, timestamp '2024-01-02 10:00'), (4, 2, 'a', 'bob', 2, timestamp '2024-01-01 10:00'), (4, 4, 'b', null, 4, timestamp '2024-01-03 10:00'),
 (5, 1, 'a', 'ann', 6, timestamp '2024-01-05 10:00'), (5, 2, 'a', 'bob', 22, timestamp '2024-01-05 10:00'), (5, 3, 'c', 'cy', 3, timestamp '2024-01-05 10:00'),
 (6, 1, 'a', 'ann', 6, timestamp '2024-01-04 10:00'), (6, 2, 'a', 'bob', 22, timestamp '2024-01-06 10:00:00.123456'), (6, 5, 'c', 'new', 3, null),
 (7, 1, 'a', 'ann', 6, timestamp '2024-01-04 10:00'), (7, 2, 'a', 'bob', 22, timestamp '2024-01-06 10:00:00.123456'), (7, 5, 'c', 'new', 3, null)
) t(step, id, grp, name, v, ts) where step = {{ s }}
