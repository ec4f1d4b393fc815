select i::integer as id, 'c' || (i % 3) as customer, (i * 1.25)::decimal(10, 2) as amount, date '2026-01-01' + i::integer as day,
  timestamp '2026-01-01 10:00:00.123456' + to_hours(i::integer) as moment, i % 2 = 0 as even, nullif(i, 3)::double as maybe
from range({{ var('step') }}, {{ var('step') }} + 5) as t(i)
