{{ config(location=lake('bronze/stock_prices'), partition_by='symbol') }}

with landed as (
    select
        symbol,
        cast(strptime(date, '%b %-d %Y') as date) as month,
        price
    from {{ source('landing', 'stock_monthly') }}
)

select month, price, symbol
from landed
{% if is_incremental() %}
where month > (select max(month) from {{ this }})
{% endif %}
