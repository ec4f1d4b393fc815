{{ config(materialized='table') }} select * from (values (1, 'ann'), (2, 'bob'), (3, null)) as t(id, name)
