{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts', begin='2024-01-05', batch_size='day') }}-- depends_on: {{ ref('ev') }}
select * from {{ source('raw','ev_src') }}
