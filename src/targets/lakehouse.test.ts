import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Compilation, compileProject } from '../compiler/index.ts';
import { Database, formatSqlValue } from '../duckdb/index.ts';
import { DeltaTable, writeDelta } from '../tables/index.ts';
import { openTarget } from './open-target.ts';
import { type FixtureOptions, fixtureProject } from './project.fixture.ts';
import type { NodeResult, PublishResult, Target, TargetOptions } from './target.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'boathouse-target-'));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

interface RunOptions extends TargetOptions {
  readonly fullRefresh?: boolean;
  readonly select?: readonly string[];
  readonly vars?: Record<string, unknown>;
  readonly project?: FixtureOptions;
  readonly args?: Record<string, unknown>;
}

async function compile(options: RunOptions = {}): Promise<Compilation> {
  const env = process.env;
  const vars = options.vars ?? {};
  const project = await fixtureProject(root, { vars, ...options.project });
  return await compileProject(project, {
    invocation: {
      id: `run-${Math.random()}`,
      startedAt: new Date(),
      command: 'build',
      args: options.args ?? {},
      threads: 2,
      fullRefresh: options.fullRefresh ?? false,
      vars,
      flags: {},
      env,
    },
    // Concurrent builds of one process would share the temporary names of the parse cache.
    targetPath: join(root, `target-${Math.random()}`),
  });
}

/** Builds the selected nodes, all of them unless given, in graph order, and publishes. */
async function build(
  options: RunOptions = {},
): Promise<{ readonly results: Map<string, NodeResult>; readonly published: PublishResult }> {
  const compilation = await compile(options);
  const ids = compilation.graph.order.filter((id) => {
    const node = compilation.manifest.nodes[id];
    return node && node.config.materialized !== 'ephemeral' && (options.select?.includes(node.name) ?? true);
  });
  compilation.invocation.selectedResources = ids;
  const target: Target = await openTarget(compilation, options);
  try {
    await target.prepare(ids);
    const results = new Map<string, NodeResult>();
    for (const id of ids) {
      const result = await target.runNode(id);
      results.set(compilation.manifest.nodes[id]?.name ?? id, result);
    }
    return { results, published: await target.publish() };
  } finally {
    await target.close();
  }
}

/** What the published file says, as anybody's DuckDB would read it. */
async function query(sql: string): Promise<string[][]> {
  const database = await Database.open({ path: join(root, 'lake.duckdb'), readOnly: true });
  try {
    const session = await database.session();
    const { columns, rows } = await session.query(sql);
    return rows.map((row) => row.map((value, index) => formatSqlValue(value, columns[index]?.sqlType)));
  } finally {
    await database.close();
  }
}

function statuses(results: ReadonlyMap<string, NodeResult>): Record<string, string> {
  return Object.fromEntries(
    [...results].map(([name, result]) => [name, result.error?.message ?? result.status]),
  );
}

