-- Rows that were landed and are missing in bronze.
select cast(date as date) as day
from {{ source('landing', 'sp500_daily') }}
except
select day
from {{ ref('index_prices') }}
