{{ config(materialized='ephemeral', alias='e_three') }}
select * from {{ ref('e2') }} union all select * from {{ ref('e1') }}