describe('a run', () => {
  it('builds views, tables and files, and publishes them in one file', async () => {
    await write({
      'seeds/events.csv': 'id,kind,amount\n1,buy,5.50\n2,sell,7\n',
      'models/all_events.sql': "select * from {{ ref('events') }}",
      'models/totals.sql':
        "{{ config(materialized='table') }}\nselect sum(amount) as total from {{ ref('all_events') }}",
      'models/out.sql': "{{ config(materialized='external') }}\nselect id, kind from {{ ref('all_events') }}",
    });
    const { results, published } = await build();
    expect(statuses(results)).toEqual({
      events: 'success',
      all_events: 'success',
      totals: 'success',
      out: 'success',
    });
    expect(results.get('events')?.message).toBe('CREATE 2');
    expect(results.get('events')?.adapterResponse).toMatchObject({ code: 'CREATE', rows_affected: 2 });
    expect(published).toMatchObject({ published: true, generation: 1, changed: 4 });
    expect(await query('select total from totals')).toEqual([['12.5']]);
    expect(await query('select id, kind from out order by id')).toEqual([
      ['1', 'buy'],
      ['2', 'sell'],
    ]);
    expect((await stat(join(root, 'out', 'out.parquet'))).isFile()).toBe(true);
    expect(await readdir(join(root, '_boathouse', 'work'))).toEqual([]);
  });

  it('keeps the data that was there when a model fails, and says where', async () => {
    await write({ 'models/out.sql': "{{ config(materialized='external') }}\nselect 1 as a" });
    await build();
    const before = await readFile(join(root, 'out', 'out.parquet'));
    await write({
      'models/out.sql': "{{ config(materialized='external') }}\nselect cast('x' as integer) as a",
    });
    const { results } = await build();
    expect(results.get('out')).toMatchObject({ status: 'error', error: { code: 'duckdb.conversion' } });
    expect(await readFile(join(root, 'out', 'out.parquet'))).toEqual(before);
    expect(await query('select a from out')).toEqual([['1']]);
  });

  it('reads an unselected parent from the catalog, or from its files without one', async () => {
    await write({
      'models/up.sql': "{{ config(materialized='external') }}\nselect 41 as a",
      'models/down.sql': "{{ config(materialized='external') }}\nselect a + 1 as a from {{ ref('up') }}",
    });
    await build({ select: ['up'] });
    expect(statuses((await build({ select: ['down'] })).results)).toEqual({ down: 'success' });
    await rm(join(root, 'lake.duckdb'));
    await rm(join(root, '_boathouse'), { recursive: true });
    expect(statuses((await build({ select: ['down'] })).results)).toEqual({ down: 'success' });
    expect(await query('select a from down')).toEqual([['42']]);
    expect(await query('select a from up')).toEqual([['41']]);
  });

  it('changes a table to a view and back, in place', async () => {
    for (const materialized of ['table', 'view', 'external', 'incremental', 'view']) {
      await write({
        'models/m.sql': `{{ config(materialized='${materialized}') }}\nselect '${materialized}' as what`,
      });
      const { results } = await build();
      expect(statuses(results)).toEqual({ m: 'success' });
      expect(await query('select what from m')).toEqual([[materialized]]);
    }
    expect((await stat(join(root, 'lake.duckdb'))).size).toBeLessThan(1_000_000);
  });

  it('publishes nothing when nothing changed but what is the same', async () => {
    await write({ 'models/v.sql': 'select 1 as a' });
    await build();
    const { published } = await build({ select: [] });
    expect(published).toMatchObject({ published: false, generation: 1 });
  });
});

describe('external relations', () => {
  it('keep the columns of a result without rows, in every format', async () => {
    const select = "select 1 as id, 2.50::decimal(5,2) as amount, 'x' as kind where false";
    await write({
      'models/p.sql': `{{ config(materialized='external') }}\n${select}`,
      'models/c.sql': `{{ config(materialized='external', format='csv') }}\n${select}`,
      'models/j.sql': `{{ config(materialized='external', format='json') }}\n${select}`,
      'models/parts.sql': `{{ config(materialized='external', options={'partition_by': 'kind'}) }}\n${select}`,
    });
    const { results } = await build();
    expect(new Set(Object.values(statuses(results)))).toEqual(new Set(['success']));
    for (const name of ['p', 'c', 'j', 'parts']) {
      expect(await query(`select count(*) from ${name}`)).toEqual([['0']]);
      const types = await query(`select column_name, column_type from (describe ${name}) order by 1`);
      expect(types).toEqual([
        ['amount', 'DECIMAL(5,2)'],
        ['id', 'INTEGER'],
        ['kind', 'VARCHAR'],
      ]);
    }
    const raw = await Database.open({});
    const session = await raw.session();
    expect((await session.query(`select count(*) from '${root}/out/p.parquet'`)).rows).toEqual([[0n]]);
    await raw.close();
  });

  it('replace a partitioned folder whole, while a reader of the old generation goes on', async () => {
    const model = (rows: string): Record<string, string> => ({
      'models/parts.sql': `{{ config(materialized='external', options={'partition_by': 'kind', 'overwrite_or_ignore': true}) }}\nselect * from (values ${rows}) as t(id, kind)`,
    });
    await write(model("(1, 'a'), (2, 'b')"));
    await build();
    const reader = await Database.open({ path: join(root, 'lake.duckdb'), readOnly: true });
    const session = await reader.session();
    await write(model("(3, 'a')"));
    await build();
    expect((await session.query('select id, kind from parts order by id')).rows).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    await reader.close();
    expect(await query('select id, kind from parts')).toEqual([['3', 'a']]);
    expect(await readdir(join(root, 'out', 'parts'))).toEqual(['kind=a']);
  });

  it('refuse to replace a folder that holds what no relation wrote', async () => {
    await write({
      'out/parts/notes.txt': 'mine',
      'models/parts.sql':
        "{{ config(materialized='external', options={'partition_by': 'kind'}) }}\nselect 1 as id, 'a' as kind",
    });
    const { results } = await build();
    expect(results.get('parts')?.error?.code).toBe('targets.external-overlap');
    expect(await readFile(join(root, 'out/parts/notes.txt'), 'utf8')).toBe('mine');
  });
});

