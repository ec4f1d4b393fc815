select 1 as order_id, 1 as customer_id, date '2024-01-01' as ordered_at, timestamp '2024-01-01 10:00' as shipped_at, 10.5 as amount, true as is_food, 'a' as kind
union all
select 2, 2, date '2024-01-02', timestamp '2024-01-02 11:00', 20, false, 'b'
