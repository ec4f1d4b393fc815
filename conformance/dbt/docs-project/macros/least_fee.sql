{% macro least_fee(scale=1) %}{{ 100 * scale }}{% endmacro %}
