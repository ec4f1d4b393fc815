{#- A seed's file goes in by COPY, or its values by INSERT where that isn't wanted. -#}

{% macro duckdb__get_batch_size() -%}
  {{ return(10000) }}
{%- endmacro %}

{% macro duckdb__get_binding_char() -%}
  {{ return(adapter.get_binding_char()) }}
{%- endmacro %}

{% macro duckdb__load_csv_rows(model, agate_table) -%}
  {%- if not model['config'].get('fast', true) -%}
    {{ return(default__load_csv_rows(model, adapter.convert_datetimes_to_strs(agate_table))) }}
  {%- endif -%}
  {%- set text = 'copy ' ~ this.render() ~ ' (' ~ get_seed_column_quoted_csv(model, agate_table.column_names) ~ ") from '" ~ adapter.get_seed_file_path(model) ~ "' (format csv, header true, delimiter '" ~ (model['config'].get('delimiter') or ',') ~ "')" -%}
  {%- do adapter.add_query(text, abridge_sql_log=True) -%}
  {{ return(text) }}
{%- endmacro %}
