{{ config(materialized='table') }} select * exclude (step, num), num from {{ ref('people') }} where id is not null
