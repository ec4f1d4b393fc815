{#- Tests: counting failures, and looking at a part of a relation only. -#}

{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
  {{ return(adapter.dispatch('get_test_sql', 'dbt')(main_sql, fail_calc, warn_if, error_if, limit)) }}
{%- endmacro %}

{% macro default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
  select
    {{ fail_calc }} as failures,
    {{ fail_calc }} {{ warn_if }} as should_warn,
    {{ fail_calc }} {{ error_if }} as should_error
  from (
    {{ main_sql }}
    {{ 'limit ' ~ limit if limit is not none }}
  ) dbt_internal_test
{%- endmacro %}

{% macro get_where_subquery(relation) -%}
  {{ return(adapter.dispatch('get_where_subquery', 'dbt')(relation)) }}
{%- endmacro %}

{% macro default__get_where_subquery(relation) -%}
  {%- set where = config.get('where', '') -%}
  {%- if not where -%}
    {{ return(relation) }}
  {%- endif -%}
  {%- set limited -%}
    (select * from {{ relation }} where {{ where }}) dbt_subquery
  {%- endset -%}
  {{ return(limited) }}
{%- endmacro %}

{% macro get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
  {{ return(adapter.dispatch('get_unit_test_sql', 'dbt')(main_sql, expected_fixture_sql, expected_column_names)) }}
{%- endmacro %}

{% macro default__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
  {%- set columns = expected_column_names | join(', ') -%}
  with dbt_internal_unit_test_actual as (
    select {{ columns }}, {{ dbt.string_literal('actual') }} as {{ adapter.quote('actual_or_expected') }}
    from ({{ main_sql }}) _dbt_internal_unit_test_actual
  ),
  dbt_internal_unit_test_expected as (
    select {{ columns }}, {{ dbt.string_literal('expected') }} as {{ adapter.quote('actual_or_expected') }}
    from ({{ expected_fixture_sql }}) _dbt_internal_unit_test_expected
  )
  select * from dbt_internal_unit_test_actual
  union all
  select * from dbt_internal_unit_test_expected
{%- endmacro %}

{% macro validate_fixture_rows(rows, row_number) -%}
  {{ return(adapter.dispatch('validate_fixture_rows', 'dbt')(rows, row_number)) }}
{%- endmacro %}

{% macro default__validate_fixture_rows(rows, row_number) -%}
  {{ return(none) }}
{%- endmacro %}

{% macro format_row(row, column_name_to_data_types) -%}
  {%- set types = {} -%}
  {%- for name, type in column_name_to_data_types.items() -%}
    {%- do types.update({name | lower: type}) -%}
  {%- endfor -%}
  {%- set shown = {} -%}
  {%- for name, value in row.items() -%}
    {%- set type = types.get(name | lower) -%}
    {%- if type is none -%}
      {{ exceptions.raise_compiler_error('There is no column ' ~ name ~ '; there are ' ~ (types.keys() | join(', '))) }}
    {%- endif -%}
    {%- set literal = 'null' if value is none else dbt.string_literal(dbt.escape_single_quotes(value)) if value is string else value -%}
    {%- do shown.update({name | lower: dbt.safe_cast(literal, type) | trim}) -%}
  {%- endfor -%}
  {{ return(shown) }}
{%- endmacro %}

{% macro get_fixture_sql(rows, column_name_to_data_types=none) -%}
  {%- set types = column_name_to_data_types -%}
  {%- if not types -%}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(load_relation(this) or defer_relation) -%}
      {%- do types.update({column.name: column.dtype}) -%}
    {%- endfor -%}
  {%- endif -%}
  {%- for row in rows -%}
    {%- set given = format_row(row, types) %}
  select {% for name, type in types.items() %}{{ given.get(name | lower) or dbt.safe_cast('null', type) | trim }} as {{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %}
  {{ 'union all' if not loop.last }}
  {%- endfor -%}
  {%- if not rows %}
  select {% for name, type in types.items() %}{{ dbt.safe_cast('null', type) | trim }} as {{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %} limit 0
  {%- endif -%}
{%- endmacro %}

{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted={}) -%}
  {%- for row in rows -%}
    {%- set given = format_row(row, column_name_to_data_types) %}
  select {% for name, value in given.items() %}{{ value }} as {{ column_name_to_quoted.get(name, name) }}{{ ', ' if not loop.last }}{% endfor %}
  {{ 'union all' if not loop.last }}
  {%- endfor -%}
  {%- if not rows %}
  select * from dbt_internal_unit_test_actual limit 0
  {%- endif -%}
{%- endmacro %}
