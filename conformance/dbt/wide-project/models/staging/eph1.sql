{{ config(materialized='ephemeral') }}
with q as (select 1 as id) select * from q, {{ ref('eph0') }}
