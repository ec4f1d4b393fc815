{{ config(severity='warn', tags=['s'], fail_calc='max(id)') }}
select * from {{ ref('m') }}
