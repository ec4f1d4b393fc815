{{ config(materialized='incremental', unique_key='id', on_schema_change='append_new_columns') }}
select 1 as id, 'x' as v {% if is_incremental() %}union all select 2, 'y'{% endif %}
