{% set m = metric('order_total') %}
select {{ graph.metrics | length if execute else 0 }} as metrics, {{ graph.semantic_models | length if execute else 0 }} as models, {{ graph.saved_queries | length if execute else 0 }} as queries, '{{ m }}' as m
