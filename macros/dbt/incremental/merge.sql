{#- Statements that bring the rows of one relation into another. -#}

{% macro get_merge_unique_key_match(source_unique_key, target_unique_key) -%}
  {{ return(adapter.dispatch('get_merge_unique_key_match', 'dbt')(source_unique_key, target_unique_key)) }}
{%- endmacro %}

{% macro default__get_merge_unique_key_match(source_unique_key, target_unique_key) -%}
  {{ source_unique_key }} = {{ target_unique_key }}
{%- endmacro %}

{% macro get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {{ return(adapter.dispatch('get_merge_sql', 'dbt')(target, source, unique_key, dest_columns, incremental_predicates)) }}
{%- endmacro %}

{% macro default__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- set matches = (incremental_predicates or []) | list -%}
  {%- for key in ([unique_key] if unique_key is string else unique_key or []) -%}
    {%- do matches.append(get_merge_unique_key_match('DBT_INTERNAL_SOURCE.' ~ key, 'DBT_INTERNAL_DEST.' ~ key) | trim) -%}
  {%- endfor -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  {{ config.get('sql_header', '') or '' }}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on {{ matches | join(' and ') if unique_key else 'false' }}
  {%- if unique_key %}
  when matched then update set
    {%- for name in get_merge_update_columns(config.get('merge_update_columns'), config.get('merge_exclude_columns'), dest_columns) %}
    {{ name }} = DBT_INTERNAL_SOURCE.{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
  {%- endif %}
  when not matched then insert ({{ columns }}) values ({% for column in dest_columns %}DBT_INTERNAL_SOURCE.{{ column.quoted }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {{ return(adapter.dispatch('get_delete_insert_merge_sql', 'dbt')(target, source, unique_key, dest_columns, incremental_predicates)) }}
{%- endmacro %}

{% macro default__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  {%- if unique_key %}
  delete from {{ target }} as DBT_INCREMENTAL_TARGET
  where exists (
    select 1 from {{ source }} as DBT_INCREMENTAL_SOURCE
    where {% for key in ([unique_key] if unique_key is string else unique_key) -%}
      DBT_INCREMENTAL_SOURCE.{{ key }} = DBT_INCREMENTAL_TARGET.{{ key }}{{ ' and ' if not loop.last }}
    {%- endfor %}
  )
  {%- for predicate in incremental_predicates or [] %}
  and {{ predicate }}
  {%- endfor %};
  {%- endif %}
  insert into {{ target }} ({{ columns }}) (
    select {{ columns }} from {{ source }}
  )
{%- endmacro %}

{% macro get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header=false) -%}
  {{ return(adapter.dispatch('get_insert_overwrite_merge_sql', 'dbt')(target, source, dest_columns, predicates, include_sql_header)) }}
{%- endmacro %}

{% macro default__get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  {{ config.get('sql_header', '') or '' if include_sql_header }}
  delete from {{ target }}{{ ' where ' ~ predicates | join(' and ') if predicates }};
  insert into {{ target }} ({{ columns }}) (
    select {{ columns }} from {{ source }}
  )
{%- endmacro %}
