import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../duckdb/index.ts';
import { DeltaTable, writeDelta } from '../tables/index.ts';
import { Lake, statuses } from './lake.fixture.ts';
import { openTarget } from './open-target.ts';
import type { TargetOptions } from './target.ts';

const lake = new Lake();
beforeEach(() => lake.make());
afterEach(() => lake.remove());

describe('a run', () => {
  it('builds views, tables and files, and publishes them in one file', async () => {
    await lake.write({
      'seeds/events.csv': 'id,kind,amount\n1,buy,5.50\n2,sell,7\n',
      'models/all_events.sql': "select * from {{ ref('events') }}",
      'models/totals.sql':
        "{{ config(materialized='table') }}\nselect sum(amount) as total from {{ ref('all_events') }}",
      'models/out.sql': "{{ config(materialized='external') }}\nselect id, kind from {{ ref('all_events') }}",
    });
    const { results, published } = await lake.build();
    expect(statuses(results)).toEqual({
      events: 'success',
      all_events: 'success',
      totals: 'success',
      out: 'success',
    });
    expect(results.get('events')?.message).toBe('INSERT 2');
    expect(results.get('events')?.adapterResponse).toMatchObject({ code: 'INSERT', rows_affected: 2 });
    expect(published).toMatchObject({ published: true, generation: 1, changed: 4 });
    expect(await lake.query('select total from totals')).toEqual([['12.5']]);
    expect(await lake.query('select id, kind from out order by id')).toEqual([
      ['1', 'buy'],
      ['2', 'sell'],
    ]);
    expect((await stat(join(lake.root, 'out', 'out.parquet'))).isFile()).toBe(true);
    expect(await readdir(join(lake.root, '_boathouse', 'work'))).toEqual([]);
  });

  it('keeps the data that was there when a model fails, and says where', async () => {
    await lake.write({ 'models/out.sql': "{{ config(materialized='external') }}\nselect 1 as a" });
    await lake.build();
    const before = await readFile(join(lake.root, 'out', 'out.parquet'));
    await lake.write({
      'models/out.sql': "{{ config(materialized='external') }}\nselect cast('x' as integer) as a",
    });
    const { results } = await lake.build();
    expect(results.get('out')).toMatchObject({ status: 'error', error: { code: 'duckdb.conversion' } });
    expect(await readFile(join(lake.root, 'out', 'out.parquet'))).toEqual(before);
    expect(await lake.query('select a from out')).toEqual([['1']]);
  });

  it('reads an unselected parent from the catalog, or from its files without one', async () => {
    await lake.write({
      'models/up.sql': "{{ config(materialized='external') }}\nselect 41 as a",
      'models/down.sql': "{{ config(materialized='external') }}\nselect a + 1 as a from {{ ref('up') }}",
    });
    await lake.build({ select: ['up'] });
    expect(statuses((await lake.build({ select: ['down'] })).results)).toEqual({ down: 'success' });
    await rm(join(lake.root, 'lake.duckdb'));
    await rm(join(lake.root, '_boathouse'), { recursive: true });
    expect(statuses((await lake.build({ select: ['down'] })).results)).toEqual({ down: 'success' });
    expect(await lake.query('select a from down')).toEqual([['42']]);
    expect(await lake.query('select a from up')).toEqual([['41']]);
  });

  it('changes a table to a view and back, in place', async () => {
    for (const materialized of ['table', 'view', 'external', 'incremental', 'view']) {
      await lake.write({
        'models/m.sql': `{{ config(materialized='${materialized}') }}\nselect '${materialized}' as what`,
      });
      const { results } = await lake.build();
      expect(statuses(results)).toEqual({ m: 'success' });
      expect(await lake.query('select what from m')).toEqual([[materialized]]);
    }
    expect((await stat(join(lake.root, 'lake.duckdb'))).size).toBeLessThan(1_000_000);
  });

  it('publishes nothing when nothing changed but what is the same', async () => {
    await lake.write({ 'models/v.sql': 'select 1 as a' });
    await lake.build();
    const { published } = await lake.build({ select: [] });
    expect(published).toMatchObject({ published: false, generation: 1 });
  });
});

