{{ config(materialized='ephemeral') }}
select * from {{ ref('stg_calls') }} where fee > {{ least_fee() }}
