{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts', batch_size='month', begin='2023-11-15') }}select * from {{ ref('ev') }}
