{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts', begin='2024-01-05', batch_size='day') }}select * from {{ ref('eph') }}
