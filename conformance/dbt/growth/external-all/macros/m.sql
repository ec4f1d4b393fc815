{% materialization mine, adapter='duckdb' %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set existing = load_cached_relation(this) -%}
  {{ run_hooks(pre_hooks, inside_transaction=False) }}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% if existing is not none %}{% do adapter.drop_relation(existing) %}{% endif %}
  {% call statement('main') %} create table {{ target_relation }} as select *, '{{ config.get('suffix') }}' as suffix, {{ 1 if existing is not none else 0 }} as had from ({{ sql }}) {% endcall %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {{ adapter.commit() }}
  {{ run_hooks(post_hooks, inside_transaction=False) }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
{% materialization defmat, default %}
  {%- set target_relation = this.incorporate(type='view') -%}
  {% call statement('main') %} create or replace view {{ target_relation }} as {{ sql }} {% endcall %}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
