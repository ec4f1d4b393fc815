{{ config(materialized='view', event_time='ts') }}
select range as id, timestamptz '2024-01-01 00:00:00+00' + interval 7 hour * range as ts from range(60)
