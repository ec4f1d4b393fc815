{#- What the database says it has. -#}

{% macro information_schema_name(database) -%}
  {{ return(adapter.dispatch('information_schema_name', 'dbt')(database)) }}
{%- endmacro %}

{% macro default__information_schema_name(database) -%}
  {{ database ~ '.' if database }}INFORMATION_SCHEMA
{%- endmacro %}

{% macro list_schemas(database) -%}
  {{ return(adapter.dispatch('list_schemas', 'dbt')(database)) }}
{%- endmacro %}

{% macro default__list_schemas(database) -%}
  {{ return(run_query('select schema_name from information_schema.schemata' ~ (" where catalog_name = '" ~ database ~ "'" if database))) }}
{%- endmacro %}

{% macro check_schema_exists(information_schema, schema) -%}
  {{ return(adapter.dispatch('check_schema_exists', 'dbt')(information_schema, schema)) }}
{%- endmacro %}

{% macro default__check_schema_exists(information_schema, schema) -%}
  {{ return(run_query("select count(*) from information_schema.schemata where catalog_name = '" ~ information_schema.database ~ "' and schema_name = '" ~ schema ~ "'")) }}
{%- endmacro %}

{% macro list_relations_without_caching(schema_relation) -%}
  {{ return(adapter.dispatch('list_relations_without_caching', 'dbt')(schema_relation)) }}
{%- endmacro %}

{% macro default__list_relations_without_caching(schema_relation) -%}
  {%- set text -%}
    select table_catalog as database, table_name as name, table_schema as schema,
      case table_type when 'VIEW' then 'view' else 'table' end as type
    from information_schema.tables
    where lower(table_schema) = lower('{{ schema_relation.schema }}')
    {%- if schema_relation.database %} and lower(table_catalog) = lower('{{ schema_relation.database }}'){% endif %}
  {%- endset -%}
  {{ return(run_query(text)) }}
{%- endmacro %}

{% macro list_function_relations_without_caching(schema_relation) -%}
  {{ return(adapter.dispatch('list_function_relations_without_caching', 'dbt')(schema_relation)) }}
{%- endmacro %}

{% macro default__list_function_relations_without_caching(schema_relation) -%}
  {{ return(run_query("select distinct database_name as database, function_name as name, schema_name as schema, 'function' as type from duckdb_functions() where not internal and schema_name = '" ~ schema_relation.schema ~ "'")) }}
{%- endmacro %}

{% macro get_catalog(information_schema, schemas) -%}
  {{ return(adapter.dispatch('get_catalog', 'dbt')(information_schema, schemas)) }}
{%- endmacro %}

{% macro default__get_catalog(information_schema, schemas) -%}
  {%- set text -%}
    select t.table_catalog as table_database, t.table_schema, t.table_name, t.table_type, t.TABLE_COMMENT as table_comment,
      c.column_name, c.ordinal_position as column_index, c.data_type as column_type, c.COLUMN_COMMENT as column_comment, '' as table_owner
    from information_schema.tables t
    join information_schema.columns c using (table_catalog, table_schema, table_name)
    where lower(t.table_schema) in ({% for schema in schemas %}lower('{{ schema }}'){{ ', ' if not loop.last }}{% endfor %})
    order by all
  {%- endset -%}
  {{ return(run_query(text)) }}
{%- endmacro %}

{% macro get_catalog_relations(information_schema, relations) -%}
  {{ return(adapter.dispatch('get_catalog_relations', 'dbt')(information_schema, relations)) }}
{%- endmacro %}

{% macro default__get_catalog_relations(information_schema, relations) -%}
  {{ return(get_catalog(information_schema, relations | map(attribute='schema') | unique | list)) }}
{%- endmacro %}

{% macro get_catalog_for_single_relation(relation) -%}
  {{ return(adapter.dispatch('get_catalog_for_single_relation', 'dbt')(relation)) }}
{%- endmacro %}

{% macro default__get_catalog_for_single_relation(relation) -%}
  {{ return(get_catalog(relation.information_schema(), [relation.schema])) }}
{%- endmacro %}

{% macro get_relations() -%}
  {{ return(adapter.dispatch('get_relations', 'dbt')()) }}
{%- endmacro %}

{% macro default__get_relations() -%}
  {{ return(run_query('select table_schema, table_name from information_schema.tables')) }}
{%- endmacro %}

{% macro get_relation_last_modified(information_schema, relations) -%}
  {{ return(adapter.dispatch('get_relation_last_modified', 'dbt')(information_schema, relations)) }}
{%- endmacro %}

{% macro default__get_relation_last_modified(information_schema, relations) -%}
  {{ exceptions.raise_not_implemented('get_relation_last_modified is not there for ' ~ adapter.type()) }}
{%- endmacro %}

{% macro collect_freshness(source, loaded_at_field, filter) -%}
  {{ return(adapter.dispatch('collect_freshness', 'dbt')(source, loaded_at_field, filter)) }}
{%- endmacro %}

{% macro default__collect_freshness(source, loaded_at_field, filter) -%}
  {%- call statement('collect_freshness', fetch_result=True, auto_begin=False) -%}
    select max({{ loaded_at_field }}) as max_loaded_at, {{ current_timestamp() }} as snapshotted_at
    from {{ source }}{{ ' where ' ~ filter if filter }}
  {%- endcall -%}
  {{ return(load_result('collect_freshness')) }}
{%- endmacro %}

{% macro collect_freshness_custom_sql(source, loaded_at_query) -%}
  {{ return(adapter.dispatch('collect_freshness_custom_sql', 'dbt')(source, loaded_at_query)) }}
{%- endmacro %}

{% macro default__collect_freshness_custom_sql(source, loaded_at_query) -%}
  {%- call statement('collect_freshness_custom_sql', fetch_result=True, auto_begin=False) -%}
    select ({{ loaded_at_query }}) as max_loaded_at, {{ current_timestamp() }} as snapshotted_at
  {%- endcall -%}
  {{ return(load_result('collect_freshness_custom_sql')) }}
{%- endmacro %}
