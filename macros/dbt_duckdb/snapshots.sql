{% macro duckdb__snapshot_merge_sql(target, source, insert_cols) -%}
  {{ return(default__snapshot_merge_sql(target, source, insert_cols)) }}
{%- endmacro %}

{#- The staging table goes with the session. -#}
{% macro duckdb__post_snapshot(temporary_relation) %}
  {%- do drop_relation_if_exists(temporary_relation) -%}
{% endmacro %}
