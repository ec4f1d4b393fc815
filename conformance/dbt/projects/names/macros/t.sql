{% test expr(model, expression, column_name=none) %}select * from {{ model }} where not ({{ column_name if column_name and expression.startswith('>') }} {{ expression }}){% endtest %}
{% test combo(model, cols, opts, flag, n, nothing) %}select {{ cols | join(', ') }} from {{ model }} where '{{ opts.y | join }}{{ flag }}{{ n }}{{ nothing }}' = 'no'{% endtest %}
