{#- The statements of a snapshot: its first table, what changed since, and bringing that in. -#}

{#- A snapshot's table as it is made the first time. -#}
{% macro build_snapshot_table(strategy, sql) -%}
  {{ adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql) }}
{%- endmacro %}

{% macro default__build_snapshot_table(strategy, sql) %}
  {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  select
    *,
    {{ strategy.scd_id }} as {{ columns.dbt_scd_id }},
    {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
    {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
    {{ get_dbt_valid_to_current(strategy, columns) }}
    {{- ",\n    'False' as " ~ columns.dbt_is_deleted if strategy.hard_deletes == 'new_record' }}
  from (
    {{ sql }}
  ) as snapshot_query
{% endmacro %}

{#-
  The rows that a snapshot's table has to take in, with `dbt_change_type`: `insert` for new states, `update`
  for the states that they end, `delete` for those of rows that are gone.
-#}
{% macro snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {{ adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation) }}
{%- endmacro %}

{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  {%- set key = strategy.unique_key -%}
  {%- set open_end = config.get('dbt_valid_to_current') -%}
  {%- set marks_deleted = strategy.hard_deletes == 'new_record' -%}
  {%- set now = snapshot_get_time() -%}
  with snapshot_query as (
    {{ source_sql }}
  ),
  snapshotted_data as (
    select *, {{ unique_key_fields(key) }}
    from {{ target_relation }}
    where {{ columns.dbt_valid_to }} is null {{- ' or ' ~ columns.dbt_valid_to ~ ' = ' ~ open_end if open_end }}
  ),
  source_data as (
    select
      *,
      {{ unique_key_fields(key) }},
      {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
      {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
      {{ strategy.scd_id }} as {{ columns.dbt_scd_id }}
    from snapshot_query
  ),
  joined as (
    select
      source_data.*,
      snapshotted_data.{{ columns.dbt_scd_id }} as dbt_ended_scd_id,
      {{ unique_key_is_null(key, 'snapshotted_data') }} as dbt_is_new
      {{- ', snapshotted_data.' ~ columns.dbt_is_deleted ~ ' as dbt_was_deleted' if marks_deleted }}
    from source_data
    left join snapshotted_data on {{ unique_key_join_on(key, 'snapshotted_data', 'source_data') }}
    where {{ unique_key_is_null(key, 'snapshotted_data') }}
      or {{ strategy.row_changed }}
      {{- " or snapshotted_data." ~ columns.dbt_is_deleted ~ " = 'True'" if marks_deleted }}
  ),
  insertions as (
    select
      'insert' as dbt_change_type,
      * exclude (dbt_ended_scd_id, dbt_is_new{{ ', dbt_was_deleted' if marks_deleted }}),
      {{ get_dbt_valid_to_current({'updated_at': columns.dbt_updated_at}, columns) }}
      {{- ", 'False' as " ~ columns.dbt_is_deleted if marks_deleted }}
    from joined
  ),
  updates as (
    select
      'update' as dbt_change_type,
      * exclude (dbt_ended_scd_id, dbt_is_new{{ ', dbt_was_deleted' if marks_deleted }}) replace (dbt_ended_scd_id as {{ columns.dbt_scd_id }}),
      {{ columns.dbt_valid_from }} as {{ columns.dbt_valid_to }}
      {{- ", dbt_was_deleted as " ~ columns.dbt_is_deleted if marks_deleted }}
    from joined
    where not dbt_is_new
  )
  {%- if strategy.hard_deletes in ['invalidate', 'new_record'] or strategy.invalidate_hard_deletes %},
  gone as (
    select snapshotted_data.*
    from snapshotted_data
    left join source_data on {{ unique_key_join_on(key, 'snapshotted_data', 'source_data') }}
    where {{ unique_key_is_null(key, 'source_data') }}
      {{- " and snapshotted_data." ~ columns.dbt_is_deleted ~ " = 'False'" if marks_deleted }}
  ),
  deletions as (
    select
      'delete' as dbt_change_type,
      * replace (
        {{ now }} as {{ columns.dbt_updated_at }},
        {{ now }} as {{ columns.dbt_valid_from }},
        {{ now }} as {{ columns.dbt_valid_to }}
      )
    from gone
  )
    {%- if marks_deleted %},
  deletion_records as (
    select
      'insert' as dbt_change_type,
      * replace (
        {{ now }} as {{ columns.dbt_updated_at }},
        {{ now }} as {{ columns.dbt_valid_from }},
        {{ open_end or 'null' }} as {{ columns.dbt_valid_to }},
        {{ snapshot_hash_arguments([columns.dbt_scd_id, now]) }} as {{ columns.dbt_scd_id }},
        'True' as {{ columns.dbt_is_deleted }}
      )
    from gone
  )
    {%- endif %}
  {%- endif %}
  select * from insertions
  union all by name
  select * from updates
  {%- if strategy.hard_deletes in ['invalidate', 'new_record'] or strategy.invalidate_hard_deletes %}
  union all by name
  select * from deletions
    {%- if marks_deleted %}
  union all by name
  select * from deletion_records
    {%- endif %}
  {%- endif %}
{%- endmacro %}

{#- Makes a temporary table of what changed, and gives its relation. -#}
{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
  {%- set staging = make_temp_relation(target_relation) -%}
  {%- call statement('build_snapshot_staging_relation') -%}
    {{ create_table_as(True, staging, snapshot_staging_table(strategy, sql, target_relation)) }}
  {%- endcall -%}
  {{ return(staging.include(database=false, schema=false)) }}
{% endmacro %}

{#- Ends the states that `source` ends, and adds its new ones. -#}
{% macro snapshot_merge_sql(target, source, insert_cols) -%}
  {{ adapter.dispatch('snapshot_merge_sql', 'dbt')(target, source, insert_cols) }}
{%- endmacro %}

{% macro default__snapshot_merge_sql(target, source, insert_cols) -%}
  {%- set columns = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  {%- set open_end = config.get('dbt_valid_to_current') -%}
  {%- set names = insert_cols | join(', ') -%}
  update {{ target }} as DBT_INTERNAL_TARGET
  set {{ columns.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ columns.dbt_valid_to }}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where DBT_INTERNAL_SOURCE.{{ columns.dbt_scd_id }} = DBT_INTERNAL_TARGET.{{ columns.dbt_scd_id }}
    and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
    and (
      DBT_INTERNAL_TARGET.{{ columns.dbt_valid_to }} is null
      {{- ' or DBT_INTERNAL_TARGET.' ~ columns.dbt_valid_to ~ ' = ' ~ open_end if open_end }}
    );

  insert into {{ target }} ({{ names }})
  select {{ names }}
  from {{ source }}
  where dbt_change_type = 'insert';
{%- endmacro %}
