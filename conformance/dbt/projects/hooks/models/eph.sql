{{ config(materialized='ephemeral', pre_hook='select broken') }}
select 1 as e
