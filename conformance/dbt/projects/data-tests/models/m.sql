{{ config(materialized='table') }}
select * from (values (1, 'a', null), (2, 'b', 5), (2, 'c', 6)) t(id, name, maybe)
