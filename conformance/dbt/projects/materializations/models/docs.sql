{{ config(materialized='table', persist_docs={'relation': true, 'columns': true}, sql_header='set threads = 2;') }}
select 1 as a, 2 as "B c"
