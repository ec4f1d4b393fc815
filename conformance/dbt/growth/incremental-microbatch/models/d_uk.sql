{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts', begin='2024-01-05', batch_size='day', unique_key='id') }}select * from {{ ref('ev') }}
