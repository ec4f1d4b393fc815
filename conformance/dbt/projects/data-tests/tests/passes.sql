{{ config(store_failures=true, database='out', alias='p_alias') }}
-- {{ ref('n') }}
select 1 as x where false
