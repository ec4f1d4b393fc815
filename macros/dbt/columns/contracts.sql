{#- Contracts: the declared columns as DDL, and the check that a query gives them. -#}

{% macro get_table_columns_and_constraints() -%}
  {{ return(adapter.dispatch('get_table_columns_and_constraints', 'dbt')()) }}
{%- endmacro %}

{% macro default__get_table_columns_and_constraints() -%}
  {{ return(table_columns_and_constraints()) }}
{%- endmacro %}

{% macro table_columns_and_constraints() -%}
  {%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
  {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
  (
    {{ (columns + constraints) | join(',\n    ') }}
  )
{%- endmacro %}

{% macro get_assert_columns_equivalent(sql) -%}
  {{ return(adapter.dispatch('get_assert_columns_equivalent', 'dbt')(sql)) }}
{%- endmacro %}

{% macro default__get_assert_columns_equivalent(sql) -%}
  {{ return(assert_columns_equivalent(sql)) }}
{%- endmacro %}

{% macro assert_columns_equivalent(sql) -%}
  {%- set declared = get_column_schema_from_query(get_empty_schema_sql(model['columns'])) -%}
  {%- set given = get_column_schema_from_query(sql, config.get('sql_header')) -%}
  {%- set wanted = format_columns(declared) -%}
  {%- set found = format_columns(given) -%}
  {%- set names = namespace(wrong=wanted | length != found | length) -%}
  {%- for column in wanted if column not in found -%}
    {%- set names.wrong = true -%}
  {%- endfor -%}
  {%- if names.wrong -%}
    {{ exceptions.raise_contract_error(wanted, found) }}
  {%- endif -%}
{%- endmacro %}

{% macro format_columns(columns) -%}
  {%- set found = [] -%}
  {%- for column in columns -%}
    {%- do found.append(adapter.dispatch('format_column', 'dbt')(column)) -%}
  {%- endfor -%}
  {{ return(found) }}
{%- endmacro %}

{% macro default__format_column(column) -%}
  {{ return({'name': column.column, 'data_type': column.dtype, 'formatted': column.column ~ ' ' ~ column.dtype}) }}
{%- endmacro %}
