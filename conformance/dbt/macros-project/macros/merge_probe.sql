{#- Brings rows into a table by one incremental strategy, and says what the table then holds. -#}
{% materialization merge_probe, adapter='duckdb' %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set incoming = make_temp_relation(target_relation) -%}
  {%- do drop_relation_if_exists(load_relation(target_relation)) -%}
  {%- do run_query(create_table_as(false, target_relation, "select * from (values (1, 'a', 10), (2, 'b', 20), (3, 'c', 30)) as t(id, label, amount)")) -%}
  {%- do run_query(create_table_as(true, incoming, sql)) -%}
  {%- set strategy = config.get('incremental_strategy') -%}
  {%- set write = adapter.get_incremental_strategy_macro(context, strategy) -%}
  {%- set columns = adapter.get_columns_in_relation(target_relation) -%}
  {%- set arguments = {
    'target_relation': target_relation,
    'temp_relation': incoming.include(database=false, schema=false),
    'unique_key': config.get('unique_key'),
    'dest_columns': columns,
    'incremental_predicates': config.get('incremental_predicates'),
  } -%}
  {%- call statement('main') -%}
    {{ write(arguments) }}
  {%- endcall -%}
  {%- do adapter.commit() -%}
  {%- do say(model.name, rows_of('select * from ' ~ target_relation)) -%}
  {%- do run_query('drop table ' ~ incoming.include(database=false, schema=false)) -%}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
