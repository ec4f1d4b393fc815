{#- External models: files outside the database. -#}

{#- Where a model's file goes when it names no location. Projects override it by this name. -#}
{% macro external_location(relation, config) -%}
  {%- set root = adapter.external_root() -%}
  {%- set options = config.get('options') or {} -%}
  {%- if options.get('partition_by') is not none -%}
    {{ return(root ~ '/' ~ relation.identifier) }}
  {%- endif -%}
  {{ return(root ~ '/' ~ relation.identifier ~ '.' ~ (config.get('format') or 'parquet')) }}
{%- endmacro %}

{% macro location_exists(location) -%}
  {{ return(adapter.location_exists(location)) }}
{%- endmacro %}

{% macro render_write_options(config) -%}
  {{ return(adapter.external_write_options(config.get('location', ''), config.get('options') or {})) }}
{%- endmacro %}

{% macro write_to_file(relation, location, options) -%}
  {%- call statement('write_to_file') -%}
    copy {{ relation }} to '{{ location | replace("'", "''") }}' ({{ options }})
  {%- endcall -%}
{%- endmacro %}

{% macro store_relation(plugin, relation, location, format, config) -%}
  {%- do adapter.store_relation(plugin, relation, relation, location, format, config) -%}
{%- endmacro %}

{#- External models of earlier runs are found without it; kept because projects call it on-run-start. -#}
{% macro register_upstream_external_models() -%}
  {{ return('') }}
{%- endmacro %}