describe('Delta tables', () => {
  it('are written by external, table and incremental models, and read by what follows', async () => {
    await write({
      'models/d.sql': "{{ config(materialized='external', format='delta') }}\nselect 1 as id, 'x' as s",
      'models/t.sql':
        "{{ config(materialized='table', file_format='delta', location='lake/t') }}\nselect * from {{ ref('d') }}",
      'models/i.sql': `{{ config(materialized='incremental', format='delta', location='lake/i') }}
select {{ var('batch') }} as batch {% if is_incremental() %} where {{ var('batch') }} > (select max(batch) from {{ this }}) {% endif %}`,
    });
    expect(statuses((await build({ vars: { batch: 1 } })).results)).toEqual({
      d: 'success',
      t: 'success',
      i: 'success',
    });
    await build({ vars: { batch: 2 } });
    await build({ vars: { batch: 2 } });
    expect(await query('select batch from i order by 1')).toEqual([['1'], ['2']]);
    expect(await query('select id, s from t')).toEqual([['1', 'x']]);
    expect((await DeltaTable.open(join(root, 'lake/t'))).version).toBe(2);
    expect((await stat(join(root, 'out/d.delta/_delta_log'))).isDirectory()).toBe(true);
  });

  it('are sources, by delta_scan and by the plugin, as they were when the run began to read them', async () => {
    await writeDelta(join(root, 'landing/prices'), [{ symbol: 'A', price: 1.5 }], { mode: 'overwrite' });
    await write({
      'models/sources.yml': `sources:
  - name: landing
    tables:
      - name: prices
        meta: {external_location: "delta_scan('${root}/landing/prices')"}
      - name: plugged
        config: {plugin: delta, delta_table_path: "landing/prices"}
`,
      'models/bronze.sql':
        "{{ config(materialized='external') }}\nselect * from {{ source('landing', 'prices') }}",
      'models/other.sql': "select * from {{ source('landing', 'plugged') }}",
    });
    const { results } = await build();
    expect(statuses(results)).toEqual({ bronze: 'success', other: 'success' });
    expect(await query('select symbol, price from bronze')).toEqual([['A', '1.5']]);
    expect(await query('select symbol, price from other')).toEqual([['A', '1.5']]);
  });
});

describe('incremental models on tables', () => {
  const model = (config: string, body: string): Record<string, string> => ({
    'models/inc.sql': `{{ config(materialized='incremental', ${config}) }}\n${body}`,
  });
  const rows =
    "select * from (values {% if var('batch') == 1 %}(1, 'a'), (2, 'b'){% else %}(2, 'B'), (3, 'C'){% endif %}) as t(id, s)";

  it.each([
    ['append', "incremental_strategy='append'", ['1a', '2B', '2b', '3C']],
    ['delete and insert', "unique_key='id'", ['1a', '2B', '3C']],
    ['delete and insert by several keys', "unique_key=['id']", ['1a', '2B', '3C']],
    ['merge', "unique_key='id', incremental_strategy='merge'", ['1a', '2B', '3C']],
    [
      'merge some columns',
      "unique_key='id', incremental_strategy='merge', merge_exclude_columns=['s']",
      ['1a', '2b', '3C'],
    ],
  ])('%s', async (_, config, expected) => {
    await write(model(config, rows));
    await build({ vars: { batch: 1 } });
    expect(statuses((await build({ vars: { batch: 2 } })).results)).toEqual({ inc: 'success' });
    expect((await query('select id || s from inc order by id, s')).flat()).toEqual(expected);
    await build({ vars: { batch: 2 }, fullRefresh: true });
    expect((await query('select id || s from inc order by id')).flat()).toEqual(['2B', '3C']);
  });

  it.each([
    ['ignore', [['1'], ['2']]],
    [
      'append_new_columns',
      [
        ['1', 'NULL'],
        ['2', 'new'],
      ],
    ],
    [
      'sync_all_columns',
      [
        ['1', 'NULL'],
        ['2', 'new'],
      ],
    ],
  ])('answer a new column with %s', async (answer, expected) => {
    const body = "select {{ var('batch') }} as id {% if var('batch') == 2 %}, 'new' as extra{% endif %}";
    await write(model(`on_schema_change='${answer}'`, body));
    await build({ vars: { batch: 1 } });
    expect(statuses((await build({ vars: { batch: 2 } })).results)).toEqual({ inc: 'success' });
    expect(await query('select * from inc order by id')).toEqual(expected);
  });

  it('leave the table as it was when they fail halfway', async () => {
    await write(model("unique_key='id', post_hook='select error(1)'", rows));
    const failing = await build({ vars: { batch: 1 } });
    expect(failing.results.get('inc')?.status).toBe('error');
    await write(model("unique_key='id'", rows));
    await build({ vars: { batch: 1 } });
    await write(model("unique_key='id', post_hook='select error(1)'", rows));
    expect((await build({ vars: { batch: 2 } })).results.get('inc')?.status).toBe('error');
    expect((await query('select id || s from inc order by id')).flat()).toEqual(['1a', '2b']);
  });
});