describe('external relations', () => {
  it('keep the columns of a result without rows, in every format', async () => {
    const select = "select 1 as id, 2.50::decimal(5,2) as amount, 'x' as kind where false";
    await lake.write({
      'models/p.sql': `{{ config(materialized='external') }}\n${select}`,
      'models/c.sql': `{{ config(materialized='external', format='csv') }}\n${select}`,
      'models/j.sql': `{{ config(materialized='external', format='json') }}\n${select}`,
      'models/parts.sql': `{{ config(materialized='external', options={'partition_by': 'kind'}) }}\n${select}`,
    });
    const { results } = await lake.build();
    expect(new Set(Object.values(statuses(results)))).toEqual(new Set(['success']));
    for (const name of ['p', 'c', 'j', 'parts']) {
      expect(await lake.query(`select count(*) from ${name}`)).toEqual([['0']]);
      const types = await lake.query(`select column_name, column_type from (describe ${name}) order by 1`);
      expect(types).toEqual([
        ['amount', 'DECIMAL(5,2)'],
        ['id', 'INTEGER'],
        ['kind', 'VARCHAR'],
      ]);
    }
    const raw = await Database.open({});
    const session = await raw.session();
    expect((await session.query(`select count(*) from '${lake.root}/out/p.parquet'`)).rows).toEqual([[0n]]);
    await raw.close();
  });

  it('replace a partitioned folder whole, while a reader of the old generation goes on', async () => {
    const model = (rows: string): Record<string, string> => ({
      'models/parts.sql': `{{ config(materialized='external', options={'partition_by': 'kind', 'overwrite_or_ignore': true}) }}\nselect * from (values ${rows}) as t(id, kind)`,
    });
    await lake.write(model("(1, 'a'), (2, 'b')"));
    await lake.build();
    const reader = await Database.open({ path: join(lake.root, 'lake.duckdb'), readOnly: true });
    const session = await reader.session();
    await lake.write(model("(3, 'a')"));
    await lake.build();
    expect((await session.query('select id, kind from parts order by id')).rows).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    await reader.close();
    expect(await lake.query('select id, kind from parts')).toEqual([['3', 'a']]);
    expect(await readdir(join(lake.root, 'out', 'parts'))).toEqual(['kind=a']);
  });

  it('refuse to replace a folder that holds what no relation wrote', async () => {
    await lake.write({
      'out/parts/notes.txt': 'mine',
      'models/parts.sql':
        "{{ config(materialized='external', options={'partition_by': 'kind'}) }}\nselect 1 as id, 'a' as kind",
    });
    const { results } = await lake.build();
    expect(results.get('parts')?.error?.code).toBe('targets.external-overlap');
    expect(await readFile(join(lake.root, 'out/parts/notes.txt'), 'utf8')).toBe('mine');
  });
});

describe('Delta tables', () => {
  it('are written by external, table and incremental models, and read by what follows', async () => {
    await lake.write({
      'models/d.sql': "{{ config(materialized='external', format='delta') }}\nselect 1 as id, 'x' as s",
      'models/t.sql':
        "{{ config(materialized='table', file_format='delta', location='lake/t') }}\nselect * from {{ ref('d') }}",
      'models/i.sql': `{{ config(materialized='incremental', format='delta', location='lake/i') }}
select {{ var('batch') }} as batch {% if is_incremental() %} where {{ var('batch') }} > (select max(batch) from {{ this }}) {% endif %}`,
    });
    expect(statuses((await lake.build({ vars: { batch: 1 } })).results)).toEqual({
      d: 'success',
      t: 'success',
      i: 'success',
    });
    await lake.build({ vars: { batch: 2 } });
    await lake.build({ vars: { batch: 2 } });
    expect(await lake.query('select batch from i order by 1')).toEqual([['1'], ['2']]);
    expect(await lake.query('select id, s from t')).toEqual([['1', 'x']]);
    expect((await DeltaTable.open(join(lake.root, 'lake/t'))).version).toBe(2);
    expect((await stat(join(lake.root, 'out/d.delta/_delta_log'))).isDirectory()).toBe(true);
  });

  it('are sources, by delta_scan and by the plugin, as they were when the run began to read them', async () => {
    await writeDelta(join(lake.root, 'landing/prices'), [{ symbol: 'A', price: 1.5 }], { mode: 'overwrite' });
    await lake.write({
      'models/sources.yml': `sources:
  - name: landing
    tables:
      - name: prices
        meta: {external_location: "delta_scan('${lake.root}/landing/prices')"}
      - name: plugged
        config: {plugin: delta, delta_table_path: "landing/prices"}
`,
      'models/bronze.sql':
        "{{ config(materialized='external') }}\nselect * from {{ source('landing', 'prices') }}",
      'models/other.sql': "select * from {{ source('landing', 'plugged') }}",
    });
    const { results } = await lake.build();
    expect(statuses(results)).toEqual({ bronze: 'success', other: 'success' });
    expect(await lake.query('select symbol, price from bronze')).toEqual([['A', '1.5']]);
    expect(await lake.query('select symbol, price from other')).toEqual([['A', '1.5']]);
  });

  it.each([
    ['table', "materialized='table'"],
    ['file', "materialized='external'"],
    ['Delta table', "materialized='external', format='delta'"],
  ])('name their file that is damaged, whose rows become a %s', async (_, config) => {
    const landing = join(lake.root, 'landing/prices');
    await writeDelta(landing, { sql: "select range as id, repeat('x', 100) || range as s from range(2000)" });
    const [file = ''] = (await readdir(landing)).filter((name) => name.endsWith('.parquet'));
    const bytes = await readFile(join(landing, file));
    bytes.fill(255, 40, 440);
    await writeFile(join(landing, file), bytes);
    await lake.write({
      'models/m.sql': `{{ config(${config}) }}\nselect * from delta_scan('${landing}')`,
    });
    const { results } = await lake.build();
    expect(results.get('m')).toMatchObject({ status: 'error', error: { code: 'tables.damaged-file' } });
    expect(results.get('m')?.message).toContain(file);
  });
});

