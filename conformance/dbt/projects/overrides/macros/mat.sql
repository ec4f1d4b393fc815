{% materialization same_as_view, default %}
  {%- set target_relation = this.incorporate(type='view') -%}
  {{ run_hooks(pre_hooks) }}
  {% do drop_relation_if_exists(load_cached_relation(this)) %}
  {% call statement('main') %}create or replace view {{ target_relation }} as select *, {{ config.get('more', 7) }} as extra from ({{ sql }}){% endcall %}
  {{ run_hooks(post_hooks) }}
  {{ adapter.commit() }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
