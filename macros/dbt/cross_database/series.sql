{#- How many powers of two `upper_bound` needs. -#}
{% macro get_powers_of_two(upper_bound) %}
  {{ return(adapter.dispatch('get_powers_of_two', 'dbt')(upper_bound)) }}
{% endmacro %}

{% macro default__get_powers_of_two(upper_bound) %}
  {%- if upper_bound <= 0 -%}
    {{ exceptions.raise_compiler_error('get_powers_of_two needs an upper bound above zero, not ' ~ upper_bound) }}
  {%- endif -%}
  {%- set found = namespace(power=1) -%}
  {%- for _ in range(64) if 2 ** found.power < upper_bound -%}
    {%- set found.power = found.power + 1 -%}
  {%- endfor -%}
  {{ return(found.power) }}
{% endmacro %}

{#- A query of the whole numbers from 1 to `upper_bound`, in a column `generated_number`. -#}
{% macro generate_series(upper_bound) %}
  {{ return(adapter.dispatch('generate_series', 'dbt')(upper_bound)) }}
{% endmacro %}

{% macro default__generate_series(upper_bound) %}
  select number as generated_number from range(1, {{ upper_bound }} + 1) as numbers(number)
{% endmacro %}

{#- How many intervals of `datepart` lie between two SQL dates; 1 while parsing. -#}
{% macro get_intervals_between(start_date, end_date, datepart) -%}
  {{ return(adapter.dispatch('get_intervals_between', 'dbt')(start_date, end_date, datepart)) }}
{%- endmacro %}

{% macro default__get_intervals_between(start_date, end_date, datepart) -%}
  {%- if not execute -%}
    {{ return(1) }}
  {%- endif -%}
  {%- set answer = run_query('select ' ~ dbt.datediff(start_date, end_date, datepart)) -%}
  {{ return(answer.columns[0].values()[0]) }}
{%- endmacro %}

{#- A query of every date from `start_date` up to, not including, `end_date`, in a column `date_<datepart>`. -#}
{% macro date_spine(datepart, start_date, end_date) %}
  {{ return(adapter.dispatch('date_spine', 'dbt')(datepart, start_date, end_date)) }}
{% endmacro %}

{% macro default__date_spine(datepart, start_date, end_date) %}
  {%- set count = dbt.get_intervals_between(start_date, end_date, datepart) -%}
  with numbers as (
    {{ dbt.generate_series(count) }}
  ),
  every_period as (
    select {{ dbt.dateadd(datepart, 'generated_number - 1', start_date) }} as date_{{ datepart }} from numbers
  )
  select * from every_period where date_{{ datepart }} < {{ end_date }}
{% endmacro %}
