{{ config(materialized='merge_probe', incremental_strategy='merge', unique_key='id', merge_update_columns=['label'], merge_update_set_expressions={'amount': 'DBT_INTERNAL_DEST.amount + DBT_INTERNAL_SOURCE.amount'}) }}
select * from (values (2, 'B', 21), (4, 'D', 40)) as t(id, label, amount)
