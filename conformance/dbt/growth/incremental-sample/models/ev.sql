{{ config(materialized='table', event_time='ts') }}
select range as id, timestamp '2024-01-01' + interval 7 hour * range as ts, range % 5 as v from range(60)
