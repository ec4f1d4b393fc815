{#- What flags and configuration say together. -#}

{#- Keeps what the call block holds, to run before the node's own statement. -#}
{% macro set_sql_header(config) -%}
  {{ config.set('sql_header', caller()) }}
{%- endmacro %}

{#- The node's `full_refresh` where it is set, else the flag. -#}
{% macro should_full_refresh() %}
  {%- set own = config.get('full_refresh') -%}
  {{ return(flags.FULL_REFRESH if own is none else own) }}
{% endmacro %}

{#- The test's `store_failures` where it is set, else the flag. -#}
{% macro should_store_failures() %}
  {%- set own = config.get('store_failures') -%}
  {{ return(flags.STORE_FAILURES if own is none else own) }}
{% endmacro %}

{#- True when an incremental model's table exists and isn't to be built anew. -#}
{% macro is_incremental() %}
  {%- if not execute -%}
    {{ return(False) }}
  {%- endif -%}
  {%- set existing = adapter.get_relation(this.database, this.schema, this.table) -%}
  {{ return(
    existing is not none
    and existing.type in ['table', 'external']
    and (model.config.materialized == 'incremental' or (model.config.materialized == 'external' and model.config.incremental_strategy))
    and not should_full_refresh()
  ) }}
{% endmacro %}

{% macro is_core_v2() %}
  {{ return(False) }}
{% endmacro %}