describe('snapshots', () => {
  const snapshot = (config: string): Record<string, string> => ({
    'snapshots/people.sql': `{% snapshot people_states %}
{{ config(unique_key='id', ${config}) }}
{% if var('batch') == 1 %}
select * from (values (1, 'ann', timestamp '2025-01-01'), (2, 'bob', timestamp '2025-01-01')) as t(id, name, ts)
{% else %}
select * from (values (1, 'anna', timestamp '2025-02-01'), (3, 'cat', timestamp '2025-02-01')) as t(id, name, ts)
{% endif %}
{% endsnapshot %}`,
  });
  const states =
    'select id, name, dbt_valid_from::date, dbt_valid_to is null as is_current from people_states order by id, name';

  it.each([
    ['timestamp', "strategy='timestamp', updated_at='ts'", 'true'],
    [
      'timestamp, closing what is gone',
      "strategy='timestamp', updated_at='ts', hard_deletes='invalidate'",
      'false',
    ],
    ['check', "strategy='check', check_cols=['name'], updated_at='ts'", 'true'],
  ])('keep every state by %s', async (_, config, bobIsCurrent) => {
    await write(snapshot(config));
    await build({ vars: { batch: 1 } });
    for (let time = 0; time < 2; time += 1) {
      expect(statuses((await build({ vars: { batch: 2 } })).results)).toEqual({ people_states: 'success' });
      expect(await query(states)).toEqual([
        ['1', 'ann', '2025-01-01', 'false'],
        ['1', 'anna', '2025-02-01', 'true'],
        ['2', 'bob', '2025-01-01', bobIsCurrent],
        ['3', 'cat', '2025-02-01', 'true'],
      ]);
    }
  });

  it('follow what is gone by a state that says so, once', async () => {
    await write(snapshot("strategy='timestamp', updated_at='ts', hard_deletes='new_record'"));
    await build({ vars: { batch: 1 } });
    await build({ vars: { batch: 2 } });
    await build({ vars: { batch: 2 } });
    const bob = 'select dbt_is_deleted, dbt_valid_to is null from people_states where id = 2 order by 1';
    expect(await query(bob)).toEqual([
      ['False', 'false'],
      ['True', 'true'],
    ]);
    await build({ vars: { batch: 1 } });
    expect(await query(bob)).toEqual([
      ['False', 'false'],
      ['False', 'true'],
      ['True', 'false'],
    ]);
  });
});

describe('microbatch models', () => {
  it('replace stretches of time, and see only their part of their parents', async () => {
    const files = (rows: string): Record<string, string> => ({
      'models/events.sql': `{{ config(event_time='ts') }}\nselect * from (values ${rows}) as t(n, ts)`,
      'models/daily.sql': `{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day', batch_size='day', begin='2025-01-01') }}
select ts::date as day, sum(n) as total, (select count(*) from {{ ref('events') }}) as seen from {{ ref('events') }} group by 1`,
    });
    const between = (start: string, end: string): RunOptions => ({
      args: { event_time_start: start, event_time_end: end },
    });
    await write(
      files(
        "(1, timestamp '2025-01-01 10:00'), (2, timestamp '2025-01-01 11:00'), (5, timestamp '2025-01-02 10:00')",
      ),
    );
    expect(statuses((await build(between('2025-01-01', '2025-01-03'))).results)).toEqual({
      events: 'success',
      daily: 'success',
    });
    const daily = 'select day, total, seen from daily order by day';
    expect(await query(daily)).toEqual([
      ['2025-01-01', '3', '2'],
      ['2025-01-02', '5', '1'],
    ]);
    await write(files("(9, timestamp '2025-01-02 10:00'), (7, timestamp '2025-01-03 10:00')"));
    await build(between('2025-01-02', '2025-01-04'));
    expect(await query(daily)).toEqual([
      ['2025-01-01', '3', '2'],
      ['2025-01-02', '9', '1'],
      ['2025-01-03', '7', '1'],
    ]);
  });
});

