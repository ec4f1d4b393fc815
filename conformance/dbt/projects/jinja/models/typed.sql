{{ config(materialized='table') }}
select 1::int as i, 2::bigint as b, 1.5::decimal(10,2) as d, 2.5::double as f, 'x'::varchar as v, date '2020-01-01' as dt, timestamp '2020-01-01' as ts, true as bo, [1,2] as li, {'a': 1} as st, map {'k': 1} as m, '\x01'::blob as bl, 1::hugeint as h, 1::utinyint as ut, interval 1 day as iv, uuid '00000000-0000-0000-0000-000000000000' as u
