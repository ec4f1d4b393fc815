{{ config(materialized='table_function', parameters=['x', 'y']) }}
select x + y as s
