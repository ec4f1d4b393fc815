-- A test is a query for rows that must not exist.
select *
from {{ ref('index_days') }}
where drawdown > 0
