{{ config(materialized='merge_probe', incremental_strategy='merge', unique_key='id', merge_update_condition='DBT_INTERNAL_SOURCE.amount > 100', merge_insert_condition='DBT_INTERNAL_SOURCE.amount > 10') }}
select * from (values (2, 'B', 21), (4, 'D', 40)) as t(id, label, amount)
