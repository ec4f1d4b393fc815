{{ config(materialized='incremental', unique_key='call_id', alias='Call_Log') }}
select call_id, arrived_at from {{ ref('stg_calls') }}
{% if is_incremental() %} where arrived_at > (select max(arrived_at) from {{ this }}) {% endif %}
