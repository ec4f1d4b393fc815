{#- The time now. -#}

{% macro current_timestamp() -%}
  {{ return(adapter.dispatch('current_timestamp', 'dbt')()) }}
{%- endmacro %}

{% macro default__current_timestamp() -%}
  now()
{%- endmacro %}

{% macro current_timestamp_backcompat() -%}
  {{ return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) }}
{%- endmacro %}

{% macro default__current_timestamp_backcompat() -%}
  current_timestamp::timestamp
{%- endmacro %}

{% macro current_timestamp_in_utc_backcompat() -%}
  {{ return(adapter.dispatch('current_timestamp_in_utc_backcompat', 'dbt')()) }}
{%- endmacro %}

{% macro default__current_timestamp_in_utc_backcompat() -%}
  {{ current_timestamp_backcompat() }}
{%- endmacro %}

{% macro snapshot_get_time() -%}
  {{ return(adapter.dispatch('snapshot_get_time', 'dbt')()) }}
{%- endmacro %}

{% macro default__snapshot_get_time() -%}
  {{ current_timestamp() }}
{%- endmacro %}

{% macro get_snapshot_get_time_data_type() -%}
  {%- set found = adapter.get_column_schema_from_query('select ' ~ snapshot_get_time() ~ ' as time') -%}
  {{ return(found[0].dtype if found else none) }}
{%- endmacro %}

{% macro py_current_timestring() -%}
  {{ return(modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f')) }}
{%- endmacro %}

{% macro convert_datetime(date_str, date_fmt) -%}
  {{ return(modules.datetime.datetime.strptime(date_str, date_fmt)) }}
{%- endmacro %}

{#- Every day from one to another, both included, as text. -#}
{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt='%Y%m%d', out_fmt='%Y%m%d') -%}
  {%- set first = convert_datetime(start_date_str, in_fmt) -%}
  {%- set last = convert_datetime(end_date_str if end_date_str is not none else start_date_str, in_fmt) -%}
  {%- set days = (last - first).days -%}
  {%- if days < 0 -%}
    {{ exceptions.raise_compiler_error('dates_in_range: ' ~ end_date_str ~ ' is before ' ~ start_date_str) }}
  {%- endif -%}
  {%- set found = [] -%}
  {%- for offset in range(days + 1) -%}
    {%- do found.append((first + modules.datetime.timedelta(days=offset)).strftime(out_fmt)) -%}
  {%- endfor -%}
  {{ return(found) }}
{%- endmacro %}

{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') -%}
  {%- set parts = (raw_partition_date | string).split(',') -%}
  {%- if parts | length > 2 -%}
    {{ exceptions.raise_compiler_error('partition_range takes one date or two with a comma between, not ' ~ raw_partition_date) }}
  {%- endif -%}
  {{ return(dates_in_range(parts[0] | trim, parts[-1] | trim, in_fmt=date_fmt)) }}
{%- endmacro %}
