{#- DuckDB needs no COMMIT before a hook outside the transaction: none is open there. -#}
{% macro run_hooks(hooks, inside_transaction=True) %}
  {%- for hook in hooks if hook.get('transaction', True) == inside_transaction -%}
    {%- set rendered = render(hook.get('sql')) | trim -%}
    {%- if rendered -%}
      {%- call statement(auto_begin=inside_transaction) %}{{ rendered }}{% endcall -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}
