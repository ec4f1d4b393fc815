{#- What an incremental model does when its query gives other columns than its table has. -#}

{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') %}
  {%- if on_schema_change in ['sync_all_columns', 'append_new_columns', 'fail', 'ignore'] -%}
    {{ return(on_schema_change) }}
  {%- endif -%}
  {%- do log("on_schema_change: '" ~ on_schema_change ~ "' is not known, so it is " ~ default) -%}
  {{ return(default) }}
{% endmacro %}

{#- A dict of what changed: new columns, missing columns, new types. -#}
{% macro check_for_schema_changes(source_relation, target_relation) %}
  {{ return(adapter.dispatch('check_for_schema_changes', 'dbt')(source_relation, target_relation)) }}
{% endmacro %}

{% macro default__check_for_schema_changes(source_relation, target_relation) %}
  {%- set given = adapter.get_columns_in_relation(source_relation) -%}
  {%- set kept = adapter.get_columns_in_relation(target_relation) -%}
  {%- set added = diff_columns(given, kept) -%}
  {%- set missing = diff_columns(kept, given) -%}
  {%- set retyped = diff_column_data_types(given, kept) -%}
  {{ return({
    'schema_changed': (added or missing or retyped) | length > 0,
    'source_not_in_target': added,
    'target_not_in_source': missing,
    'source_columns': given,
    'target_columns': kept,
    'new_target_types': retyped,
  }) }}
{% endmacro %}

{% macro sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {{ return(adapter.dispatch('sync_column_schemas', 'dbt')(on_schema_change, target_relation, schema_changes_dict)) }}
{% endmacro %}

{% macro default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {%- set added = schema_changes_dict['source_not_in_target'] -%}
  {%- if on_schema_change == 'append_new_columns' and added -%}
    {%- do alter_relation_add_remove_columns(target_relation, added, none) -%}
  {%- elif on_schema_change == 'sync_all_columns' -%}
    {%- set missing = schema_changes_dict['target_not_in_source'] -%}
    {%- if added or missing -%}
      {%- do alter_relation_add_remove_columns(target_relation, added, missing) -%}
    {%- endif -%}
    {%- for change in schema_changes_dict['new_target_types'] -%}
      {%- do alter_column_type(target_relation, change['column_name'], change['new_type']) -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}

{#- Does what `on_schema_change` says; gives the columns to insert, none when nothing is to be done. -#}
{% macro process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {{ return(adapter.dispatch('process_schema_changes', 'dbt')(on_schema_change, source_relation, target_relation)) }}
{% endmacro %}

{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {%- if on_schema_change == 'ignore' -%}
    {{ return({}) }}
  {%- endif -%}
  {%- set changes = check_for_schema_changes(source_relation, target_relation) -%}
  {%- if changes['schema_changed'] -%}
    {%- if on_schema_change == 'fail' -%}
      {{ exceptions.raise_compiler_error(
        'The columns of ' ~ target_relation ~ ' have changed, and on_schema_change is fail. New: '
        ~ (changes['source_not_in_target'] | map(attribute='name') | join(', ') or 'none') ~ '. Gone: '
        ~ (changes['target_not_in_source'] | map(attribute='name') | join(', ') or 'none')
        ~ '. Use --full-refresh to build the table anew.'
      ) }}
    {%- endif -%}
    {%- do sync_column_schemas(on_schema_change, target_relation, changes) -%}
  {%- endif -%}
  {{ return(changes['source_columns']) }}
{% endmacro %}
