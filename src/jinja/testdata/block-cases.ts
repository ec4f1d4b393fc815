/** Statements, scoping and whitespace; templates are separated by lines of `====`. */
export const blockCases: readonly string[] = `
{% for x in words %}{{ x }}{% endfor %}
====
{% for x in [] %}{{ x }}{% else %}empty{% endfor %} {% for x in missing %}a{% else %}none{% endfor %}
====
{% for x in words %}{{ loop.index }}/{{ loop.length }} {{ loop.index0 }} {{ loop.revindex }} {{ loop.revindex0 }} {{ loop.first }} {{ loop.last }} {{ loop.previtem }} {{ loop.nextitem }};{% endfor %}
====
{% for x in words %}{{ loop.cycle("odd", "even") }} {{ loop.changed(x|length) }} {{ loop.depth }} {{ loop.depth0 }};{% endfor %}
====
{% for x in range(10) if x is even %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}
====
{% for x in range(10) if x > 5 %}{{ x }}{% else %}none{% endfor %}{% for x in range(3) if x > 5 %}{{ x }}{% else %}none{% endfor %}
====
{% for a, b in [(1,2),(3,4)] %}{{ a }}-{{ b }};{% endfor %}{% for (a, b), c in [((1,2),3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}
====
{% for a, b in [(1,2,3)] %}{{ a }}{% endfor %}
====
{% for a, b in [1] %}{{ a }}{% endfor %}
====
{% for x in 5 %}{{ x }}{% endfor %}
====
{% for k, v in user.items() %}{{ k }}={{ v }}{% if not loop.last %}, {% endif %}{% endfor %}
====
{% for item in tree recursive %}{{ item.name }}{% if item.children %}({{ loop(item.children) }}){% endif %}{% if not loop.last %},{% endif %}{% endfor %}
====
{% for item in tree recursive %}[{{ loop.depth }}:{{ loop.index }}]{{ loop(item.children) if item.children }}{% else %}leaf{% endfor %}
====
{% for x in words recursive %}{{ x }}{% endfor %}
====
{% for x in words %}{{ loop(x) }}{% endfor %}
====
{% for x in range(5) %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %}|{% for x in range(5) %}{% if x is odd %}{% continue %}{% endif %}{{ x }}{% endfor %}
====
{% for x in range(3) %}{% for y in range(3) %}{% if y == 1 %}{% break %}{% endif %}{{ x }}{{ y }};{% endfor %}{{ loop.index }}{% endfor %}
====
{% for x in range(3) %}{% break %}{% else %}E{% endfor %}|{% for x in [] %}{% else %}F{% endfor %}
====
{% set x = 1 %}{% for i in range(3) %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}
====
{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}
====
{% if false %}{% set y = 2 %}{% endif %}[{{ y }}]{% if true %}{% set z = 3 %}{% endif %}[{{ z }}]
====
{% if n > 100 %}a{% elif n > 1 %}b{% else %}c{% endif %}{% if n: %}x{% endif %}{% if not n %}q{% elif none %}w{% endif %}
====
{% set n = 100 %}{{ n }}{% for i in [1] %}{{ n }}{% set n = 5 %}{{ n }}{% endfor %}{{ n }}
====
{{ n }}{% set n = n + 1 %}{{ n }}
====
{% for i in [1,2] %}{{ n }}{% set n = i %}{{ n }} {% endfor %}{{ n }}
====
{% for i in [1,2] %}{% set q = i %}{% endfor %}[{{ q }}]{% for i in [1,2] %}{{ q }}{% set q = i %}{{ q }}{% endfor %}
====
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set (c, d) = (3, 4) %}{{ c }}{{ d }}{% set a, b = b, a %}{{ a }}{{ b }}{% set t = 1, %}{{ t }}
====
{% set a, b = 1 %}
====
{% set x %}hello {{ n }}{% endset %}[{{ x }}]{% set y | upper %}abc{% endset %}{{ y }}{% set z | replace("a","b") | upper %}aXa{% endset %}{{ z }}
====
{% set x %}{% set inner = 5 %}{{ inner }}{% endset %}{{ x }}[{{ inner }}]
====
{% set ns = namespace(total=0, items=[]) %}{% for i in range(4) %}{% set ns.total = ns.total + i %}{% do ns.items.append(i) %}{% endfor %}{{ ns.total }} {{ ns.items }}
====
{% set ns = namespace() %}{% set ns.block %}text{{ n }}{% endset %}{{ ns.block }}{% set ns.a, b = 1, 2 %}{{ ns.a }}{{ b }}
====
{% with %}{% set w = 1 %}{{ w }}{% endwith %}[{{ w }}]{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{% with a = 1 %}{% with a = a + 1 %}{{ a }}{% endwith %}{{ a }}{% endwith %}
====
{% set a = 5 %}{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}{% with x, y = (1, 2) %}{{ x }}{{ y }}{% endwith %}
====
{% macro m(a, b=2, c="x") %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(1, c="z") }} {{ m(a=5, b=6, c=7) }} {{ m() }}|
====
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
====
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}
====
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
====
{% macro m() %}{{ varargs }} {{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}{{ m() }}
====
{% macro m(a, b) %}{{ a }}{{ varargs|join(",") }}{{ kwargs.items()|list }}{% endmacro %}{{ m(1, 2, 3, 4, z=5) }} {{ m(*[1,2,3], **{"q": 1}) }}
====
{% macro m(a, b=a, c=n) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }}{{ m(1, 2, 3) }}{{ m.name }} {{ m.arguments }} {{ m.catch_varargs }} {{ m.catch_kwargs }} {{ m.caller }}
====
{% macro outer() %}<{{ caller() }}>{% endmacro %}{% call outer() %}in{{ n }}{% endcall %}
====
{% macro outer(x) %}{{ x }}<{{ caller(1, 2) }}|{{ caller(3, b=4) }}>{% endmacro %}{% call(a, b=9) outer(7) %}{{ a }}+{{ b }}{% endcall %}
====
{% macro outer() %}{{ caller() }}{% endmacro %}{{ outer() }}
====
{% macro outer() %}{{ caller is defined }}{% if caller %}{{ caller() }}{% endif %}{% endmacro %}{{ outer() }}{% call outer() %}x{% endcall %}
====
{% macro outer() %}none{% endmacro %}{% call outer() %}x{% endcall %}
====
{% macro outer(caller=5) %}{{ caller }}{% endmacro %}{{ outer() }}
====
{% macro a() %}A{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}
====
{% macro fact(n) %}{{ 1 if n <= 1 else n * fact(n - 1)|int }}{% endmacro %}{{ fact(10) }}
====
{% macro m() %}{{ late }}{% endmacro %}{{ m() }}|{% set late = 1 %}{{ m() }}
====
{% macro m() %}{{ n }}{% set n = 99 %}{{ n }}{% endmacro %}{{ m() }}{{ n }}
====
{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% for x in [7] %}{{ m() }}{% endfor %}{% set x = 2 %}{{ m() }}
====
{% for i in range(2) %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}
====
{% macro m(x) %}{% for i in range(x) %}{{ loop.index }}{{ m(i) }}{% endfor %}{% endmacro %}{{ m(3) }}
====
{% macro m() %}{% macro inner(x) %}({{ x }}){% endmacro %}{{ inner(1) }}{% endmacro %}{{ m() }}{{ inner is defined }}
====
{% macro m() %}  a  {% endmacro %}[{{ m() }}][{{ m()|trim }}]{{ m() is string }}
====
{% set f = words.append %}{% do f("new") %}{{ words }}{% do words.pop() %}
====
{% macro m(*a) %}{% endmacro %}
====
{% raw %}{{ not rendered }}{% if %}{% endraw %}|{%- raw -%}  x  {%- endraw -%}  |{% raw %}{# c #}{% endraw %}
====
a {# comment {{ x }} {% if %} #} b {#- strip -#} c
====
  {%- if true -%}  x  {%- endif -%}  y
====
a
{% if true %}
b
{% endif %}
c
====
a
{%- if true %}
b
{%- endif %}
c
====
{%+ if true +%} x {%+ endif +%} y {{- " z " -}} w {{ 1 -}}   2   {{- 3 }}
====
line1
{{ "x" }}
line3
====
{% do words.append("x") %}{{ words|length }}{% do words.pop() %}{% do none %}
====
{% print "a", 1, none %}{% print n %}
====
{% filter upper %}{% for x in words %}{{ x }}{% endfor %}{% endfilter %}{% filter trim|upper %} x {% set fx = 1 %}{% endfilter %}[{{ fx }}]
====
{% autoescape true %}{{ "<b>" }}{{ "<b>"|safe }}{{ ["<"] }}{% endautoescape %}{{ "<b>" }}{% autoescape false %}{{ "<" }}{% endautoescape %}
====
{% autoescape true %}{% set x %}<{{ "<" }}{% endset %}{{ x }}{% macro m() %}<{{ "&" }}>{% endmacro %}{{ m() }}{{ "<" ~ "a" }}{{ words|join("<") }}{% endautoescape %}
====
{% block a %}A{{ n }}{% endblock %}{% block b scoped %}B{% endblock b %}{% for i in [1] %}{% block c scoped %}{{ i }}{% endblock %}{% block d %}[{{ i }}]{% endblock %}{% endfor %}
====
{% set top = 5 %}{% block a %}{{ top }}{% endblock %}
====
{% block a %}{% endblock %}{% block a %}{% endblock %}
====
{% extends "x" %}
====
{% include "x" %}
====
{% import "x" as y %}
====
{% from "x" import a, b as c with context %}
====
{% if true %}{% break %}{% endif %}
====
{% for x in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}
====
{% for x in [1] %}{% set loop = 1 %}{% endfor %}
====
{{ m(a=1, a=2) }}
====
{% set none = 1 %}
====
{% set "a" = 1 %}
====
{% set a.b.c = 1 %}
====
{% for a.b in x %}{% endfor %}
====
{{ 1 if }}
====
{{ }}
====
{% %}
====
{% unknown %}
====
{% if x %}{% endfor %}
====
{% endif %}
====
{{ "unterminated }}
====
{{ (1, 2 }}
====
{{ [1, 2) }}
====
{# unterminated
====
{% raw %} no end
====
{{ a b }}
====
{{ 1 + }}
====
{{ x is }}
====
{{ x is not defined }} {{ x is not none }} {{ not x is defined }} {{ x is defined and x }} {{ 1 is odd is even }}
====
{{ f(*a, 1) }}
====
{{ f(**k, a=1) }}
====
{{ f(a=1, 2) }}
====
{{ words|join(sep=",") }}
====
{{ range(*[1, 4])|list }} {{ dict(**{"a": 1}) }} {{ dict(*[[("a", 1)]], b=2) }}
====
{%- for x in words -%}
  {{ x }}
  {%- if not loop.last %}, {% endif -%}
{%- endfor -%}
====
select
{%- for c in words %}
    {{ c }}{{ "," if not loop.last }}
{%- endfor %}
from t
{% if n %}where n = {{ n }}{% endif %}

====
{% set q %}
select *
from {{ user.name }}
{% endset %}
{{ q|trim }}
====
{%- macro star(cols, except=[]) -%}
  {%- set kept = [] -%}
  {%- for c in cols if c not in except -%}{%- do kept.append(c) -%}{%- endfor -%}
  {{ kept|join(", ") }}
{%- endmacro -%}
select {{ star(words, except=["pear"]) }}
====
{% for x in words %}{% set outer = loop %}{% for y in "ab" %}{{ outer.index }}.{{ loop.index }}{{ y }} {% endfor %}{% endfor %}
====
{% set seen = [] %}{% for x in [1,2,1,3] if x not in seen %}{% do seen.append(x) %}{{ x }}{% endfor %}
====
{% set l = [1,2,3] %}{% for x in l %}{{ x }}{% if l|length < 6 %}{% do l.append(x * 10) %}{% endif %}{% endfor %}{{ l }}
====
{% set g = words|map("upper") %}{{ g|join }}|{{ g|join }}
====
{% set m = 5 %}{% macro m() %}x{% endmacro %}{{ m() }}
====
{% call missing() %}x{% endcall %}
====
{% call 5 %}x{% endcall %}
====
{% if missing %}a{% else %}b{% endif %}{% if missing is defined and missing.x %}a{% else %}b{% endif %}{{ missing or "d" }}
====
{{ "a
b" }} {{ 'multi' 
'line' }}
====
{{ user
  .name
  .upper()
}} {{ {
  "a": 1,
  "b": [
     1,
  ],
} }}
====
{% set x = {"a": {"b": [1, {"c": "deep"}]}} %}{{ x.a.b[1].c }} {{ x["a"].b[-1]["c"] }} {{ x.a.b[0:1] }} {{ x.a.nope.c is defined if x.a.nope }}
====
{{ 1 }}{{ 2 }}
{{ 3 }}

====

{{ 1 }}


====
{{ '}}' }} {{ "%}" }} {{ "{{" }} {% if "%}" %}y{% endif %} { { } } % {% raw %}{{{% endraw %} {{ {'a':{'b':1}}.a.b}}
====
{% for i in range(3) %}{% if loop.first %}{% set s = "f" %}{% else %}{% set s = "o" %}{% endif %}{{ s }}{% endfor %}
====
{% if true %}{% if false %}{% elif true %}x{% endif %}{% else %}{% endif %}{% for i in [] %}{% endfor %}{% with %}{% endwith %}{% filter upper %}{% endfilter %}
====
{% set loop = 5 %}{{ loop }}{% for x in [1] %}{{ loop.index }}{% endfor %}{{ loop }}
====
{% for x in [1,2] if loop is defined %}{{ x }}{% else %}no{% endfor %}
====
{% for i in [3,1,2]|sort %}{{ i }}{% endfor %}{% for i in (1,2) + (3,) %}{{ i }}{% endfor %}{% for i in 1, 2 %}{{ i }}{% endfor %}{% for i, in [(1,)] %}{{ i }}{% endfor %}
====
{% set kwargs = 1 %}{{ kwargs }}{% set varargs = 2 %}{% macro m() %}{{ kwargs }}{% endmacro %}{{ m(a=1) }}
====
{{ loop is defined }} {{ caller is defined }} {{ varargs is defined }}
`
  .slice(1, -1)
  .split('\n====\n');
