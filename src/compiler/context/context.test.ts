import { describe, expect, it } from 'vitest';
import { Dict, hostFunction, mapScope, parseTemplate, type Value } from '../../jinja/index.ts';
import type { ExistingRelation, Warehouse, WarehouseSession, WarehouseTable } from '../warehouse.ts';
import { buildContext } from './build-context.ts';
import type { ContextInput, ContextKind } from './input.ts';
import { Relation } from './relation.ts';

const said: string[] = [];

const result: WarehouseTable = {
  columns: [
    { name: 'a', type: 'INTEGER' },
    { name: 'b', type: 'VARCHAR' },
    { name: 'c', type: 'DECIMAL(2,1)' },
  ],
  rows: [
    [1, 'x', { kind: 'decimal', text: '2.5' }],
    [2, 'y', { kind: 'decimal', text: '3.5' }],
    [3, 'x', null],
  ],
};

const orders: ExistingRelation = { database: 'db', schema: 'main', identifier: 'orders', kind: 'table' };

/** An engine of one table that writes down what it was asked. */
function fakeSession(asked: string[]): WarehouseSession {
  return {
    execute: async (sql, { fetch }) => {
      asked.push(`${fetch ? 'fetch' : 'run'} ${sql}`);
      return {
        response: { message: 'OK', rowsAffected: 3 },
        table: fetch ? result : { columns: [], rows: [] },
      };
    },
    begin: async () => void asked.push('begin'),
    commit: async () => void asked.push('commit'),
    rollback: async () => void asked.push('rollback'),
    describe: async () => [
      { name: 'a', type: 'INTEGER' },
      { name: 's', type: 'STRUCT(x INTEGER, "y z" VARCHAR)' },
    ],
    columnsOf: async (name) =>
      name.identifier === 'orders'
        ? [
            { name: 'id', type: 'BIGINT' },
            { name: 'amount', type: 'DECIMAL(12,2)' },
            { name: 'note', type: 'VARCHAR' },
          ]
        : [{ name: 'id', type: 'BIGINT' }],
    relation: async (name) => (name.identifier.toLowerCase() === 'orders' ? orders : undefined),
    relations: async () => [orders],
    schemas: async () => ['main', 'other'],
    createSchema: async (database, schema) => void asked.push(`create schema ${database}.${schema}`),
    dropSchema: async (database, schema) => void asked.push(`drop schema ${database}.${schema}`),
    dropRelation: async (relation) => void asked.push(`drop ${relation.kind} ${relation.identifier}`),
    renameRelation: async (from, to) =>
      void asked.push(`rename ${from.kind} ${from.identifier} to ${to.identifier}`),
    truncateRelation: async (relation) => void asked.push(`truncate ${relation.identifier}`),
    interrupt: () => undefined,
    release: async () => undefined,
  };
}

const warehouse: Pick<Warehouse, 'engineVersion' | 'locationExists'> = {
  engineVersion: '1.5.5',
  locationExists: async (location) => location === 'here',
};

