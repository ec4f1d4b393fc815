select cast(range as date) as day, month(range) as fiscal_month, 1 as fiscal_year from range(date '2024-01-01', date '2024-02-01', interval 1 day)
