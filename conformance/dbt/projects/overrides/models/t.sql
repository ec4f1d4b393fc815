{{ config(materialized='table', alias='  named ') }}
select *, '{{ get_columns_in_query('select 1 as a') | join(',') }}' as cols from {{ ref('v') }}
