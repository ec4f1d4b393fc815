{{ config(materialized='table') }}
select * from (values (1, 1, 'a', 10, timestamp '2024-01-01'), (1, 2, 'B', 20, timestamp '2024-01-02'), (1, 3, 'c', 30, null), (1, 3, null, 33, null),
 (2, 2, 'b', 21, timestamp '2024-01-03'), (2, 4, 'd', 40, timestamp '2024-01-04'), (2, null, 'n', 1, null), (2, 3, null, 34, null),
 (3, null, 'n', 2, null), (3, 1, 'A', 11, timestamp '2024-01-05'), (3, 5, 'e', 50, null)) t(step, id, k, v, at)
