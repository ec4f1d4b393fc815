-- {{ ref('a') }}
{{ config(materialized='table', tags=['c1', 'staging']) }}
{{ config(tags='c2', meta={'m': 1}, alias='stg_alias') }}
select * from {{ ref('a') }} join {{ source('raw', 'tbl') }} using (id) join {{ ref('tt', 'a') }} using (id) join {{ ref('p1') }} using (id)
