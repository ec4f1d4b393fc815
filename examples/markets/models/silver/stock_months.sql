select
    symbol,
    month,
    price,
    price / lag(price) over (partition by symbol order by month) - 1 as change
from {{ ref('stock_prices') }}
