{#- Seeds as tables. -#}

{% macro create_csv_table(model, agate_table) -%}
  {{ return(adapter.dispatch('create_csv_table', 'dbt')(model, agate_table)) }}
{%- endmacro %}

{% macro default__create_csv_table(model, agate_table) -%}
  {%- set types = model['config'].get('column_types') or {} -%}
  {%- set quoting = model['config'].get('quote_columns', none) -%}
  {%- set parts = [] -%}
  {%- for name in agate_table.column_names -%}
    {%- do parts.append(adapter.quote_seed_column(name, quoting) ~ ' ' ~ (types.get(name) or adapter.convert_type(agate_table, loop.index0))) -%}
  {%- endfor -%}
  {%- set text = 'create table ' ~ this.render() ~ ' (' ~ parts | join(', ') ~ ')' -%}
  {%- call statement('_') -%}{{ text }}{%- endcall -%}
  {{ return(text) }}
{%- endmacro %}

{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
  {{ return(adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table)) }}
{%- endmacro %}

{% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
  {%- if full_refresh -%}
    {%- do adapter.drop_relation(old_relation) -%}
    {{ return(create_csv_table(model, agate_table)) }}
  {%- endif -%}
  {%- do adapter.truncate_relation(old_relation) -%}
  {{ return('truncate table ' ~ old_relation.render()) }}
{%- endmacro %}

{% macro get_batch_size() -%}
  {{ return(adapter.dispatch('get_batch_size', 'dbt')()) }}
{%- endmacro %}

{% macro default__get_batch_size() -%}
  {{ return(10000) }}
{%- endmacro %}

{% macro get_binding_char() -%}
  {{ return(adapter.dispatch('get_binding_char', 'dbt')()) }}
{%- endmacro %}

{% macro default__get_binding_char() -%}
  {{ return('?') }}
{%- endmacro %}

{% macro get_csv_sql(create_or_truncate_sql, insert_sql) -%}
  {{ return(adapter.dispatch('get_csv_sql', 'dbt')(create_or_truncate_sql, insert_sql)) }}
{%- endmacro %}

{% macro default__get_csv_sql(create_or_truncate_sql, insert_sql) -%}
  {{ create_or_truncate_sql }};
  {{ insert_sql }}
{%- endmacro %}

{% macro get_seed_column_quoted_csv(model, column_names) -%}
  {%- set found = [] -%}
  {%- for name in column_names -%}
    {%- do found.append(adapter.quote_seed_column(name, model['config'].get('quote_columns', none))) -%}
  {%- endfor -%}
  {{ return(found | join(', ')) }}
{%- endmacro %}

{% macro load_csv_rows(model, agate_table) -%}
  {{ return(adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table)) }}
{%- endmacro %}

{% macro default__load_csv_rows(model, agate_table) -%}
  {%- set columns = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
  {%- for rows in agate_table.rows | batch(get_batch_size()) -%}
    {%- set values = [] -%}
    {%- set marks = [] -%}
    {%- for row in rows -%}
      {%- do values.extend(row) -%}
      {%- set places = [] -%}
      {%- for _ in agate_table.column_names -%}
        {%- do places.append(get_binding_char()) -%}
      {%- endfor -%}
      {%- do marks.append('(' ~ places | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- do adapter.add_query('insert into ' ~ this.render() ~ ' (' ~ columns ~ ') values ' ~ marks | join(', '), bindings=values, abridge_sql_log=True) -%}
  {%- endfor -%}
  {{ return('insert into ' ~ this.render() ~ ' (' ~ columns ~ ')') }}
{%- endmacro %}
