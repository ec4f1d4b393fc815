{{ config(materialized=var('kind', 'view')) }}
select * from {{ ref('first') }}