function inputOf(kind: ContextKind, asked: string[], config: Record<string, Value> = {}): ContextInput {
  return {
    kind,
    invocation: {
      id: 'run-1',
      startedAt: new Date('2024-05-06T07:08:09Z'),
      command: 'build',
      args: { which: 'build', vars: {} },
      fullRefresh: true,
      flags: { STORE_FAILURES: true },
      env: { SHELL_NAME: 'sh', DBT_ENV_CUSTOM_ENV_TEAM: 'data', DBT_ENV_SECRET_KEY: 'hidden' },
    },
    project: {
      name: 'shop',
      root: '/shop',
      version: '1.0',
      packages: [{ name: 'tools', root: '/shop/tools', version: '2.1' }],
      vars: { known: 7 },
      cliVars: {},
      dispatchOrder: (namespace) => (namespace === undefined ? [undefined] : ['shop', namespace]),
    },
    target: {
      profileName: 'shop',
      name: 'dev',
      type: 'duckdb',
      schema: 'main',
      database: 'db',
      threads: 4,
      externalRoot: 'lake',
      extra: { path: 'db.duckdb' },
    },
    packageName: 'shop',
    model: {
      version: null,
      unique_id: 'model.shop.orders',
      name: 'orders',
      alias: 'orders',
      fqn: ['shop', 'gold', 'orders'],
    },
    self: Relation.of({ database: 'db', schema: 'main', identifier: 'orders' }),
    manifest: undefined,
    names: {
      ref: ({ name, packageName, version }) => `<${packageName ?? ''}.${name}.${version ?? ''}>`,
      source: (source, table) => `<${source}.${table}>`,
      doc: (name) => `docs of ${name}`,
      variable: (name) => (name === 'known' ? 7 : undefined),
    },
    macros: {
      find: (name, packageName) =>
        ['duckdb__shout', 'default__whisper'].includes(name) && packageName !== 'shop'
          ? hostFunction(name, ([text]) => `${name}(${String(text)})`)
          : undefined,
    },
    messages: {
      log: (text, info) => said.push(`${info ? 'info' : 'log'} ${text}`),
      print: (text) => said.push(text),
      warn: (text) => said.push(`warn ${text}`),
    },
    config: {
      record: (entries) => said.push(`config ${[...entries.keys()].join(',')}`),
      get: (name) => config[name],
      meta: () => ({ owner: 'finance' }),
      persistDocs: { relation: true, columns: false },
    },
    session: kind === 'parse' ? undefined : fakeSession(asked),
    warehouse: warehouse as Warehouse,
    selectedResources: ['model.shop.orders'],
  };
}

