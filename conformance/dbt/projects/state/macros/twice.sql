{% macro twice(x) %}2 * {{ x }}{% endmacro %}
