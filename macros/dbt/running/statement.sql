{#- Running SQL from a template. Nothing runs while parsing. -#}

{#- Runs what the call block holds; `load_result(name)` gives the answer. The statement called 'main' is the node's own. -#}
{% macro statement(name=None, fetch_result=False, auto_begin=True, language='sql') -%}
  {%- if execute -%}
    {%- set body = caller() -%}
    {%- if language != 'sql' -%}
      {{ exceptions.raise_compiler_error('statement: only sql runs here, not ' ~ language) }}
    {%- endif -%}
    {%- if name == 'main' -%}
      {%- do write(body) -%}
    {%- endif -%}
    {%- set response, rows = adapter.execute(body, auto_begin=auto_begin, fetch=fetch_result) -%}
    {%- if name is not none -%}
      {{ store_result(name, response=response, agate_table=rows) }}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{#- Stores a result as if a statement had run. -#}
{% macro noop_statement(name=None, message=None, code=None, rows_affected=None, res=None) -%}
  {%- set body = caller() -%}
  {%- if name == 'main' -%}
    {%- do write(body) -%}
  {%- endif -%}
  {%- if name is not none -%}
    {{ store_raw_result(name, message=message, code=code, rows_affected=rows_affected, agate_table=res) }}
  {%- endif -%}
{%- endmacro %}

{#- The rows of a query; none while parsing. -#}
{% macro run_query(sql) %}
  {% call statement('run_query_statement', fetch_result=true, auto_begin=false) %}
    {{ sql }}
  {% endcall %}
  {{ return(load_result('run_query_statement').table if execute else none) }}
{% endmacro %}
