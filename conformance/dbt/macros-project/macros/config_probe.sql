{#- Says what macros make of a model's configuration and columns. -#}
{% materialization config_probe, adapter='duckdb' %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set name = model.name -%}
  {%- do drop_relation_if_exists(load_relation(target_relation)) -%}
  {%- do say(name ~ '_get', [config.get('note'), config.get('missing'), config.get('missing', 7), config.get('tags'), config.get('materialized')]) -%}
  {%- do say(name ~ '_meta', [config.get('owner'), config.meta_get('owner'), config.meta_get('missing', 1), config.get('meta')]) -%}
  {%- do say(name ~ '_refresh', [should_full_refresh(), should_store_failures(), is_incremental()]) -%}
  {%- do say(name ~ '_location', external_location(target_relation, config)) -%}
  {%- do say(name ~ '_where', get_where_subquery(target_relation)) -%}
  {%- do say(name ~ '_model', [model.name, model.alias, model.schema, model.database, model.fqn, model.resource_type, model.package_name, model.path]) -%}
  {%- do say(name ~ '_columns', model.columns.keys() | list) -%}
  {%- do say(name ~ '_hooks', [pre_hooks | length, post_hooks | length]) -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- call statement('main') -%}
    {{ create_table_as(false, target_relation, sql) }}
  {%- endcall -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {%- do persist_docs(target_relation, model) -%}
  {%- do create_indexes(target_relation) -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke(none, true)) -%}
  {%- do adapter.commit() -%}
  {%- do say(name ~ '_rows', rows_of('select * from ' ~ target_relation)) -%}
  {%- do say(name ~ '_types', adapter.get_columns_in_relation(target_relation) | map(attribute='dtype') | list) -%}
  {%- do say(name ~ '_comments', rows_of("select column_name, comment from duckdb_columns() where table_name = '" ~ target_relation.identifier ~ "'")) -%}
  {%- do say(name ~ '_comment', rows_of("select comment from duckdb_tables() where table_name = '" ~ target_relation.identifier ~ "'")) -%}
  {%- do say(name ~ '_constraints', rows_of("select constraint_type, constraint_column_names from duckdb_constraints() where table_name = '" ~ target_relation.identifier ~ "'")) -%}
  {%- do say(name ~ '_indexes', rows_of("select is_unique, expressions from duckdb_indexes() where table_name = '" ~ target_relation.identifier ~ "'")) -%}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
