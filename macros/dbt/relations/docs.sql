{#- Descriptions as comments in the database. -#}

{% macro alter_column_comment(relation, column_dict) -%}
  {{ return(adapter.dispatch('alter_column_comment', 'dbt')(relation, column_dict)) }}
{%- endmacro %}

{% macro default__alter_column_comment(relation, column_dict) -%}
  {{ exceptions.raise_not_implemented('alter_column_comment is not there for ' ~ adapter.type()) }}
{%- endmacro %}

{% macro alter_relation_comment(relation, relation_comment) -%}
  {{ return(adapter.dispatch('alter_relation_comment', 'dbt')(relation, relation_comment)) }}
{%- endmacro %}

{% macro default__alter_relation_comment(relation, relation_comment) -%}
  {{ exceptions.raise_not_implemented('alter_relation_comment is not there for ' ~ adapter.type()) }}
{%- endmacro %}

{% macro persist_docs(relation, model, for_relation=true, for_columns=true) -%}
  {{ return(adapter.dispatch('persist_docs', 'dbt')(relation, model, for_relation, for_columns)) }}
{%- endmacro %}

{% macro default__persist_docs(relation, model, for_relation, for_columns) -%}
  {%- if for_relation and config.persist_relation_docs() and model.description -%}
    {%- do run_query(alter_relation_comment(relation, model.description)) -%}
  {%- endif -%}
  {%- if for_columns and config.persist_column_docs() and model.columns -%}
    {%- set text = alter_column_comment(relation, model.columns) -%}
    {%- if text | trim -%}
      {%- do run_query(text) -%}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{% macro validate_doc_columns(relation, column_dict, existing_column_names) -%}
  {%- set known = existing_column_names | map('lower') | list -%}
  {%- set kept = {} -%}
  {%- for name, column in column_dict.items() -%}
    {%- if name | lower in known -%}
      {%- do kept.update({name: column}) -%}
    {%- else -%}
      {%- do exceptions.warn(relation ~ ' has no column ' ~ name ~ ', which is documented') -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(kept) }}
{%- endmacro %}