describe('tests of data', () => {
  it('count what they find, judge it, and keep it when asked', async () => {
    await write({
      'models/m.sql': "{{ config(materialized='table') }}\nselect * from (values (1), (1), (null)) as t(id)",
      'models/m.yml': `models:
  - name: m
    columns:
      - name: id
        tests:
          - unique: {config: {store_failures: true}}
          - not_null: {config: {severity: warn}}
          - accepted_values: {values: [1], quote: false}
`,
    });
    const { results } = await build();
    const found = [...results.values()].filter((result) => result.uniqueId.startsWith('test.'));
    const shown = found.map(({ uniqueId, status, message, failures }) => [
      uniqueId.split('.')[2],
      status,
      message,
      failures,
    ]);
    expect(shown.sort()).toEqual([
      ['accepted_values_m_id__False__1', 'pass', '', 0],
      ['not_null_m_id', 'warn', 'Got 1 result, configured to warn if != 0', 1],
      ['unique_m_id', 'fail', 'Got 1 result, configured to fail if != 0', 1],
    ]);
    expect(await query('select * from main_dbt_test__audit.unique_m_id')).toEqual([['1', '2']]);
  });
});

describe('macros of the user', () => {
  it('decide where files go and how models are materialized', async () => {
    await write({
      'macros/external_location.sql':
        "{% macro external_location(relation, config) %}{{ return('elsewhere/' ~ model['alias'] ~ '.' ~ config.get('format', 'parquet')) }}{% endmacro %}",
      'macros/mine.sql': `{% materialization mine, adapter='duckdb' %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set existing = load_cached_relation(this) -%}
  {% if existing is not none %}{% do adapter.drop_relation(existing) %}{% endif %}
  {{ run_hooks(pre_hooks) }}
  {% call statement('main') %} create table {{ target_relation }} as select *, '{{ config.get("note") }}' as note from ({{ sql }}) {% endcall %}
  {{ run_hooks(post_hooks) }}
  {% do adapter.commit() %}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}`,
      'models/out.sql': "{{ config(materialized='external') }}\nselect 1 as a",
      'models/own.sql': "{{ config(materialized='mine', note='hello') }}\nselect a from {{ ref('out') }}",
    });
    for (let time = 0; time < 2; time += 1) {
      expect(statuses((await build()).results)).toEqual({ out: 'success', own: 'success' });
      expect((await stat(join(root, 'elsewhere/out.parquet'))).isFile()).toBe(true);
      expect(await query('select a, note from own')).toEqual([['1', 'hello']]);
    }
  });
});

describe('runs at once', () => {
  it('take turns when they keep tables, and lose nothing', async () => {
    await write({
      'models/a.sql': "{{ config(materialized='table') }}\nselect 'a' as who",
      'models/b.sql': "{{ config(materialized='table') }}\nselect 'b' as who",
      'models/v.sql': "{{ config(materialized='external') }}\nselect 'v' as who",
    });
    const waits: string[] = [];
    const onNotice: TargetOptions['onNotice'] = (notice) => {
      if (notice.kind === 'waiting') waits.push(notice.lease);
    };
    await Promise.all(['a', 'b', 'v'].map((name) => build({ select: [name], onNotice })));
    expect(waits.some((lease) => lease.startsWith('tables-'))).toBe(true);
    for (const name of ['a', 'b', 'v']) expect(await query(`select who from ${name}`)).toEqual([[name]]);
  });

  it('never wait for a run that keeps tables when they only touch files', async () => {
    await write({
      'models/t.sql': "{{ config(materialized='table') }}\nselect 1 as a",
      'models/v.sql': "{{ config(materialized='external') }}\nselect 2 as a",
    });
    await build();
    const compilation = await compile();
    const keeping = await openTarget(compilation);
    await keeping.prepare(['model.shop.t']);
    await keeping.runNode('model.shop.t');
    const { published } = await build({ select: ['v'], lockTimeoutMs: 1000 });
    expect(published.published).toBe(true);
    expect((await keeping.publish()).published).toBe(true);
    await keeping.close();
    expect(await query('select t.a, v.a from t, v')).toEqual([['1', '2']]);
  });
});

describe('a plan', () => {
  it('is what runs, and runs nothing', async () => {
    await write({ 'models/out.sql': "{{ config(materialized='external') }}\nselect 1 as a" });
    const target = await openTarget(await compile(), { writes: false });
    const kinds = (await target.plan('model.shop.out')).map(({ kind }) => kind);
    await target.close();
    expect(kinds).toEqual(['begin', 'stage-external', 'view-external', 'swap-external', 'commit']);
    expect(await readdir(root)).not.toContain('lake.duckdb');
  });
});
