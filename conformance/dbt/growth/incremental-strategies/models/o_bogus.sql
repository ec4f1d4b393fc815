{{ config(on_schema_change='what') }}select 1 as id{% if var('step',1)|int == 2 %}, 2 as b{% endif %}
