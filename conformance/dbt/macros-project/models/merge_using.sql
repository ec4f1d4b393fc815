{{ config(materialized='merge_probe', incremental_strategy='merge', merge_on_using_columns=['id'], unique_key='id') }}
select * from (values (2, 'B', 21), (4, 'D', 40)) as t(id, label, amount)
