{% macro greet(x) %}{{ return(adapter.dispatch('greet', 'util')(x)) }}{% endmacro %}
{% macro default__greet(x) %}{{ return('util default greet ' ~ x) }}{% endmacro %}
{% macro shout(x) %}{{ return(adapter.dispatch('shout', macro_namespace='util')(x)) }}{% endmacro %}
{% macro default__shout(x) %}{{ return('util default shout ' ~ x) }}{% endmacro %}
{% macro hello(x) %}{{ return('util hello ' ~ x) }}{% endmacro %}
{% macro shouted() %}{{ return(shout(hello('inner'))) }}{% endmacro %}
{% test util_test(model, column_name, arg) %}select * from {{ model }} where {{ column_name }} > {{ arg }}{% endtest %}
