{#- What snapshots are made of. -#}

{% macro get_true_sql() -%}
  {{ adapter.dispatch('get_true_sql', 'dbt')() }}
{%- endmacro %}

{% macro default__get_true_sql() -%}
  {{ return('TRUE') }}
{%- endmacro %}

{% macro snapshot_hash_arguments(args) -%}
  {{ return(adapter.dispatch('snapshot_hash_arguments', 'dbt')(args)) }}
{%- endmacro %}

{% macro default__snapshot_hash_arguments(args) -%}
  md5({% for part in args %}coalesce(cast({{ part }} as varchar), ''){{ " || '|' || " if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro snapshot_string_as_time(timestamp) -%}
  {{ return(adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp)) }}
{%- endmacro %}

{% macro default__snapshot_string_as_time(timestamp) -%}
  {{ exceptions.raise_not_implemented('snapshot_string_as_time is not there for ' ~ adapter.type()) }}
{%- endmacro %}

{% macro get_snapshot_table_column_names() -%}
  {{ return({'dbt_valid_to': 'dbt_valid_to', 'dbt_valid_from': 'dbt_valid_from', 'dbt_scd_id': 'dbt_scd_id', 'dbt_updated_at': 'dbt_updated_at', 'dbt_is_deleted': 'dbt_is_deleted'}) }}
{%- endmacro %}

{% macro unique_key_fields(unique_key) -%}
  {%- for key in ([unique_key] if unique_key is string else unique_key) -%}{{ key }} as dbt_unique_key{{ '_' ~ loop.index if unique_key is not string }}{{ ', ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{% macro unique_key_join_on(unique_key, identifier, from_identifier) -%}
  {%- for key in ([unique_key] if unique_key is string else unique_key) -%}{%- set name = 'dbt_unique_key' ~ ('_' ~ loop.index if unique_key is not string else '') -%}{{ identifier }}.{{ name }} = {{ from_identifier }}.{{ name }}{{ ' and ' if not loop.last }}{%- endfor -%}
{%- endmacro %}

{% macro create_columns(relation, columns) -%}
  {{ return(adapter.dispatch('create_columns', 'dbt')(relation, columns)) }}
{%- endmacro %}

{% macro default__create_columns(relation, columns) -%}
  {%- do alter_relation_add_remove_columns(relation, columns, none) -%}
{%- endmacro %}

{% macro post_snapshot(staging_relation) -%}
  {{ return(adapter.dispatch('post_snapshot', 'dbt')(staging_relation)) }}
{%- endmacro %}

{% macro default__post_snapshot(staging_relation) -%}
  {{ return('') }}
{%- endmacro %}

{#- Conditions over every part of the key of `identifier`. -#}
{% macro unique_key_is_null(unique_key, identifier) -%}
  {%- set first = 'dbt_unique_key' if unique_key is string else 'dbt_unique_key_1' -%}
  {{ identifier }}.{{ first }} is null
{%- endmacro %}

{% macro unique_key_is_not_null(unique_key, identifier) -%}
  {%- set first = 'dbt_unique_key' if unique_key is string else 'dbt_unique_key_1' -%}
  {{ identifier }}.{{ first }} is not null
{%- endmacro %}

{#- What a row's end is while it holds: NULL of the right type, or what `dbt_valid_to_current` says. -#}
{% macro get_dbt_valid_to_current(strategy, columns) -%}
  {%- set open_end = 'nullif(' ~ strategy.updated_at ~ ', ' ~ strategy.updated_at ~ ')' -%}
  {%- set configured = config.get('dbt_valid_to_current') -%}
  {{ 'coalesce(' ~ open_end ~ ', ' ~ configured ~ ')' if configured else open_end }} as {{ columns.dbt_valid_to }}
{%- endmacro %}

{#- The type of a snapshot's `dbt_updated_at`, none where that column has another name. -#}
{% macro get_updated_at_column_data_type(snapshot_sql) -%}
  {%- for column in get_column_schema_from_query(snapshot_sql) if column.name in ['dbt_updated_at', 'DBT_UPDATED_AT'] -%}
    {{ return(column.dtype) }}
  {%- endfor -%}
  {{ return(none) }}
{%- endmacro %}

{#- Warns when `updated_at` is of another type than the snapshot's own times. -#}
{% macro check_time_data_types(sql) -%}
  {%- set given = get_updated_at_column_data_type(sql) -%}
  {%- set own = get_snapshot_get_time_data_type() -%}
  {%- if given is not none and own is not none and given != own -%}
    {%- do exceptions.warn_snapshot_timestamp_data_types(own, given) -%}
  {%- endif -%}
{%- endmacro %}
