{{ config(materialized='incremental', unique_key='id', on_schema_change='append_new_columns', contract={'enforced': true}) }}select {{ var('step',1) }} as id, 'a' as name
