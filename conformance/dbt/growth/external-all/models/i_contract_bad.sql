{{ config(materialized='incremental', unique_key='id', on_schema_change='fail', contract={'enforced': true}) }}select {% if var('step',1)|int == 2 %}null::int{% else %}1{% endif %} as id, 'a' as name
