{{ config(materialized='ephemeral') }}select 2 from {{ ref('eph1') }}
