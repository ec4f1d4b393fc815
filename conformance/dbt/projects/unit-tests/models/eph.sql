{{ config(materialized='ephemeral') }} select id, upper(name) as name from {{ ref('stg') }}
