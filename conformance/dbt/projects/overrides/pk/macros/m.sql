{% macro pk_only() %}{{ return('pk only, ' ~ hello('in pk')) }}{% endmacro %}
{% macro pk_who() %}{{ print(hello('z')) }}{{ print(util.greet('pk')) }}{{ print(util.shout('pk')) }}{{ print(util.hello('u')) }}{% endmacro %}
{% macro hello(x) %}{{ return('pk hello ' ~ x) }}{% endmacro %}
{% macro default__shout(x) %}{{ return('pk default shout ' ~ x) }}{% endmacro %}
{% macro duckdb__greet(x) %}{{ return('pk duckdb greet ' ~ x) }}{% endmacro %}
{% macro default__concat(fields) %}{{ return('pk concat ' ~ fields | join('+')) }}{% endmacro %}
{% macro generate_schema_name(custom_schema_name, node) %}never{% endmacro %}
{% test pk_test(model, column_name) %}select * from {{ model }} where {{ column_name }} = -1{% endtest %}
