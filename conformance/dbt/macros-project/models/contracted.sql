{{ config(materialized='config_probe', full_refresh=true, format='csv', contract={'enforced': true}, persist_docs={'relation': true, 'columns': true}) }}
select 1 as id, 'x'::varchar as label, 2.50::decimal(5,2) as amount
