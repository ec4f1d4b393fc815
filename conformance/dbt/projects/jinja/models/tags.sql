{# a comment {{ not run }} #}
{%- raw %}
select '{{ raw }}' as r,
{%- endraw %}
'{% call(x) wrap('>') %}[{{ x }}]{% endcall %}' as called,
{% set a, b = (1, 2) %}
{%+ if a == 1 and b != 3 %} 8 as inner_macro,{% elif false %}never{% else %}neither{% endif %}
{% filter upper %} 'filtered' as f, {% endfilter %}
{% for k, v in {'x': 1, 'y': 2}.items() recursive %}{{ v }} as {{ k }},{% endfor %}
{% for x in [1, 2, 3] if x is odd %}{{ x }} as odd_{{ x }},{% endfor %}
{% with z = 5 %}{{ z }} as z{% endwith %}
-- {{ 'in a comment' }}
{{ "{% not a tag %}" | replace("{% not a tag %}", "") }}
