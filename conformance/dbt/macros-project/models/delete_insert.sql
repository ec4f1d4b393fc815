{{ config(materialized='merge_probe', incremental_strategy='delete+insert', unique_key='id') }}
select * from (values (2, 'B', 21), (4, 'D', 40)) as t(id, label, amount)
