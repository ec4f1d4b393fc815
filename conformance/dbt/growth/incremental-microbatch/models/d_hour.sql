{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts', batch_size='hour', begin='2024-01-17') }}select * from {{ ref('ev') }}
