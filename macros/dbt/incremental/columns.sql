{#- Comparing and listing columns for incremental models. -#}

{#- The columns of `source_columns` whose names `target_columns` lacks. -#}
{% macro diff_columns(source_columns, target_columns) %}
  {%- set have = target_columns | map(attribute='column') | map('lower') | list -%}
  {%- set found = [] -%}
  {%- for column in source_columns if column.column | lower not in have -%}
    {%- do found.append(column) -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}

{#- Columns that are in both with different types: name and new type. -#}
{% macro diff_column_data_types(source_columns, target_columns) %}
  {{ return(adapter.dispatch('diff_column_data_types', 'dbt')(source_columns, target_columns)) }}
{% endmacro %}

{% macro default__diff_column_data_types(source_columns, target_columns) %}
  {%- set found = [] -%}
  {%- for given in source_columns -%}
    {%- for kept in target_columns if kept.name | lower == given.name | lower and kept.data_type != given.data_type and not given.can_expand_to(other_column=kept) -%}
      {%- do found.append({'column_name': kept.name, 'new_type': given.data_type}) -%}
    {%- endfor -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}

{% macro get_quoted_csv(column_names) %}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}
    {%- do quoted.append(adapter.quote(name)) -%}
  {%- endfor -%}
  {{ return(quoted | join(', ')) }}
{% endmacro %}

{#- The columns that a MERGE sets: the named ones, or all but the excluded ones. -#}
{% macro get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
  {{ return(adapter.dispatch('get_merge_update_columns', 'dbt')(merge_update_columns, merge_exclude_columns, dest_columns)) }}
{% endmacro %}

{% macro default__get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
  {%- if merge_update_columns and merge_exclude_columns -%}
    {{ exceptions.raise_compiler_error('Give merge_update_columns or merge_exclude_columns, not both') }}
  {%- endif -%}
  {%- if merge_update_columns -%}
    {{ return(merge_update_columns) }}
  {%- endif -%}
  {%- set excluded = (merge_exclude_columns or []) | map('lower') | list -%}
  {%- set found = [] -%}
  {%- for column in dest_columns if column.column | lower not in excluded -%}
    {%- do found.append(column.quoted) -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}
