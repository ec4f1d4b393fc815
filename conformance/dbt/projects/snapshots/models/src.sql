{{ config(materialized='table') }}
select 4 as id, 'a' as k2, 3::integer as v, 'y'::varchar as w, timestamp '2024-01-01' + interval 3 day as ts, strftime(timestamp '2024-01-01' + interval 3 day, '%Y-%m-%d %H:%M:%S') as ts_text, (timestamp '2024-01-01' + interval 3 day)::date as d
