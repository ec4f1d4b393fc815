{# The folder that holds everything: MARKETS_LAKE, or `lake` beside the project. #}
{% macro lake(path) -%}
    {{ env_var('MARKETS_LAKE', 'lake') }}/{{ path }}
{%- endmacro %}
