{#-
  How a snapshot tells that a row has changed. A strategy is a macro `snapshot_<name>_strategy`; it gives a
  dict of SQL: `unique_key`, `updated_at`, `row_changed` (over the aliases it is handed), `scd_id`, and
  whether rows that are gone are closed (`invalidate_hard_deletes`, `hard_deletes`).
-#}

{#- The macro of a strategy, `name` or `package.name`. -#}
{% macro strategy_dispatch(name) -%}
  {%- set parts = name.split('.') -%}
  {%- if parts | length > 2 -%}
    {{ exceptions.raise_compiler_error("A snapshot strategy is named 'strategy' or 'package.strategy', not '" ~ name ~ "'") }}
  {%- endif -%}
  {%- set macro_name = 'snapshot_' ~ parts[-1] ~ '_strategy' -%}
  {%- set place = context if parts | length == 1 else context[parts[0]] -%}
  {%- set built_in = {
    'snapshot_timestamp_strategy': snapshot_timestamp_strategy,
    'snapshot_check_strategy': snapshot_check_strategy,
  } -%}
  {%- set found = place.get(macro_name) if parts | length == 1 else place[macro_name] -%}
  {%- if not found -%}
    {%- set found = built_in.get(macro_name) -%}
  {%- endif -%}
  {%- if not found -%}
    {{ exceptions.raise_compiler_error("There is no snapshot strategy '" ~ name ~ "': no macro is called " ~ macro_name) }}
  {%- endif -%}
  {{ return(found) }}
{%- endmacro %}

{#- A row has changed when `updated_at` is later than when it was last seen. -#}
{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set key = config.get('unique_key') -%}
  {%- set updated_at = config.get('updated_at') -%}
  {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  {%- set behavior = adapter.get_hard_deletes_behavior(config) -%}
  {{ return({
    'unique_key': key,
    'updated_at': updated_at,
    'row_changed': '(' ~ snapshotted_rel ~ '.' ~ columns.dbt_valid_from ~ ' < ' ~ current_rel ~ '.' ~ updated_at ~ ')',
    'scd_id': snapshot_hash_arguments(([key] if key is string else key | list) + [updated_at]),
    'invalidate_hard_deletes': behavior == 'invalidate',
    'hard_deletes': behavior,
  }) }}
{% endmacro %}

{#- A row has changed when any of the checked columns has. -#}
{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set key = config.get('unique_key') -%}
  {%- set updated_at = config.get('updated_at') or snapshot_get_time() -%}
  {%- set behavior = adapter.get_hard_deletes_behavior(config) -%}
  {%- set found = snapshot_check_all_get_existing_columns(node, target_exists, config.get('check_cols')) -%}
  {%- set tests = ['TRUE'] if found[0] else [] -%}
  {%- for name in found[1] -%}
    {%- do tests.append(snapshotted_rel ~ '.' ~ name ~ ' is distinct from ' ~ current_rel ~ '.' ~ name) -%}
  {%- endfor -%}
  {{ return({
    'unique_key': key,
    'updated_at': updated_at,
    'row_changed': '(' ~ (tests | join(' or ') or 'FALSE') ~ ')',
    'scd_id': snapshot_hash_arguments(([key] if key is string else key | list) + [updated_at]),
    'invalidate_hard_deletes': behavior == 'invalidate',
    'hard_deletes': behavior,
  }) }}
{% endmacro %}

{#- [whether a checked column is new, the checked columns that the snapshot's table has]. -#}
{% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) -%}
  {%- if not target_exists -%}
    {{ return((false, [])) }}
  {%- endif -%}
  {%- set wanted = get_columns_in_query(node['compiled_code']) if check_cols_config == 'all' else check_cols_config -%}
  {%- if wanted is string or not wanted -%}
    {{ exceptions.raise_compiler_error("check_cols is 'all' or a list of columns, not '" ~ wanted ~ "'") }}
  {%- endif -%}
  {%- set kept = adapter.get_columns_in_relation(load_relation(this) or this) | map(attribute='name') | map('lower') | list -%}
  {%- set added = namespace(any=false) -%}
  {%- set existing = [] -%}
  {%- for name in wanted -%}
    {%- if name | lower in kept -%}
      {%- do existing.append(adapter.quote(name) if check_cols_config == 'all' else name) -%}
    {%- else -%}
      {%- set added.any = true -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return((added.any, existing)) }}
{%- endmacro %}
