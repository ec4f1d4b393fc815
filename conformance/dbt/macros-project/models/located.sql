{{ config(materialized='config_probe', full_refresh=false, options={'partition_by': 'id'}, external_root='elsewhere') }}
select 1 as id
