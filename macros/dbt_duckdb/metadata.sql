{#- What DuckDB says it has. -#}

{% macro duckdb__check_schema_exists(information_schema, schema) -%}
  {{ return(default__check_schema_exists(information_schema, schema)) }}
{%- endmacro %}

{% macro duckdb__list_schemas(database) -%}
  {{ return(default__list_schemas(database)) }}
{%- endmacro %}

{% macro duckdb__list_relations_without_caching(schema_relation) -%}
  {{ return(default__list_relations_without_caching(schema_relation)) }}
{%- endmacro %}

{% macro duckdb__get_catalog(information_schema, schemas) -%}
  {{ return(default__get_catalog(information_schema, schemas)) }}
{%- endmacro %}

{% macro duckdb__get_catalog_relations(information_schema, relations) -%}
  {{ return(default__get_catalog_relations(information_schema, relations)) }}
{%- endmacro %}
