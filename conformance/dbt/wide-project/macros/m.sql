{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if custom_schema_name is none -%}{{ target.schema }}{%- elif node.resource_type == 'test' -%}tests_{{ node.name | length }}{%- else -%} {{ custom_schema_name | trim }}_x {%- endif -%}
{%- endmacro %}
{% macro tt__helper(x) %}x{% endmacro %}
{% macro duckdb__helper(x) %}'{{ x }} root'{% endmacro %}
{% macro my_hook() %}select count(*) from {{ ref('a') }}{% endmacro %}
{% macro over() %}'root'{% endmacro %}
{% macro cols(model) %}{{ return(['a','b']) }}{% endmacro %}
{% macro doc_me(arg1, arg2=1) %}{{ cols(arg1) }}{{ pk.helper(1) }}{{ dbt.type_string() }}{% endmacro %}