async function evaluate(text: string, kind: ContextKind = 'execute', config: Record<string, Value> = {}) {
  said.length = 0;
  const asked: string[] = [];
  const scope = mapScope(buildContext(inputOf(kind, asked, config)));
  const template = parseTemplate(/\{[{%]/.test(text) ? text : `{{ ${text} }}`, { file: 'm.sql' });
  const undefinedMode = kind === 'parse' ? 'lenient' : 'strict';
  const printed =
    kind === 'parse'
      ? template.renderSync(scope, { undefined: undefinedMode })
      : await template.render(scope, { undefined: undefinedMode });
  return { printed: printed.trim(), asked, said: [...said] };
}

const relation = "api.Relation.create(database='d', schema='s', identifier='i', type='table')";

describe('a relation', () => {
  it.each([
    ['', '"d"."s"."i"'],
    ['.include(database=false)', '"s"."i"'],
    ['.quote(identifier=false)', '"d"."s".i'],
    [".incorporate(path={'identifier': 'z'})", '"d"."s"."z"'],
    [".incorporate(type='view').is_view", 'True'],
    [".replace_path(identifier='q')", '"d"."s"."q"'],
    ['.without_identifier()', '"d"."s"'],
    ['.information_schema()', '"d".INFORMATION_SCHEMA'],
    [".information_schema('columns')", '"d".INFORMATION_SCHEMA.columns'],
    [".matches(identifier='I')", 'True'],
    ['.path', "Path(database='d', schema='s', identifier='i')"],
    ['.quote_policy', 'Policy(database=True, schema=True, identifier=True)'],
    ['.type', 'table'],
    ['.is_table', 'True'],
    ['.name', 'i'],
    [".get('metadata').type", 'DuckDBRelation'],
    [' is mapping', 'True'],
    [".incorporate(path={'table': 'z'}, colour='red')", '"d"."s"."i"'],
    [' is iterable', 'False'],
  ])('%s', async (suffix, printed) => {
    expect((await evaluate(relation + suffix)).printed).toBe(printed);
  });

  it('compares by what it is', async () => {
    expect((await evaluate(`${relation} == ${relation}`)).printed).toBe('True');
    expect((await evaluate(`${relation}.include(schema=false) == ${relation}`)).printed).toBe('False');
    expect((await evaluate(`${relation} in [${relation}]`)).printed).toBe('True');
  });

  it('prints inside a list as Python would', async () => {
    expect((await evaluate(`[${relation}]`)).printed).toBe('[<DuckDBRelation "d"."s"."i">]');
  });

  it('is limited for --empty, and reads files where it stands for some', () => {
    const empty = Relation.of({ schema: 's', identifier: 'i', limit: 0 });
    expect(empty.str()).toBe('(select * from "s"."i" where false limit 0)');
    expect(empty.render()).toBe('"s"."i"');
    expect(Relation.of({ identifier: 'i', external: "read_csv('a.csv')" }).str()).toBe("read_csv('a.csv')");
  });

  it('refuses a part it does not have', async () => {
    await expect(evaluate(`${relation}.replace_path(colour='red')`)).rejects.toThrow(/colour/);
  });
});

describe('a column', () => {
  it.each([
    ["api.Column.create('x', 'string').dtype", 'TEXT'],
    ["api.Column.create('x', 'varchar').data_type", 'character varying(256)'],
    ["api.Column.create('x', 'HUGEINT').is_integer()", 'True'],
    ["api.Column.create('x', 'DOUBLE').is_float()", 'True'],
    ["api.Column.create('x', 'DECIMAL(12,2)').is_numeric()", 'False'],
    ["api.Column.from_description('x', 'DECIMAL(12,2)').data_type", 'DECIMAL(12,2)'],
    ["api.Column.from_description('x', 'VARCHAR(10)').string_size()", '10'],
    ["api.Column.translate_type('integer')", 'integer'],
    ["api.Column.numeric_type('decimal', 3, 2)", 'decimal(3,2)'],
    ["api.Column('x', 'varchar', 20).can_expand_to(api.Column('x', 'varchar', 30))", 'True'],
    ["api.Column.create('x', 'integer').literal(3)", '3::integer'],
    ["api.Column.create('x', 'integer').quoted", '"x"'],
    [
      "api.Column.create('x', 'integer')",
      "DuckDBColumn(column='x', dtype='integer', char_size=None, numeric_precision=None, numeric_scale=None, fields=[])",
    ],
  ])('%s', async (expression, printed) => {
    expect((await evaluate(expression)).printed).toBe(printed);
  });
});

describe('a result', () => {
  const table = "{% set t = adapter.execute('q', fetch=true)[1] %}";
  it.each([
    ['t.columns[0].values()', '(1, 2, 3)'],
    ["t.columns['b'].values() | list", "['x', 'y', 'x']"],
    ['t.columns[2].values()', "(Decimal('2.5'), Decimal('3.5'), None)"],
    ['t.columns[2].values_without_nulls()', "(Decimal('2.5'), Decimal('3.5'))"],
    ["t.columns['b'].values_distinct() | length", '2'],
    ['t.columns.keys()', "('a', 'b', 'c')"],
    ['t.columns[0]', '<agate.Column: (1, 2, 3)>'],
    ['t.rows[0]', "<agate.Row: (1, 'x', Decimal('2.5'))>"],
    ["t.rows[0]['a'] ~ t.rows[0][1] ~ t.rows[0].c", '1x2.5'],
    ['t.rows[0].values()', "(1, 'x', Decimal('2.5'))"],
    ['t.rows[1:] | length', '2'],
    ['t.rows[0].dict().keys() | list', "['a', 'b', 'c']"],
    ['t.column_names', "('a', 'b', 'c')"],
    ['t | length', '3'],
    ['t.row_names', 'None'],
    ["t.select(['a']).column_names", "('a',)"],
    ["t.exclude(['a']).column_names", "('b', 'c')"],
    ["t.order_by('a', reverse=true).columns[0].values()", '(3, 2, 1)'],
    ['t.limit(2).columns[0].values()', '(1, 2)'],
    ["t.distinct('b').columns[0].values()", '(1, 2)'],
    ["t.rename({'a': 'z'}).column_names", "('z', 'b', 'c')"],
    ["t.rename(['z', 'y', 'w']).column_names", "('z', 'y', 'w')"],
    ["t.group_by('b').keys()", "('x', 'y')"],
    ["t.group_by('b')['x'].columns['a'].values()", '(1, 3)'],
    ["t.join(t.select(['b']).distinct('b').rename({'b': 'k'}), 'b', 'k').column_names", "('a', 'b', 'c')"],
  ])('%s', async (expression, printed) => {
    expect((await evaluate(`${table}{{ ${expression} }}`)).printed).toBe(printed);
  });

  it('prints itself as a grid, and its structure as text', async () => {
    const printed = await evaluate(`${table}{% do t.print_table() %}{{ t }}`);
    expect(printed.said).toEqual([
      '| a | b |   c |',
      '| - | - | --- |',
      '| 1 | x | 2.5 |',
      '| 2 | y | 3.5 |',
      '| 3 | x |     |',
    ]);
    expect(printed.printed).toBe(
      '| column | data_type |\n| ------ | --------- |\n| a      | Integer   |\n| b      | Text      |\n| c      | Number    |',
    );
  });

  it('is stored by name and loaded once', async () => {
    const stored = `{% set r, t = adapter.execute('q', fetch=true) %}{% do store_result('one', r, t) %}`;
    const text = `${stored}{% set l = load_result('one') %}{{ l.table.columns[0].values() }} {{ l['response'] }} {{ l.data[0][0] }} {{ load_result('none') }}`;
    expect((await evaluate(text)).printed).toBe('(1, 2, 3) OK 1 None');
    await expect(evaluate(`${stored}{% do load_result('one') %}{% do load_result('one') %}`)).rejects.toThrow(
      /loaded/,
    );
  });
});

describe('adapter', () => {
  it.each([
    ["adapter.get_relation('db', 'main', 'ORDERS')", '"db"."main"."orders"'],
    ["adapter.get_relation('db', 'main', 'none')", 'None'],
    ['adapter.get_columns_in_relation(this) | map(attribute="name") | join(",")', 'id,amount,note'],
    ["adapter.get_missing_columns(this, this.incorporate(path={'identifier': 'x'})) | length", '2'],
    ["adapter.get_column_schema_from_query('q') | map(attribute='name') | join(',')", 'a,s.x,s.y z'],
    ["adapter.check_schema_exists('db', 'MAIN')", 'True'],
    ["adapter.quote('a')", '"a"'],
    ['adapter.type()', 'duckdb'],
    ["adapter.dispatch('shout', 'dbt')('a')", 'duckdb__shout(a)'],
    ["adapter.dispatch('whisper')('a')", 'default__whisper(a)'],
    ["adapter.location_exists('here') ~ adapter.location_exists('there')", 'TrueFalse'],
    ['adapter.external_root()', 'lake'],
    ['adapter.escape_sql_string("it\'s")', "it''s"],
    ["adapter.get_hard_deletes_behavior({'invalidate_hard_deletes': true})", 'invalidate'],
    ["adapter.parse_index({'columns': ['a'], 'unique': true}).unique", 'True'],
    ["adapter.parse_index({'columns': ['a']})", "DuckDBIndexConfig(columns=['a'], unique=False)"],
    [
      "api.Column('x', 'STRUCT(a INTEGER, b TEXT)').fields | map(attribute='dtype') | list",
      "['INTEGER', 'TEXT']",
    ],
    ['thread_id', 'Thread-1 (worker)'],
  ])('%s', async (expression, printed) => {
    expect((await evaluate(expression)).printed).toBe(printed);
  });

  it.each([
    ['adapter.drop_relation(this)', 'drop table orders'],
    ["adapter.rename_relation(this, this.incorporate(path={'identifier': 'n'}))", 'rename table orders to n'],
    ['adapter.create_schema(this)', 'create schema db.main'],
    ['adapter.truncate_relation(this)', 'truncate orders'],
    ['adapter.commit()', 'commit'],
  ])('%s asks the engine', async (expression, asked) => {
    expect((await evaluate(`{% do ${expression} %}`)).asked).toEqual([asked]);
  });

  it('answers nothing while parsing, and dispatches all the same', async () => {
    const text =
      "{{ adapter.get_relation('a','b','c') }} {{ adapter.get_columns_in_relation(this) }} {{ adapter.execute('q')[1].rows | length }} {{ adapter.dispatch('shout')('x') }} {{ execute }}";
    expect((await evaluate(text, 'parse')).printed).toBe('None [] 0 duckdb__shout(x) False');
  });

  it('says where it searched for a macro', async () => {
    await expect(evaluate("adapter.dispatch('nothing', 'dbt')()")).rejects.toThrow(
      /shop\.duckdb__nothing, shop\.default__nothing, dbt\.duckdb__nothing/,
    );
  });

  it.each([
    ["'a/b.csv', {}", 'format csv, header 1', 'a/b.csv'],
    ["'a/b', {'partition_by': 'x, y'}", 'partition_by (x, y), format parquet', 'a/b/*/*/*.parquet'],
    ["'a/b.csv.gz', {}", 'format csv, compression gzip, header 1', 'a/b.csv.gz'],
    [
      "'a/b', {'format': 'json', 'per_thread_output': 'true'}",
      'format json, per_thread_output true',
      'a/b/*.json',
    ],
    ["'a/b', {'delimiter': '|'}", "delimiter '|', format csv, header 1", 'a/b'],
    ["'a/b.csv', {'null': 'NA', 'header': 'false'}", "null 'NA', header false, format csv", 'a/b.csv'],
  ])('writes to and reads from %s', async (args, options, location) => {
    expect((await evaluate(`adapter.external_write_options(${args})`)).printed).toBe(options);
    expect((await evaluate(`adapter.external_read_location(${args})`)).printed).toBe(location);
  });

  it('renders constraints', async () => {
    const columns =
      "{'b': {'name': 'b', 'data_type': 'text', 'quote': true, 'constraints': [{'type': 'unique'}, {'type': 'foreign_key', 'to': '\"d\".\"s\".\"t\"', 'to_columns': ['x']}]}}";
    expect((await evaluate(`adapter.render_raw_columns_constraints(raw_columns=${columns})`)).printed).toBe(
      `['"b" text unique references "s"."t" (x)']`,
    );
    expect(
      (
        await evaluate(
          "adapter.render_raw_model_constraints([{'type': 'unique', 'columns': ['a'], 'name': 'u'}])",
        )
      ).printed,
    ).toBe("['constraint u unique (a)']");
  });
});

describe('config', () => {
  it('is recorded while parsing, and answers with nothing', async () => {
    const parsed = await evaluate(
      "{{ config(materialized='table', tags=['a']) }}[{{ config.get('x', 1) }}]",
      'parse',
    );
    expect(parsed.said).toEqual(['config materialized,tags']);
    expect(parsed.printed).toBe('[]');
  });

  it.each([
    ["config.get('format', 'parquet')", 'csv'],
    ["config.get('none', 'initial')", 'initial'],
    ["config.get('none') is none", 'True'],
    ["config.get('options', {}).get('a')", '1'],
    ["config.get('format', validator=validation.any[basestring])", 'csv'],
    ["config.require('format')", 'csv'],
    ["config.meta_get('owner')", 'finance'],
    ['config.persist_relation_docs()', 'True'],
    ['config.persist_column_docs()', 'False'],
  ])('%s', async (expression, printed) => {
    const config = { format: 'csv', options: new Dict([['a', 1]]) };
    expect((await evaluate(expression, 'execute', config)).printed).toBe(printed);
  });

  it('refuses what is missing and what the validator refuses', async () => {
    await expect(evaluate("config.require('x')")).rejects.toThrow(/'x' is required/);
    await expect(
      evaluate("config.get('x', validator=validation.any[basestring])", 'execute', { x: 1 }),
    ).rejects.toThrow(/must be one of basestring/);
  });
});

describe('the other names', () => {
  it.each([
    ["ref('a')", '<.a.>'],
    ["ref('p', 'a', v=2)", '<p.a.2>'],
    ["builtins.ref('a')", '<.a.>'],
    ["source('s', 't')", '<s.t>'],
    ["doc('x')", 'docs of x'],
    ["var('known')", '7'],
    ["var('unknown', 'initial')", 'initial'],
    ["var('unknown', none)", 'None'],
    ["var.has_var('unknown')", 'False'],
    ["env_var('SHELL_NAME')", 'sh'],
    ["env_var('NOPE', 'initial')", 'initial'],
    ['dbt_metadata_envs', "{'TEAM': 'data'}"],
    ['target.name ~ target.path ~ target.threads', 'devdb.duckdb4'],
    ['flags.FULL_REFRESH', 'True'],
    ['flags.store_failures', 'True'],
    ['flags.WHICH', 'build'],
    ['flags.NOPE', 'None'],
    ['run_started_at.strftime("%Y-%m-%d %H:%M:%S %Z")', '2024-05-06 07:08:09 UTC'],
    ['run_started_at.astimezone(modules.pytz.timezone("Europe/Paris")).hour', '9'],
    ['invocation_id', 'run-1'],
    ['project_name', 'shop'],
    ['model.fqn[1]', 'gold'],
    ['model.version is defined', 'False'],
    ['this', '"db"."main"."orders"'],
    ['selected_resources', "['model.shop.orders']"],
    ["builtins.ref.config.dependencies['tools'].version", '2.1'],
    ['builtins.ref.config.project_name ~ builtins.ref.config.vars.to_dict()', "shop{'known': 7}"],
    ['builtins.ref.config.args.which', 'build'],
    ["builtins.ref('x')", '<.x.>'],
    ['graph.nodes | length', '0'],
    ["diff_of_two_dicts({'a': ['X', 'y']}, {'A': ['x']})", "{'a': ['y']}"],
    ["context['project_name']", 'shop'],
    ['execute', 'True'],
  ])('%s', async (expression, printed) => {
    expect((await evaluate(expression)).printed).toBe(printed);
  });

  it('logs, prints and warns where it was told to', async () => {
    const text = "{{ log('a') }}{{ log('b', info=true) }}{{ print('c') }}{{ exceptions.warn('d') }}";
    expect((await evaluate(text)).said).toEqual(['log a', 'info b', 'c', 'warn d']);
  });

  it('has no value for an unknown variable while parsing', async () => {
    expect((await evaluate("{{ var('unknown') }}", 'parse')).printed).toBe('None');
  });

  it.each([
    ["exceptions.raise_compiler_error('no ' ~ 'way')", /no way/, 'compiler.raised-by-macro'],
    ["var('unknown')", /'unknown'/, 'compiler.var-not-found'],
    ["env_var('NOPE')", /'NOPE'/, 'compiler.env-var-not-found'],
    ["env_var('DBT_ENV_SECRET_KEY')", /secret/, 'compiler.render-failed'],
    ["metric('m')", /metric/, 'compiler.bad-ref'],
    [
      "try_or_compiler_error('sorry', exceptions.raise_not_implemented, 'x')",
      /sorry/,
      'compiler.raised-by-macro',
    ],
    ["submit_python_job(model, 'x')", /python/, 'compiler.unsupported-language'],
  ])('%s points at its line', async (expression, message, code) => {
    const failed = evaluate(`\n{{ ${expression} }}`);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toMatchObject({ code, location: { file: 'm.sql', line: 2 } });
  });

  it('are few in property files', async () => {
    const scope = buildContext(inputOf('yaml', []));
    expect(scope.get('var')).toBeDefined();
    expect(scope.get('target')).toBeDefined();
    expect(scope.get('ref')).toBeUndefined();
    expect(scope.get('adapter')).toBeUndefined();
    expect(scope.get('constructor')).toBeUndefined();
  });
});

describe('the sandbox', () => {
  const reached = ['constructor', '__proto__', 'toString', 'valueOf', 'hasOwnProperty', 'prototype'];
  const objects = [
    relation,
    `${relation}.path`,
    'api.Relation',
    'api.Column',
    "api.Column.create('x', 'int')",
    'adapter',
    'adapter.get_relation',
    'config',
    'modules',
    'modules.re',
    "modules.re.compile('a')",
    "modules.re.match('a', 'a')",
    'modules.datetime.date(2024, 1, 1)',
    'modules.datetime.datetime(2024, 1, 1)',
    'modules.pytz.utc',
    'exceptions',
    'var',
    'api',
    "adapter.execute('q', fetch=true)[1]",
    "adapter.execute('q', fetch=true)[1].rows[0]",
    "adapter.execute('q', fetch=true)[1].rows[0]['c']",
  ];
  it.each(objects)('shows nothing of JavaScript on %s', async (object) => {
    for (const name of reached) {
      const seen = await evaluate(
        `{{ (${object}).${name} is defined }}{{ (${object})['${name}'] is defined }}`,
      );
      expect(seen.printed, name).toBe('FalseFalse');
    }
  });
});
