{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts', batch_size='year', begin='2022-11-15') }}select * from {{ ref('ev') }}
