{% macro helper(x) %}{{ return(adapter.dispatch('helper', 'pk')(x)) }}{% endmacro %}
{% macro default__helper(x) %}'{{ x }} pk'{% endmacro %}
{% macro over() %}pk{% endmacro %}
{% test pk_test(model, column_name, vals, opt=none) %}select * from {{ model }} where {{ column_name }} is null{% endtest %}
