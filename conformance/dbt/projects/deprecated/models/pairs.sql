{% set pairs = modules.itertools.product([1], [2]) %}
select {{ pairs | list | length }} as n, {{ a() }} as one
