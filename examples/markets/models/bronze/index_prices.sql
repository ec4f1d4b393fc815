{{ config(location=lake('bronze/index_prices')) }}

select
    cast(date as date) as day,
    open,
    high,
    low,
    close,
    volume
from {{ source('landing', 'sp500_daily') }}
{% if is_incremental() %}
where cast(date as date) > (select max(day) from {{ this }})
{% endif %}
