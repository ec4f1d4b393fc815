{% macro lit(x) %}'{{ (x | string).replace("'", "''") }}'{% endmacro %}
{% macro row(name, value) %}select {{ lit(name) }} as name, {{ lit(value) }} as value{% endmacro %}
{% macro rec(n) %}{% if n > 0 %}{{ n }},{{ rec(n - 1) }}{% endif %}{% endmacro %}
{% macro args(a, b=2) %}{{ a }}|{{ b }}|{{ varargs }}|{{ kwargs }}{% endmacro %}
{% macro wrap(open) %}{{ open }}{{ caller('x') }}{{ caller(1) }}{% endmacro %}
{% macro early(x) %}{% for i in range(10) %}{% if i == x %}{{ return(['found', i]) }}{% endif %}{% endfor %}{% endmacro %}
{% macro as_value(f, x) %}{{ f(x) }}{% endmacro %}
{% macro twice(x) %}{{ x ~ x }}{% endmacro %}
{% macro show_all() %}
  {% do print(tojson({'b': 1, 'a': [none, true, 1.5, 'é']})) %}
  {% do print(toyaml({'a': [1, {'b': none}], 'c': 'text: x'})) %}
  {% do print(fromjson('{"x": [1, 2.5, null, true]}')) %}
  {% do print(fromyaml('a: [1, yes, 2020-01-01]\nb: ~')) %}
  {% do print(modules.datetime.datetime(2020, 1, 2, 3, 4, 5).strftime('%Y/%m/%d %H:%M:%S %j %a %b')) %}
  {% do print(modules.datetime.date(2024, 2, 28) + modules.datetime.timedelta(days=2)) %}
  {% do print(modules.re.sub('(a)(b)?', '<\\1>', 'abacab')) %}
  {% do print(modules.re.findall('[0-9]+', 'a1b22c333')) %}
  {% do print(modules.pytz.timezone('Asia/Singapore').localize(modules.datetime.datetime(2020, 1, 1)).isoformat()) %}
  {% do print(dbt_version is string) %}{% do print(target.type ~ ' ' ~ target.name ~ ' ' ~ target.schema ~ ' ' ~ target.threads) %}
  {% set t = run_query("select * from (values (1, 'x', 1.50::decimal(4,2), null, date '2020-01-01', true), (2, 'y', 2.25, 3, date '2021-01-01', false)) t(a, b, c, d, e, f)") %}
  {% do print(t.columns[1].values()) %}{% do print(t.column_names) %}{% do print(t.rows[0]) %}{% do print(t.rows[0]['c']) %}{% do print(t.rows | length) %}
  {% do print(t.columns['a'].values() | sum) %}{% for r in t %}{% do print(r.a ~ r['b'] ~ r[3]) %}{% endfor %}{% do t.print_table() %}
  {% do print(t.rename(column_names={'a': 'z'}).column_names) %}
  {% do print(adapter.get_columns_in_relation(ref('values')) | map(attribute='name') | list) %}
  {% for c in adapter.get_columns_in_relation(ref('typed')) %}{% do print([c.name, c.column, c.quoted, c.dtype, c.data_type, c.is_string(), c.is_numeric(), c.is_float(), c.is_integer(), c.is_number()]) %}{% endfor %}
  {% set rel = adapter.get_relation(database=target.database, schema=target.schema, identifier='values') %}
  {% do print([rel.is_view, rel.is_table, rel.name, rel.schema, rel | string, rel.include(database=false) | string, rel.quote(identifier=false) | string, rel.without_identifier() | string]) %}
  {% do print(adapter.get_relation('no', 'no', 'no') is none) %}
  {% do print(api.Relation.create(database='d', schema='s', identifier='i', type='table')) %}
  {% do print(api.Relation.create(identifier='i').render()) %}
  {% do print(api.Column('a', 'varchar', 20).data_type) %}{% do print(api.Column.translate_type('string')) %}{% do print(api.Column.numeric_type('numeric', 3, 1)) %}
  {% do print(adapter.quote('x y')) %}{% do print(adapter.type()) %}{% do print(adapter.check_schema_exists(target.database, 'main')) %}
  {% do print(graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | map(attribute='name') | sort | join(' ')) %}
  {% do print(graph.sources | length) %}{% do print(graph.nodes['model.jinja.values'].config.materialized) %}
  {% do print(dbt_metadata_envs) %}{% do print(local_md5('x')) %}{% do print(set([1, 2, 2]) | length) %}{% do print(zip([1, 2], ['a', 'b']) | list) %}
  {% do print(diff_of_two_dicts({'a': ['x', 'y']}, {'a': ['x']})) %}
  {% do print(flags.FULL_REFRESH ~ flags.WHICH) %}{% do print(execute) %}
  {% call statement('st', fetch_result=true) %}select 1 as one, 'two' as two{% endcall %}
  {% set res = load_result('st') %}{% do print(res.data) %}{% do print(res.table.columns[0].name) %}{% do print(res['response']) %}
{% endmacro %}
