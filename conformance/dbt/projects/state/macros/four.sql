{% macro four(x) %}{{ twice(twice(x)) }}{% endmacro %}
