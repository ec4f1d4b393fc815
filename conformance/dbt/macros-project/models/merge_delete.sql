{{ config(materialized='merge_probe', incremental_strategy='merge', unique_key='id', merge_clauses={'when_matched': [{'action': 'delete'}], 'when_not_matched': [{'action': 'do_nothing'}]}) }}
select * from (values (2, 'B', 21), (4, 'D', 40)) as t(id, label, amount)
