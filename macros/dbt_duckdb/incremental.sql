{#- DuckDB's choices: delete and insert where there is a key, else append; MERGE with dbt-duckdb's extra settings. -#}

{% macro duckdb__get_incremental_default_sql(arg_dict) -%}
  {{ return(get_incremental_delete_insert_sql(arg_dict) if arg_dict['unique_key'] else get_incremental_append_sql(arg_dict)) }}
{%- endmacro %}

{% macro normalize_incremental_predicates(incremental_predicates) -%}
  {{ return([] if incremental_predicates is none else [incremental_predicates] if incremental_predicates is string else incremental_predicates | list) }}
{%- endmacro %}

{#- Text with commas, or a list, as a list. -#}
{% macro normalize_string_or_list(raw, field_name) -%}
  {%- if raw is none -%}
    {{ return([]) }}
  {%- elif raw is string -%}
    {{ return(raw.split(',') | map('trim') | list) }}
  {%- elif raw is sequence and raw is not mapping -%}
    {{ return(raw | list) }}
  {%- endif -%}
  {{ exceptions.raise_compiler_error(field_name ~ ' is text or a list, not ' ~ raw) }}
{%- endmacro %}

{% macro duckdb__merge_join_clause(unique_key, merge_on_using_columns, incremental_predicates) -%}
  {%- if merge_on_using_columns -%}
  using ({{ merge_on_using_columns | join(', ') }})
  {%- else -%}
  {%- set matches = normalize_incremental_predicates(incremental_predicates) -%}
  {%- for key in ([unique_key] if unique_key is string else unique_key or []) -%}
    {%- do matches.append('DBT_INTERNAL_SOURCE.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key) -%}
  {%- endfor -%}
  on ({{ matches | join(') and (') if matches else 'false' }})
  {%- endif -%}
{%- endmacro %}

{% macro duckdb__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- set using_columns = config.get('merge_on_using_columns') or [] -%}
  {%- set clauses = config.get('merge_clauses') or merge_clause_defaults(
    config.get('merge_update_condition'), config.get('merge_insert_condition'), config.get('merge_update_columns') or [],
    config.get('merge_exclude_columns') or [], config.get('merge_update_set_expressions') or {}
  ) -%}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  {{ duckdb__merge_join_clause(unique_key, using_columns, incremental_predicates) }}
  {%- for clause in clauses.get('when_matched') or [] %}
  when matched{{ ' and ' ~ clause.condition if clause.get('condition') }} then {{ duckdb__merge_action(clause, dest_columns) }}
  {%- endfor -%}
  {%- for clause in clauses.get('when_not_matched') or [] %}
  when not matched{{ ' by ' ~ clause.by if clause.get('by') }}{{ ' and ' ~ clause.condition if clause.get('condition') }} then {{ duckdb__merge_action(clause, dest_columns) }}
  {%- endfor -%}
  {%- if config.get('merge_returning_columns') %}
  returning {{ config.get('merge_returning_columns') | join(', ') }}
  {%- endif -%}
{%- endmacro %}

{#- One THEN of a MERGE. -#}
{% macro duckdb__merge_action(clause, dest_columns) -%}
  {%- set action = clause.get('action', 'update') -%}
  {%- set mode = clause.get('mode', 'by_name') -%}
  {%- if action == 'delete' -%}
    delete
  {%- elif action == 'do_nothing' -%}
    do nothing
  {%- elif action == 'error' -%}
    error{{ " '" ~ (clause.error_message | replace("'", "''")) ~ "'" if clause.get('error_message') }}
  {%- elif action == 'insert' -%}
    {%- if mode == 'explicit' -%}
      insert ({{ clause.insert.columns | join(', ') }}) values ({{ (clause.insert.get('values') or clause.insert.columns) | join(', ') }})
    {%- elif mode == 'star' -%}
      insert *
    {%- else -%}
      insert {{ 'by position' if mode == 'by_position' else 'by name' }}
    {%- endif -%}
  {%- elif mode == 'explicit' -%}
    {%- set change = clause.get('update') or {} -%}
    {%- set settings = [] -%}
    {%- for name in change.get('include') or [] -%}
      {%- do settings.append(name ~ ' = DBT_INTERNAL_SOURCE.' ~ name) -%}
    {%- endfor -%}
    {%- if change.get('exclude') -%}
      {%- for column in dest_columns if column.column | lower not in change.exclude | map('lower') | list -%}
        {%- do settings.append(column.quoted ~ ' = DBT_INTERNAL_SOURCE.' ~ column.quoted) -%}
      {%- endfor -%}
    {%- endif -%}
    {%- for name, expression in (change.get('set_expressions') or {}).items() -%}
      {%- do settings.append(name ~ ' = ' ~ expression) -%}
    {%- endfor -%}
    update set {{ settings | join(', ') }}
  {%- elif mode == 'star' -%}
    update set *
  {%- else -%}
    update {{ 'by position' if mode == 'by_position' else 'by name' }}
  {%- endif -%}
{%- endmacro %}

{% macro merge_clause_defaults(merge_update_condition, merge_insert_condition, merge_update_columns=[], merge_exclude_columns=[], merge_update_set_expressions={}) -%}
  {%- set matched = {'action': 'update', 'mode': 'by_name'} -%}
  {%- if merge_update_columns or merge_exclude_columns or merge_update_set_expressions -%}
    {%- set kept = {} -%}
    {%- do kept.update({'include': merge_update_columns | list}) if merge_update_columns -%}
    {%- do kept.update({'exclude': (merge_exclude_columns | list) + (merge_update_set_expressions.keys() | list)}) if not merge_update_columns -%}
    {%- do kept.update({'set_expressions': merge_update_set_expressions}) -%}
    {%- do matched.update({'mode': 'explicit', 'update': kept}) -%}
  {%- endif -%}
  {%- set missing = {'action': 'insert', 'mode': 'by_name'} -%}
  {%- do matched.update({'condition': merge_update_condition}) if merge_update_condition -%}
  {%- do missing.update({'condition': merge_insert_condition}) if merge_insert_condition -%}
  {{ return({'when_matched': [matched], 'when_not_matched': [missing]}) }}
{%- endmacro %}

{% macro duckdb__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) -%}
  {{ return(default__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates)) }}
{%- endmacro %}

{% macro duckdb__get_incremental_merge_sql(args_dict) -%}
  {{ return(get_merge_sql(args_dict['target_relation'], args_dict['temp_relation'], args_dict['unique_key'], args_dict['dest_columns'], args_dict.get('incremental_predicates'))) }}
{%- endmacro %}

{#- One batch: its span of time is emptied and filled anew. -#}
{% macro duckdb__get_incremental_microbatch_sql(arg_dict) -%}
  {%- set begin = config.get('__dbt_internal_microbatch_event_time_start') -%}
  {%- set end = config.get('__dbt_internal_microbatch_event_time_end') -%}
  {%- set event_time = model.config.event_time -%}
  {%- set conditions = normalize_incremental_predicates(arg_dict.get('incremental_predicates')) -%}
  {%- do conditions.append(event_time ~ " >= '" ~ begin ~ "'") if begin -%}
  {%- do conditions.append(event_time ~ " < '" ~ end ~ "'") if end -%}
  {%- if conditions %}
  delete from {{ arg_dict['target_relation'] }} as DBT_INTERNAL_TARGET
  where ({{ conditions | join(') and (') }});
  {%- endif %}
  {{ get_insert_into_sql(arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns']) }}
{%- endmacro %}
