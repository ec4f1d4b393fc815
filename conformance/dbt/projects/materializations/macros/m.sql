{% materialization keep_first, adapter='duckdb' %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% if existing is none or should_full_refresh() %}
    {% set tmp = make_intermediate_relation(target_relation) %}
    {% do drop_relation_if_exists(tmp) %}
    {% call statement('main', language='sql') %}{{ create_table_as(False, tmp, sql) }}{% endcall %}
    {% do drop_relation_if_exists(existing) %}
    {% do adapter.rename_relation(tmp, target_relation) %}
  {% else %}
    {% call statement('main') %}select 1{% endcall %}
    {% do log('kept ' ~ existing) %}
  {% endif %}
  {% do create_indexes(target_relation) %}
  {% do persist_docs(target_relation, model) %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
{% materialization raw_sql, default %}
  {% for part in sql.split(';') if part.strip() %}{% call statement('main' if loop.first else 's' ~ loop.index) %}{{ part }}{% endcall %}{% endfor %}
  {{ adapter.commit() }}
  {{ return({'relations': []}) }}
{% endmaterialization %}
