{#- Takes a table through three states with the snapshot macros, and says what the snapshot then holds. -#}
{% materialization snapshot_probe, adapter='duckdb' %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set name = model.name -%}
  {%- set columns = get_snapshot_table_column_names() -%}
  {%- do drop_relation_if_exists(load_relation(target_relation)) -%}
  {%- for state in config.get('states') -%}
    {%- set query -%}
      select * from (values {{ state }}) as t(id, part, label, changed_at)
    {%- endset -%}
    {%- set strategy = strategy_dispatch(config.get('probed_strategy'))(model, 'snapshotted_data', 'source_data', model.config, not loop.first) -%}
    {%- if loop.first -%}
      {%- call statement('main') -%}
        {{ create_table_as(false, target_relation, build_snapshot_table(strategy, query)) }}
      {%- endcall -%}
      {%- do adapter.cache_added(target_relation) -%}
    {%- else -%}
      {%- set staging = build_snapshot_staging_table(strategy, query, target_relation) -%}
      {%- do adapter.valid_snapshot_target(target_relation) -%}
      {%- set wanted = [] -%}
      {%- for column in adapter.get_columns_in_relation(target_relation) -%}
        {%- do wanted.append(column.quoted) -%}
      {%- endfor -%}
      {%- call statement('main') -%}
        {{ snapshot_merge_sql(target_relation, staging, wanted) }}
      {%- endcall -%}
      {%- do run_query('drop table if exists ' ~ staging) -%}
    {%- endif -%}
    {%- set held -%}
      select id, part, label, dbt_valid_to is null as is_open, dbt_valid_from = changed_at as is_from_change
        {{- ', dbt_is_deleted' if strategy.hard_deletes == 'new_record' }}
      from {{ target_relation }} order by all
    {%- endset -%}
    {%- do say(name ~ '_' ~ loop.index, rows_of(held)) -%}
  {%- endfor -%}
  {%- do adapter.commit() -%}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
