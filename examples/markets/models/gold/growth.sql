-- What one dollar became, by stock, with the index over the same months to compare.
with index_months as (
    select 'S&P 500' as symbol, date_trunc('month', day) as month, first(close order by day) as price
    from {{ ref('index_days') }}
    where day <= (select last_day(max(month)) from {{ ref('stock_months') }})
    group by 1, 2
),

months as (
    select symbol, month, price from {{ ref('stock_months') }}
    union all
    select symbol, month, price from index_months
)

select
    symbol,
    cast(min(month) as date) as since,
    cast(max(month) as date) as until,
    round(first(price order by month), 2) as first_price,
    round(last(price order by month), 2) as last_price,
    round(last(price order by month) / first(price order by month), 2) as dollar_became,
    round(100 * (pow(last(price order by month) / first(price order by month),
        12.0 / nullif(date_diff('month', min(month), max(month)), 0)) - 1), 1) as percent_a_year
from months
group by symbol
