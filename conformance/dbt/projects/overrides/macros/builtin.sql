{% macro ref(model_name) %}
  {%- set rel = builtins.ref(model_name, *varargs, **kwargs) -%}
  {%- do return(rel.include(database=false)) -%}
{% endmacro %}
{% macro source() %}{% do return(builtins.source(*varargs)) %}{% endmacro %}
{% macro current_timestamp() %}cast('2020-01-01' as timestamp){% endmacro %}
{% macro duckdb__create_view_as(relation, sql) -%}
  create view {{ relation.include(database=false) }} as (
    select *, 'made by the project' as maker from ({{ sql }})
  );
{%- endmacro %}
{% test not_null(model, column_name) %}
select {{ column_name }} from {{ model }} where {{ column_name }} is null and {{ column_name }} is not null
{% endtest %}
{% macro default__test_unique(model, column_name) %}select 1 as dup where false{% endmacro %}
{% macro duckdb__any_value(expression) %}max({{ expression }}){% endmacro %}
{% macro default__get_columns_in_query(select_sql) %}{{ return(['overridden']) }}{% endmacro %}
