{% macro who() %}{{ print(hello('x')) }}{{ print(util.hello('y')) }}{{ print(pk.pk_only()) }}{{ print(util.shouted()) }}{{ print(dbt.concat(["a", "b"])) }}{{ print(adapter.dispatch('local_thing')()) }}{{ print(adapter.dispatch('local_thing', 'overrides')(2)) }}{% endmacro %}
{% macro hello(x) %}{{ return('root hello ' ~ x) }}{% endmacro %}
{% macro default__greet(x) %}{{ return('root default greet ' ~ x) }}{% endmacro %}
{% macro duckdb__shout(x) %}{{ return('ROOT DUCKDB ' ~ x) }}{% endmacro %}
{% macro default__local_thing(n=1) %}{{ return('default local ' ~ n) }}{% endmacro %}
{% macro duckdb__local_thing(n=1) %}{{ return('duckdb local ' ~ n) }}{% endmacro %}
