{#- Pre- and post-hooks of a node. A hook outside the transaction runs before BEGIN or after COMMIT. -#}
{% macro run_hooks(hooks, inside_transaction=True) %}
  {%- for hook in hooks if hook.get('transaction', True) == inside_transaction -%}
    {%- if not inside_transaction and loop.first -%}
      {%- call statement(auto_begin=false) %}commit;{% endcall -%}
    {%- endif -%}
    {%- set rendered = render(hook.get('sql')) | trim -%}
    {%- if rendered -%}
      {%- call statement(auto_begin=inside_transaction) %}{{ rendered }}{% endcall -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{% macro make_hook_config(sql, inside_transaction) %}
  {{ return(tojson({'sql': sql, 'transaction': inside_transaction})) }}
{% endmacro %}

{% macro before_begin(sql) %}
  {{ return(make_hook_config(sql, inside_transaction=False)) }}
{% endmacro %}

{% macro in_transaction(sql) %}
  {{ return(make_hook_config(sql, inside_transaction=True)) }}
{% endmacro %}

{% macro after_commit(sql) %}
  {{ return(make_hook_config(sql, inside_transaction=False)) }}
{% endmacro %}
