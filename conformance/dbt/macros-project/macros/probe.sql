{#- Prints one line a case: `CASE|name|what it gave`. Both sides run it, and their lines are compared. -#}
{% macro say(name, value) %}
  {%- do log('CASE|' ~ name ~ '|' ~ (value | string | replace('\n', '\\n')), info=true) -%}
{% endmacro %}

{#- The value of an SQL expression, as text. -#}
{% macro value_of(expression) %}
  {{ return((run_query('select (' ~ expression ~ ')::varchar as v').columns[0].values())[0]) }}
{% endmacro %}

{#- The rows of a query, as text, sorted. -#}
{% macro rows_of(query) %}
  {%- set found = run_query('select r::varchar as r from (' ~ query ~ ') as r order by 1') -%}
  {{ return(found.columns[0].values() | list) }}
{% endmacro %}

{% macro probe() %}
  {%- do probe_expressions() -%}
  {%- do probe_queries() -%}
  {%- do probe_names() -%}
  {%- do probe_relations() -%}
  {%- do probe_results() -%}
{% endmacro %}

{% macro probe_expressions() %}
  {%- set cases = {
    'any_value': "(select " ~ dbt.any_value('x') ~ " from (values (7), (7)) t(x))",
    'any_value_null': "(select " ~ dbt.any_value('x') ~ " from (values (null), (7)) t(x))",
    'bool_or': "(select " ~ dbt.bool_or('x > 1') ~ " from (values (1), (2)) t(x))",
    'listagg': "(select " ~ dbt.listagg('x', "'-'", 'order by x') ~ " from (values ('b'), ('a')) t(x))",
    'listagg_limit': "(select " ~ dbt.listagg('x', "','", 'order by x', 2) ~ " from (values ('b'), ('a'), ('c')) t(x))",
    'array_construct': dbt.array_construct([1, 2]),
    'array_construct_empty': dbt.array_construct([], 'varchar'),
    'array_append': dbt.array_append(dbt.array_construct([1, 2]), 3),
    'array_concat': dbt.array_concat(dbt.array_construct([1]), dbt.array_construct([2])),
    'cast': dbt.cast("'12'", api.Column.translate_type('integer')),
    'safe_cast_good': dbt.safe_cast("'12'", 'integer'),
    'cast_bool_to_text': dbt.cast_bool_to_text('1 = 1'),
    'concat': dbt.concat(["'a'", "'b'", "'c'"]),
    'hash': dbt.hash("'a'"),
    'length': dbt.length("'abc'"),
    'position': dbt.position("'b'", "'abc'"),
    'replace': dbt.replace("'aba'", "'a'", "'x'"),
    'right': dbt.right("'abc'", 2),
    'split_part': dbt.split_part("'a,b,c'", "','", 2),
    'split_part_negative': dbt.split_part("'a,b,c'", "','", -1),
    'split_part_beyond': dbt.split_part("'a,b,c'", "','", 4) ~ ' is null',
    'escape_single_quotes': "'" ~ dbt.escape_single_quotes("it's") ~ "'",
    'string_literal': dbt.string_literal('x'),
    'dateadd_day': dbt.dateadd('day', 3, "date '2024-02-27'"),
    'dateadd_month': dbt.dateadd('month', 1, "date '2024-01-31'"),
    'dateadd_negative': dbt.dateadd(datepart='year', interval=-1, from_date_or_timestamp="timestamp '2024-02-29 01:00:00'"),
    'dateadd_week': dbt.dateadd('week', 2, "date '2024-01-31'"),
    'dateadd_quarter': dbt.dateadd('quarter', '-1', "date '2024-05-31'"),
    'dateadd_fraction': dbt.dateadd('day', 1.5, "date '2024-01-31'"),
    'dateadd_expression': "(select max(" ~ dbt.dateadd('HOUR', 'n + 1', "d") ~ ") from (values (1, timestamp '2024-01-31'), (5, timestamp '2024-01-01')) t(n, d))",
    'datediff_day': dbt.datediff("'2024-01-01'::date", "'2024-03-01'::date", 'day'),
    'datediff_month': dbt.datediff("'2024-01-31'::date", "'2024-03-01'::date", 'month'),
    'datediff_hour': dbt.datediff("timestamp '2024-01-01 00:59:00'", "timestamp '2024-01-01 02:01:00'", 'hour'),
    'datediff_week': dbt.datediff("'2024-01-01'::date", "'2024-01-31'::date", 'week'),
    'datediff_week_sunday': dbt.datediff("'2024-01-07'::date", "'2024-01-08'::date", 'week'),
    'datediff_week_saturday': dbt.datediff("timestamp '2024-01-06 23:00:00'", "timestamp '2024-01-07 01:00:00'", 'week'),
    'datediff_weeks_between': "(select list(" ~ dbt.datediff("a", "b", 'week') ~ " order by a, b) from (select timestamp '2024-01-03' + interval 17 hour * i as a, timestamp '2024-01-09' - interval 13 hour * j as b from range(-20, 21) r(i), range(-20, 21) s(j)))",
    'datediff_year': dbt.datediff("'2023-12-31'::date", "'2024-01-01'::date", 'year'),
    'date_trunc': dbt.date_trunc('month', "timestamp '2024-02-27 03:00:00'"),
    'last_day': dbt.last_day("date '2024-02-10'", 'month'),
    'last_day_quarter': dbt.last_day("date '2024-02-10'", 'quarter'),
    'last_day_year': dbt.last_day("date '2024-02-10'", 'year'),
    'date': dbt.date(2024, 2, 29),
    'equals_same': "case when " ~ dbt.equals('1', '1') ~ " then 'y' else 'n' end",
    'equals_null': "case when " ~ dbt.equals('null', 'null') ~ " then 'y' else 'n' end",
    'equals_other': "case when " ~ dbt.equals('1', 'null') ~ " then 'y' else 'n' end",
    'current_timestamp': "typeof(" ~ dbt.current_timestamp() ~ ")",
    'snapshot_get_time': "typeof(" ~ snapshot_get_time() ~ ")",
    'type_string': "typeof(null::" ~ dbt.type_string() ~ ")",
    'type_timestamp': "typeof(null::" ~ dbt.type_timestamp() ~ ")",
    'type_float': "typeof(null::" ~ dbt.type_float() ~ ")",
    'type_numeric': "typeof(null::" ~ dbt.type_numeric() ~ ")",
    'type_bigint': "typeof(null::" ~ dbt.type_bigint() ~ ")",
    'type_int': "typeof(null::" ~ dbt.type_int() ~ ")",
    'type_boolean': "typeof(null::" ~ dbt.type_boolean() ~ ")",
    'snapshot_string_as_time': "typeof(" ~ snapshot_string_as_time('2024-01-02 03:04:05') ~ ")",
    'hash_arguments': snapshot_hash_arguments(["'a'", 'null', '1'])
  } -%}
  {%- for name, expression in cases.items() -%}
    {%- do say(name, value_of(expression)) -%}
  {%- endfor -%}
{% endmacro %}

{% macro probe_queries() %}
  {%- do say('generate_series', rows_of(dbt.generate_series(5))) -%}
  {%- do say('date_spine', rows_of(dbt.date_spine('day', "date '2024-02-27'", "date '2024-03-02'"))) -%}
  {%- do say('date_spine_month', rows_of(dbt.date_spine('month', "date '2024-01-01'", "date '2024-04-01'"))) -%}
  {%- do say('intervals', dbt.get_intervals_between("date '2024-01-01'", "date '2024-04-01'", 'day')) -%}
  {%- do say('powers', [1, 2, 5, 1024, 1025] | map('string') | list ~ dbt.get_powers_of_two(5) ~ dbt.get_powers_of_two(1025)) -%}
  {%- do say('except', rows_of('select 1 as a ' ~ dbt.except() ~ ' select 2')) -%}
  {%- do say('intersect', rows_of('select 1 as a ' ~ dbt.intersect() ~ ' select 1')) -%}
  {%- do say('test_unique', rows_of(test_unique("(values (1), (1), (2), (null), (null)) as t(a)", 'a'))) -%}
  {%- do say('test_not_null', rows_of(test_not_null("(values (1), (null)) as t(a)", 'a')) | length) -%}
  {%- do say('test_accepted', rows_of(test_accepted_values("(values ('x'), ('y'), ('y'), (null)) as t(a)", 'a', ['x']))) -%}
  {%- do say('test_accepted_numbers', rows_of(test_accepted_values("(values (1), (2)) as t(a)", 'a', [1], quote=false))) -%}
  {%- do say('test_relationships', rows_of(test_relationships("(values (1), (2), (null)) as t(a)", 'a', "(values (1)) as u(b)", 'b'))) -%}
  {%- do say('get_test_sql', rows_of(get_test_sql('select 1 as a union all select 2', 'count(*)', '!= 0', '> 5', none))) -%}
  {%- do say('get_test_sql_limit', rows_of(get_test_sql('select 1 as a union all select 2', 'count(*)', '> 1', '> 5', 1))) -%}
  {%- do say('empty_subquery', rows_of('select count(*) from (' ~ get_empty_subquery_sql('select 1 as a') ~ ')')) -%}
  {%- do say('empty_schema', rows_of('select count(*) from (' ~ get_empty_schema_sql({'a': {'name': 'a', 'data_type': 'integer'}, 'b': {'name': 'b', 'data_type': 'varchar', 'quote': true}}) ~ ')')) -%}
  {%- do say('columns_in_query', get_columns_in_query('select 1 as a, 2 as "b c"')) -%}
  {%- do say('column_schema', get_column_schema_from_query('select 1 as a, 1.5::decimal(3,1) as b') | map(attribute='data_type') | list) -%}
  {%- do say('limit_subquery', rows_of(get_limit_subquery_sql('select 1 as a union all select 1', 1))) -%}
{% endmacro %}

{% macro probe_names() %}
  {%- set node = {'name': 'm', 'version': none, 'config': {}, 'resource_type': 'model'} -%}
  {%- do say('schema_name', generate_schema_name(none, node) ~ ' ' ~ generate_schema_name(' x ', node)) -%}
  {%- do say('schema_name_env', generate_schema_name_for_env('x', node) | trim) -%}
  {%- do say('database_name', generate_database_name(none, node) ~ ' ' ~ generate_database_name(' x ', node)) -%}
  {%- do say('alias_name', generate_alias_name(none, node) ~ ' ' ~ generate_alias_name(' x ', node)) -%}
  {%- do say('alias_version', generate_alias_name(none, {'name': 'm', 'version': '1.2'})) -%}
  {%- do say('quoted_csv', get_quoted_csv(['a', 'b c'])) -%}
  {%- do say('merge_update_columns', get_merge_update_columns(['a', 'B'], none, [api.Column.create('a', 'int')])) -%}
  {%- do say('merge_exclude_columns', get_merge_update_columns(none, ['A'], [api.Column.create('a', 'int'), api.Column.create('b', 'int')])) -%}
  {%- do say('diff_columns', diff_columns([api.Column.create('a', 'int'), api.Column.create('b', 'int')], [api.Column.create('a', 'int')]) | map(attribute='name') | list) -%}
  {%- do say('diff_types', diff_column_data_types([api.Column.create('a', 'int')], [api.Column.create('a', 'text')])) -%}
  {%- do say('on_schema_change', incremental_validate_on_schema_change('fail') ~ incremental_validate_on_schema_change('nonsense', default='ignore')) -%}
  {%- do say('column_names', get_list_of_column_names([api.Column.create('a', 'int')])) -%}
  {%- do say('partition_range', partition_range('20240227, 20240229') ~ dates_in_range('20240227', '20240301', out_fmt='%Y-%m-%d')) -%}
  {%- do say('convert_datetime', convert_datetime('20240227', '%Y%m%d')) -%}
  {%- do say('unique_key_fields', unique_key_fields(['a', 'b']).split() | join('')) -%}
  {%- do say('strategies', adapter.valid_incremental_strategies()) -%}
  {%- do say('hooks', fromjson(before_begin('x'))['sql'] ~ fromjson(in_transaction('y'))['transaction'] ~ fromjson(after_commit('z'))['transaction']) -%}
{% endmacro %}

{% macro probe_relations() %}
  {%- set base = api.Relation.create(database='probe', schema='main', identifier='base', type='table') -%}
  {%- do say('intermediate', make_intermediate_relation(base)) -%}
  {%- do say('backup', make_backup_relation(base, 'view') ~ make_backup_relation(base, 'view').type) -%}
  {%- set temporary = make_temp_relation(base) -%}
  {%- do say('temp', temporary.identifier[:13] ~ temporary.schema ~ temporary.database) -%}
  {%- do run_query(create_table_as(true, temporary, 'select 1 as a')) -%}
  {%- do run_query('create or replace temporary table ' ~ temporary ~ ' as select 1 as a, 2 as b') -%}
  {%- do say('temp_columns', adapter.get_columns_in_relation(temporary) | map(attribute='name') | list) -%}
  {%- do adapter.drop_relation(temporary) -%}
  {%- do run_query(create_table_as(false, base, "select 1 as a, 'x'::varchar as b")) -%}
  {%- do say('created', rows_of('select * from ' ~ base)) -%}
  {%- do say('columns', adapter.get_columns_in_relation(base) | map(attribute='dtype') | list) -%}
  {%- do say('load_relation', load_relation(base) ~ load_relation(base).type) -%}
  {%- do say('load_missing', load_relation(base.incorporate(path={'identifier': 'missing'}))) -%}
  {%- set found = get_or_create_relation('probe', 'main', 'base', 'table') -%}
  {%- do say('get_or_create', found[0] ~ found[1]) -%}
  {%- set view = base.incorporate(path={'identifier': 'base_view'}, type='view') -%}
  {%- do run_query(create_view_as(view, 'select a from ' ~ base)) -%}
  {%- do say('view', rows_of('select * from ' ~ view)) -%}
  {%- set renamed = base.incorporate(path={'identifier': 'other'}) -%}
  {%- do drop_relation_if_exists(load_relation(view)) -%}
  {%- do say('dropped', load_relation(view)) -%}
  {%- do adapter.rename_relation(base, renamed) -%}
  {%- do say('renamed', load_relation(base) ~ ' ' ~ load_relation(renamed)) -%}
  {%- do alter_relation_add_remove_columns(renamed, [api.Column.create('c', 'integer')], [api.Column.create('b', 'varchar')]) -%}
  {%- do say('altered', adapter.get_columns_in_relation(renamed) | map(attribute='name') | list) -%}
  {%- do alter_column_type(renamed, 'a', 'varchar') -%}
  {#- dbt puts the column last, and we leave it where it is: the order says nothing here. -#}
  {%- do say('retyped', adapter.get_columns_in_relation(renamed) | map(attribute='dtype') | sort) -%}
  {%- do run_query(get_insert_into_sql(renamed, '(select 5 as a, 6 as c)', adapter.get_columns_in_relation(renamed))) -%}
  {%- do say('inserted', rows_of('select a, c from ' ~ renamed)) -%}
  {%- set source = base.incorporate(path={'identifier': 'incoming'}) -%}
  {%- do run_query(create_table_as(false, source, "select '5' as a, 60 as c union all select '7', 70")) -%}
  {%- set columns = adapter.get_columns_in_relation(renamed) -%}
  {%- do run_query(get_delete_insert_merge_sql(renamed, source, 'a', columns, none)) -%}
  {%- do say('delete_insert', rows_of('select a, c from ' ~ renamed)) -%}
  {%- do run_query(get_delete_insert_merge_sql(renamed, source, ['a', 'c'], columns, none)) -%}
  {%- do say('delete_insert_keys', rows_of('select a, c from ' ~ renamed)) -%}
  {%- do truncate_relation(renamed) -%}
  {%- do say('truncated', rows_of('select count(*) from ' ~ renamed)) -%}
  {%- do create_schema(api.Relation.create(database='probe', schema='extra')) -%}
  {%- do say('schema_exists', adapter.check_schema_exists('probe', 'extra')) -%}
  {%- do drop_schema(api.Relation.create(database='probe', schema='extra')) -%}
  {%- do say('schema_dropped', adapter.check_schema_exists('probe', 'extra')) -%}
  {%- do say('information_schema', information_schema_name('probe') | trim) -%}
{% endmacro %}

{% macro probe_results() %}
  {%- call statement('one', fetch_result=true) -%}select 1 as a, 2.50::decimal(5,2) as b, date '2024-01-02' as c, timestamp '2024-01-02 03:04:05' as d, [1, 2] as e, {'x': 1} as f, null as g, true as h, 1.0::double as i, 'é' as j{%- endcall -%}
  {%- set result = load_result('one') -%}
  {%- do say('result_rows', result.table.rows.values() | list) -%}
  {%- do say('result_names', result['table'].column_names) -%}
  {%- do say('result_structure', result.table) -%}
  {%- do say('result_data', result.data | length) -%}
  {%- do say('noop', load_result('nothing')) -%}
  {%- call noop_statement('quiet', 'DONE 1', 'DONE', 1) -%}select 1{%- endcall -%}
  {%- set quiet = load_result('quiet') -%}
  {%- do say('noop_statement', quiet.response ~ quiet.response.rows_affected ~ quiet.response.code) -%}
  {%- do say('tojson', tojson({'a': [1, none, 'é'], 'b': {'c': true}})) -%}
  {%- do say('toyaml', toyaml({'a': [1, none, 'x y'], 'b': {'c': true}})) -%}
  {%- do say('target', target.name ~ target.schema ~ target.database ~ target.type) -%}
  {%- do say('flags', flags.WHICH ~ flags.FULL_REFRESH) -%}
{% endmacro %}
