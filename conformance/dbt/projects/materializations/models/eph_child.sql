{{ config(materialized='table') }}
with own as (select * from {{ ref('e3') }}) select * from own union all select a from {{ ref('first') }} f, {{ ref('e1') }} e
