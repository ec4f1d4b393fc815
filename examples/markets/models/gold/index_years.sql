select
    year(day) as year,
    count(*) as trading_days,
    round(last(close order by day), 2) as close,
    round(100 * (last(close order by day) / first(close order by day) - 1), 1) as return_percent,
    round(100 * min(change), 1) as worst_day_percent,
    round(100 * max(change), 1) as best_day_percent,
    round(100 * min(drawdown), 1) as deepest_drawdown_percent
from {{ ref('index_days') }}
group by 1
