{#- Most built-in texts are DuckDB's own already: those names are here for packages that call them outright. -#}

{% macro duckdb__any_value(expression) -%}
  arbitrary({{ expression }})
{%- endmacro %}

{% macro duckdb__date(year, month, day) -%}
  {{ return(default__date(year, month, day)) }}
{%- endmacro %}

{% macro duckdb__dateadd(datepart, interval, from_date_or_timestamp) -%}
  {{ return(default__dateadd(datepart, interval, from_date_or_timestamp)) }}
{%- endmacro %}

{% macro duckdb__datediff(first_date, second_date, datepart) -%}
  {{ return(default__datediff(first_date, second_date, datepart)) }}
{%- endmacro %}

{% macro duckdb__generate_series(upper_bound) -%}
  {{ return(default__generate_series(upper_bound)) }}
{%- endmacro %}

{% macro duckdb__last_day(date, datepart) -%}
  {{ return(default__last_day(date, datepart)) }}
{%- endmacro %}

{% macro duckdb__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
  {{ return(default__listagg(measure, delimiter_text, order_by_clause, limit_num)) }}
{%- endmacro %}

{% macro duckdb__split_part(string_text, delimiter_text, part_number) -%}
  {#- NULL, not an empty text, where there is no such part. -#}
  string_split({{ string_text }}, {{ delimiter_text }})[{{ part_number }}]
{%- endmacro %}
