{%- set ns = namespace(total=0, seen=[]) -%}
{%- for i in range(6) -%}{%- if i == 1 -%}{%- continue -%}{%- endif -%}{%- if i == 5 -%}{%- break -%}{%- endif -%}{%- set ns.total = ns.total + i -%}{%- do ns.seen.append(i) -%}{%- endfor -%}
{%- set block -%}
  a block {{ 1 + 1 }}
{%- endset -%}
{%- set d = {'a': 1, 'b': [1, 2, {'c': none}], 'x-y': (1, 'two')} -%}
{%- do d.update({'z': true}) -%}{%- do d.setdefault('q', []).append('w') -%}
{%- set l = ['b', 'a', 'c'] -%}{%- do l.insert(0, 'z') -%}{%- do l.extend(['d']) -%}
{%- set rows = [
  ('ns', ns.total ~ ' ' ~ ns.seen), ('block', block), ('dict', d), ('list', l), ('pop', l.pop()), ('index', l.index('a')), ('slice', l[::-1]), ('slice2', 'abcdef'[1:-1:2]),
  ('floor', 7 // 2), ('neg', -7 // 2), ('mod', -7 % 3), ('pow', 2 ** 70), ('div', 7 / 2), ('float', 1.0), ('sci', 1e20), ('cmp', 1 < 2 < 3), ('in', 'a' in l), ('notin', 'q' not in d),
  ('fmt', '%s is %d or %.2f %05d' % ('x', 3, 2.5, 42)), ('format', '{0} {a:>5} {0!r}'.format('x', a=3)), ('filterfmt', '%s-%s' | format(1, 'b')),
  ('title', 'hello wOrld'.title()), ('zfill', '7'.zfill(3)), ('split', 'a,b,,c'.split(',')), ('strip', '  x '.strip()), ('starts', 'abc'.startswith('ab')), ('cap', 'aBC' | capitalize),
  ('trim', ' x ' | trim), ('replace', 'aXbX' | replace('X', '-', 1)), ('join', [1, none, 'x'] | join('/')), ('map', [{'a': 1}, {'a': 2}] | map(attribute='a') | list), ('mapf', ['a', 'B'] | map('upper') | list),
  ('sel', [1, 2, 3, 4] | select('even') | list), ('rej', [{'a': 1}, {'a': none}] | rejectattr('a', 'none') | list), ('selattr', [{'n': 'x', 'v': 1}, {'n': 'y', 'v': 2}] | selectattr('v', 'gt', 1) | map(attribute='n') | first),
  ('sort', ['b', 'A', 'c'] | sort), ('sortcs', ['b', 'A', 'c'] | sort(case_sensitive=true)), ('sortrev', [3, 1, 2] | sort(reverse=true)), ('unique', [1, 'a', 1, 'A'] | unique | list), ('batch', range(5) | batch(2, 'x') | list), ('slicef', range(5) | slice(2) | list),
  ('groupby', [{'k': 1, 'v': 'a'}, {'k': 1, 'v': 'b'}] | groupby('k')), ('dictsort', {'b': 1, 'a': 2} | dictsort), ('round', 2.567 | round(1)), ('rounddown', 2.567 | round(1, 'floor')), ('int', '12x' | int(5)), ('floatf', '1.5' | float), ('default', none | default('d')), ('default2', none | default('d', true)), ('undef', nothing_here | default('u')),
  ('indent', 'a\nb' | indent(2)), ('length', d | length), ('sum', [1, 2.5] | sum), ('max', [3, 9, 2] | max), ('last', [1, 2] | last), ('abs', -3 | abs), ('tojson', d | tojson), ('tojsonfn', tojson({'b': 1, 'a': 2}, sort_keys=true)), ('as', ['1' | as_number, 'true' | as_bool, '2' | as_native, 3 | as_text]),
  ('is', [d is mapping, l is sequence, l is iterable, 'x' is string, 1 is number, true is boolean, none is none, zz is defined, 3 is odd, 4 is divisibleby(2), 'a' is in(['a']), twice is callable, 1 is sameas(1), 'AB' is upper]),
  ('ternary', 'yes' if var('flag') else 'no'), ('noelse', ('y' if false) is undefined), ('chain', (1, 2) + (3,)), ('concat', 1 ~ none ~ true), ('mult', 'ab' * 2), ('and', [] or 'x'), ('not', not []),
  ('rec', rec(3)), ('args', args(1, 3, 4, k=5)), ('early', early(4)), ('asval', as_value(twice, 'q')), ('var', var('given')), ('env', env_var('JUDGED')), ('env2', env_var('NOPE', 'dflt')), ('this', this), ('thisid', this.identifier), ('model', model.name ~ model.resource_type ~ model.unique_id), ('config', config.get('materialized')), ('proj', project_name), ('sel_res', selected_resources is iterable), ('refd', builtins.ref('typed')), ('which', invocation_args_dict.which), ('items', d.items() | list | length), ('keys', d.keys() | list), ('get', d.get('nope', 5)), ('pytrue', [true, false, none, 1.5, 'it''s', "q\"q"]), ('tuple1', (1,)), ('emptyd', {}), ('nested', [[1, [2]], {'a': {'b': (1, 2)}}]), ('unicode', 'naïve ☃ 日本'), ('esc', 'a\tb'), ('int_big', 12345678901234567890123), ('neg0', -0.0), ('wordcount', 'a b c' | wordcount), ('center', 'x' | center(5)), ('string', 'a' | list), ('urlencode', 'a b&c' | urlencode), ('truncate', 'hello world foo' | truncate(8, true, '..')), ('striptags', '<b>x</b>' | striptags), ('xmlattr', 'x' | e), ('filesize', 12345 | filesizeformat), ('pprint', {'a': 1} | pprint), ('min', ['b', 'a'] | min), ('rev', 'abc' | reverse), ('revl', [1, 2] | reverse | list), ('range', range(2, 10, 3) | list), ('lips', cycler('a', 'b').next()), ('joiner', joiner(',')()), ('dictfn', dict(a=1)), ('strmeth', 'a-b_c'.partition('-')), ('count', 'banana'.count('an')), ('find', 'banana'.find('na')), ('rsplit', 'a.b.c'.rsplit('.', 1)), ('isdigit', '12'.isdigit()), ('lstrip', 'xxa'.lstrip('x')), ('splitlines', 'a\nb'.splitlines()), ('swapcase', 'aB'.swapcase()), ('ljust', 'a'.ljust(3, '.')), ('removeprefix', 'abc'.removeprefix('a')), ('dictpop', {'a': 1}.pop('a')), ('listcount', [1, 1, 2].count(1)), ('copy', d.copy() == d), ('fromkeys', {}.fromkeys(['a'], 0)), ('setops', set([1, 2]).union(set([3])) | list | sort)
] -%}
{% for name, value in rows %}
{{ row(name, value) }}, {{ loop.index }} as i, '{{ loop.first }}{{ loop.last }}{{ loop.revindex0 }}{{ loop.cycle("o", "e") }}' as l
{%- if not loop.last %} union all{% endif -%}
{% else %}select 1{% endfor %}
