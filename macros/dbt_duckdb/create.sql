{#- How DuckDB makes tables and views: contracts declare their columns first, temporary ones live in no schema of the model's. -#}

{% macro create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
  {{ adapter.dispatch('create_table_as', 'dbt')(temporary, relation, compiled_code, language, partitioned_by, sorted_by) }}
{%- endmacro %}

{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
  {%- if language != 'sql' -%}
    {{ exceptions.raise_compiler_error('create_table_as: only sql runs here, not ' ~ language) }}
  {%- endif -%}
  {{ config.get('sql_header', '') or '' }}
  {%- if config.get('contract', {}).get('enforced') and not temporary %}
  {{ get_assert_columns_equivalent(compiled_code) }}
  create table {{ relation }} {{ get_table_columns_and_constraints() }};
  insert into {{ relation }} {{ get_column_names() }} (
    {{ get_select_subquery(compiled_code) }}
  );
  {%- else %}
  create {{ 'temporary ' if temporary }}table {{ relation.include(database=(not temporary), schema=(not temporary)) }} as (
    {{ compiled_code }}
  );
  {%- endif %}
{%- endmacro %}

{% macro get_column_names() -%}
  ({{ default__get_column_names() }})
{%- endmacro %}

{% macro duckdb__create_view_as(relation, sql) -%}
  {{ config.get('sql_header', '') or '' }}
  {%- if config.get('contract', {}).get('enforced') %}
  {{ get_assert_columns_equivalent(sql) }}
  {%- endif %}
  create view {{ relation }} as (
    {{ sql }}
  );
{%- endmacro %}

{% macro duckdb__get_create_index_sql(relation, index_dict) -%}
  {%- set index = adapter.parse_index(index_dict) -%}
  create {{ 'unique ' if index.unique }}index {{ adapter.quote(index.render(relation)) }} on {{ relation }} ({{ index.columns | map('trim') | join(', ') }});
{%- endmacro %}

{#- A temporary table is in no schema, and another one each time: a session may make several of one relation. -#}
{% macro duckdb__make_temp_relation(base_relation, suffix='__dbt_tmp') -%}
  {%- if adapter.is_ducklake(base_relation) -%}
    {{ return(adapter.get_temp_relation_path(this)) }}
  {%- endif -%}
  {%- set name = base_relation.identifier ~ suffix ~ py_current_timestring() -%}
  {{ return(base_relation.incorporate(path={'database': none, 'schema': none, 'identifier': name})) }}
{%- endmacro %}

{% macro duckdb__dispatch_temporary_relation(target_relation, batch_id='') -%}
  {{ return(make_temp_relation(target_relation, '__dbt_tmp' ~ batch_id)) }}
{%- endmacro %}

{#- An index stands in the way of renaming its table. -#}
{% macro drop_indexes_on_relation(relation) -%}
  {%- set found = run_query("select index_name from duckdb_indexes() where schema_name = '" ~ relation.schema ~ "' and table_name = '" ~ relation.identifier ~ "'") -%}
  {%- if execute -%}
    {%- for name in found.columns[0].values() -%}
      {%- do run_query('drop index if exists ' ~ adapter.quote(relation.schema) ~ '.' ~ adapter.quote(name)) -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}

{% macro duckdb__drop_relation(relation) -%}
  {%- call statement('drop_relation', auto_begin=False) -%}
    drop {{ 'view' if relation.is_view or relation.type == 'external' else relation.type }} if exists {{ relation }} cascade
  {%- endcall -%}
{%- endmacro %}

{% macro duckdb__rename_relation(from_relation, to_relation) -%}
  {%- call statement('rename_relation') -%}
    alter {{ 'view' if from_relation.is_view or from_relation.type == 'external' else 'table' }} {{ from_relation }} rename to {{ adapter.quote(to_relation.identifier) }}
  {%- endcall -%}
{%- endmacro %}
