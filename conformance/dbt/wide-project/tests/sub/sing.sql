{{ config(store_failures=true, alias='sing_alias', severity='ERROR') }}
select * from {{ ref('m1') }} where 1=0
