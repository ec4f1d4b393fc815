{% macro factor() %}3{% endmacro %}
