{{ config(materialized='table') }}
select 1::bigint as id, 'a' as name, 1.5 as amount, date '2020-01-01' as d
