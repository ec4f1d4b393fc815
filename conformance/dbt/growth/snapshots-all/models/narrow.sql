{{ config(materialized='table') }} select id, grp, name, v, ts from {{ ref('people') }} where id is not null
