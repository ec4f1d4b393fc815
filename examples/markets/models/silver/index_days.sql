select
    day,
    close,
    volume,
    close / lag(close) over (order by day) - 1 as change,
    close / max(close) over (order by day) - 1 as drawdown
from {{ ref('index_prices') }}
