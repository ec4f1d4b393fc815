/** What dbt projects write, reduced to plain Jinja; templates are separated by lines of `====`. */
export const sqlCases: readonly string[] = String.raw`
{%- macro cents(column, scale=2) -%}
  ({{ column }} / 100)::numeric(16, {{ scale }})
{%- endmacro -%}
select id, {{ cents('amount') }} as amount, {{ cents('fee', scale=4) }} as fee from payments
====
{%- set methods = ['card', 'coupon', 'gift'] -%}
select
  order_id,
  {%- for m in methods %}
  sum(case when method = '{{ m }}' then amount end) as {{ m }}_amount
  {%- if not loop.last %},{% endif -%}
  {% endfor %}
from t
====
{% macro union_all(tables) -%}
{%- for t in tables %}
select * from {{ t }}
{{ "union all" if not loop.last }}
{%- endfor %}
{%- endmacro %}
{{ union_all(words) }}
====
{%- macro pivot(column, values, prefix='', suffix='', agg='sum', then_value=1, else_value=0, quote=True) -%}
{% for v in values %}
  {{ agg }}(case when {{ column }} = '{{ v }}' then {{ then_value }} else {{ else_value }} end)
  {% if quote %}as "{{ prefix ~ v ~ suffix }}"{% else %}as {{ (prefix ~ v ~ suffix) | replace(' ', '_') | lower }}{% endif %}
  {%- if not loop.last %},{% endif %}
{% endfor %}
{%- endmacro -%}
{{ pivot('c', words, prefix='n_', quote=False) }}
====
{% set config = {'materialized': 'table', 'tags': ['a', 'b'], 'meta': {'owner': none}} %}
{{ config.materialized }} {{ config.get('missing', 'x') }} {{ config['tags'] | join('|') }} {{ config.meta.owner is none }} {{ config }}
====
{%- set cols = [] -%}
{%- for p in people -%}
  {%- do cols.append({'name': p.name | lower, 'n': loop.index0}) -%}
{%- endfor -%}
{{ cols }} {{ cols | map(attribute='name') | join(', ') }} {{ cols | selectattr('n', '>', 0) | list | length }}
====
{% macro default__f(a) %}default {{ a }}{% endmacro %}{% macro duckdb__f(a) %}duckdb {{ a }}{% endmacro %}{% set impl = {'duckdb': duckdb__f, 'default': default__f}['duckdb'] %}{{ impl(1) }} {{ (default__f)(2) }}
====
{%- set relation = namespace(parts=[]) -%}
{%- for part in ['db', 'schema', 'id'] if part -%}{%- set relation.parts = relation.parts + ['"' ~ part ~ '"'] -%}{%- endfor -%}
{{ relation.parts | join('.') }}
====
{% macro statement(name=none, fetch=False) %}{% set sql = caller() %}{{ name }}:{{ sql | trim }}:{{ fetch }}{% endmacro %}{% call statement('main', fetch=True) %}
 select 1
{% endcall %}
====
{% macro indent_all(n) %}{{ caller() | indent(n, True) }}{% endmacro %}{% call indent_all(4) -%}
select
  1
{%- endcall %}
====
{% set d = dict(a=1) %}{% do d.update({'b': 2}) %}{% for k, v in d | dictsort %}{{ k ~ '=' ~ v }}{{ ', ' if not loop.last else '' }}{% endfor %}
====
{% set x = ' A_b-C ' %}{{ x | trim | lower | replace('-', '_') }} {{ x.strip().split('_')[0] }} {{ x.strip()[:1] ~ x.strip()[1:] | lower }}
====
{%- if n > 5 and user.name == 'Ada' or false -%} where a = {{ n }} {%- elif n is none -%} never {%- endif %}
====
{% for p in people | sort(attribute='name') %}{{ loop.index }}. {{ '%-5s' | format(p.name) }}{{ p.age }}
{% endfor %}
====
{% set items = [('a', 1), ('b', 2)] %}{% for name, value in items %}{{ name }}:{{ value }} {% endfor %}{{ items | map('first') | list }} {{ items | map('last') | sum }}
====
{% set ranges = range(1, 13) %}{% for m in ranges %}{{ '%02d' % m }}{% if not loop.last %},{% endif %}{% endfor %}
====
{%- macro date_spine(start, count) -%}{%- for i in range(count) -%}{{ start + i }}{{ ' union ' if not loop.last }}{%- endfor -%}{%- endmacro -%}{{ date_spine(2020, 3) }}
====
{{ "select '" ~ user.name | replace("'", "''") ~ "'" }} {{ 'a' ~ ('b' if n else 'c') ~ 'd' }} {{ ['x'] * 3 | length }}
====
{% set a = [1, 2] + [3] %}{% set b = a[:] %}{% do b.append(4) %}{{ a }}{{ b }}{{ a == b[:-1] }}{{ b | last }}
====
{{ not words or words | length > 2 }} {{ words | length == 3 and words[0] | upper == 'APPLE' }} {{ (n // 2) ~ '/' ~ (n % 2) }}
====
{% if 'pear' in words and 'kiwi' not in words %}yes{% endif %} {% if user.age >= 18 %}adult{% endif %} {% if not (1 == 2) %}fine{% endif %}
====
-- depends_on: {{ '{{' }} ref('x') {{ '}}' }}
{# a comment with 'quotes' and {{ braces }} #}
select 1
====
{%- set sep = joiner(' and ') -%}where {% for w in words %}{{ sep() }}x != '{{ w }}'{% endfor %}
====
{% macro a(x) %}{{ return_it(x) }}{% endmacro %}{% macro return_it(x) %}<{{ x }}>{% endmacro %}{{ a('v') }}{{ a(a('w')) }}
====
{{ people | map(attribute='tags') | map('join', '+') | list }} {{ people | map(attribute='tags') | sum(start=[]) | unique | sort | join }}
====
{{ 'a.b.c'.split('.') | last }} {{ 'model.pkg.name'.split('.')[1:] | join('_') }} {{ 'X' | lower in 'xyz' }} {{ 'a' in ['a', 'b'] | map('lower') }}
====
{% set t = (1, 'x', none) %}{{ t[0] }}{{ t[-1] }}{{ t | length }}{{ t }}{% set (p, q, r) = t %}{{ p ~ q ~ r }}
====
{% for chunk in range(7) | batch(3) %}[{{ chunk | join(',') }}]{% endfor %}{% for part in range(7) | slice(2) %}<{{ part | join(',') }}>{% endfor %}
====
{%- set long = "a" ~
   "b" -%}
{{ long }}{% set q = words
   | map('upper')
   | join(
     ','
   ) %}{{ q }}
====
{% set mapping = {1: 'one', 'two': 2, (3, 4): 'tuple', none: 'null', true: 'yes'} %}{{ mapping }} {{ mapping[1] }} {{ mapping[(3, 4)] }} {{ mapping[none] }}
====
{% macro outer() %}{% call inner() %}{{ varargs }}x{% endcall %}{% endmacro %}{% macro inner() %}[{{ caller() }}]{% endmacro %}{{ outer(1, 2) }}
====
{{ range(3) | map('string') | map('replace', '1', 'one') | list }} {{ ['b', 'a'] | sort | first | upper }} {{ [[1, 'a'], [2, 'b']] | map('list') | list }}
====
{% set s = 'x' %}{% for i in range(3) %}{% set s = s ~ i %}{% endfor %}{{ s }}{% set l = [] %}{% for i in range(3) %}{% if l.append(i) %}{% endif %}{% endfor %}{{ l }}
====
{{ 10 | string | length }} {{ '10' | int * 2 }} {{ 3.0 | int }} {{ 7 / 2 | round }} {{ (7 / 2) | round | int }} {{ 5 | float / 2 }} {{ 1e3 | int }}
====
{% if config is defined and config.x %}a{% else %}b{% endif %} {{ config.x if config is defined else 'no' }} {{ (config | default({})).x | default('dx') }}
====
{{ words | map('length') | list }} {{ words | map('first') | join }} {{ words | select('in', ['fig', 'pear']) | list }}
====
{% set a = [3, 1, 2] %}{{ a | sort }} {{ a }} {% do a.sort() %}{{ a }}
====
{{ "%s" | format(words) }} {{ "%s" % (words,) }} {{ words ~ '' }}
====
{{ user.items() | map('last') | list }} {{ user.keys() | sort | join(',') }} {{ user.values() | map('string') | sort | first }}
====
{% set x = none %}{{ x | default('a') }} {{ x or 'b' }} {{ x if x is not none else 'c' }} {{ [x, x] | select('none') | list | length }}
====
{% macro flag(x, on=true) %}{% if on %}{{ x }}{% else %}off{% endif %}{% endmacro %}{{ flag('a') }}{{ flag('a', false) }}{{ flag('a', on=none) }}
====
{{ {'a': none}.get('a', 'd') }} {{ {'a': none}.a }} {{ {'a': none}['a'] is none }} {{ {'a': none}.a | default('z') }} {{ [none][0] is defined }}
====
{% for x in [none, 0, ''] %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{{ x }};{% endfor %}
====
{{ none is eq none }} {{ [none, 1] | first is none }} {{ [none] | last }} {{ {'k': none}.pop('k', 1) }} {{ {'k': none}.setdefault('k', 1) }}
====
{{ -7 // 2 }} {{ -7 % 2 }} {{ 7 // -2.0 }} {{ 1e3 // 7 }} {{ -1e3 % 7 }} {{ 2 ** 62 * 2 }} {{ 10 ** 20 // 3 }} {{ (10 ** 20) % 7 }}
====
{% if words is not mapping and words is sequence and words is not string %}list{% endif %} {{ 'x' is sequence and 'x' is string }}
====
{%- for row in [[1, 'a'], [2, 'b']] %}
({{ row[0] }}, '{{ row[1] }}'){{ ',' if not loop.last else ';' }}
{%- endfor %}
====
{% set lines = 'a\nb\nc'.split('\n') %}{{ lines | length }} {{ lines | join('/') }} {{ 'a\nb' | replace('\n', ' ') }}
====
{{ 'it''s' }} {{ "say \"x\"" }} {{ 'a\\b' }} {{ 'tab\tx' }}
====
{% set total = people | sum(attribute='age') %}{{ total }} {{ total / people | length }} {{ (total / people | length) | round(2) }}
====
{{ 'abc' | upper | lower | title | reverse }} {{ ['x', 'y'] | reverse | join }} {{ 'a b' | title | replace(' ', '') | length }}
`
  .slice(1, -1)
  .split('\n====\n');