describe('tests of data', () => {
  it('count what they find, judge it, and keep it when asked', async () => {
    await lake.write({
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
    const { results } = await lake.build();
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
    expect(await lake.query('select * from main_dbt_test__audit.unique_m_id')).toEqual([['1', '2']]);
  });
});

describe('macros of the user', () => {
  it('decide where files go and how models are materialized', async () => {
    await lake.write({
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
      expect(statuses((await lake.build()).results)).toEqual({ out: 'success', own: 'success' });
      expect((await stat(join(lake.root, 'elsewhere/out.parquet'))).isFile()).toBe(true);
      expect(await lake.query('select a, note from own')).toEqual([['1', 'hello']]);
    }
  });
});

describe('runs at once', () => {
  it('take turns when they keep tables, and lose nothing', async () => {
    await lake.write({
      'models/a.sql': "{{ config(materialized='table') }}\nselect 'a' as who",
      'models/b.sql': "{{ config(materialized='table') }}\nselect 'b' as who",
      'models/v.sql': "{{ config(materialized='external') }}\nselect 'v' as who",
    });
    const waits: string[] = [];
    const onNotice: TargetOptions['onNotice'] = (notice) => {
      if (notice.kind === 'waiting') waits.push(notice.lease);
    };
    await Promise.all(['a', 'b', 'v'].map((name) => lake.build({ select: [name], onNotice })));
    expect(waits.some((lease) => lease.startsWith('tables-'))).toBe(true);
    for (const name of ['a', 'b', 'v']) expect(await lake.query(`select who from ${name}`)).toEqual([[name]]);
  });

  it('never wait for a run that keeps tables when they only touch files', async () => {
    await lake.write({
      'models/t.sql': "{{ config(materialized='table') }}\nselect 1 as a",
      'models/v.sql': "{{ config(materialized='external') }}\nselect 2 as a",
    });
    await lake.build();
    const compilation = await lake.compile();
    const keeping = await openTarget(compilation);
    await keeping.prepare(['model.shop.t']);
    await keeping.runNode('model.shop.t');
    const { published } = await lake.build({ select: ['v'], lockTimeoutMs: 1000 });
    expect(published.published).toBe(true);
    expect((await keeping.publish()).published).toBe(true);
    await keeping.close();
    expect(await lake.query('select t.a, v.a from t, v')).toEqual([['1', '2']]);
  });
});

describe('a plan', () => {
  it('is what runs, and runs nothing', async () => {
    await lake.write({ 'models/out.sql': "{{ config(materialized='external') }}\nselect 1 as a" });
    const target = await openTarget(await lake.compile(), { writes: false });
    const kinds = (await target.plan('model.shop.out')).map(({ kind }) => kind);
    await target.close();
    expect(kinds).toEqual(['begin', 'stage-external', 'view-external', 'swap-external', 'commit']);
    expect(await readdir(lake.root)).not.toContain('lake.duckdb');
  });
});
