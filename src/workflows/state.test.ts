/** An earlier run and another environment: state:, result:, --defer, clone and retry on real projects. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  build,
  clone,
  docsGenerate,
  ls,
  query,
  type RunOptions,
  type RunResult,
  retry,
  run,
  runOperation,
} from './index.ts';

const files: Readonly<Record<string, string>> = {
  'dbt_project.yml': 'name: shop\nversion: "1"\nprofile: shop\n',
  'profiles.yml': `shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: dev.duckdb, schema: mine}
    prod: {type: duckdb, path: prod.duckdb}
    beside: {type: duckdb, path: prod.duckdb, schema: beside}
`,
  'seeds/raw.csv': 'id,amount\n1,10\n2,20\n',
  'models/base.sql': "select *, '{{ target.name }}' as made_by from {{ ref('raw') }}",
  'models/light.sql':
    "{{ config(materialized='ephemeral') }} select * from {{ ref('base') }} where amount > 10",
  'models/total.sql':
    "{{ config(materialized='table') }} select sum(amount) as total, max(made_by) as made_by from {{ ref('light') }}",
  'models/lake.sql':
    "{{ config(materialized='table', format='delta', location='lake/' ~ target.name ~ '/lake.delta') }} select * from {{ ref('raw') }}",
  'models/schema.yml': 'models:\n  - name: base\n    columns: [{name: id, data_tests: [unique]}]\n',
};

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

class Shop {
  readonly root: string;

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), 'boathouse-state-'));
    made.push(this.root);
    for (const [path, text] of Object.entries(files)) this.put(path, text);
  }

  put(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  given(more: RunOptions = {}): RunOptions {
    return { projectDir: this.root, profilesDir: this.root, env: {}, logPath: null, ...more };
  }

  keep(folder: string): string {
    cpSync(join(this.root, 'target'), join(this.root, folder), { recursive: true });
    return folder;
  }

  async rows(sql: string, target = 'dev'): Promise<readonly (readonly (string | null)[])[]> {
    return (await query({ ...this.given({ target }), sql })).rows.map((row) => row.map(({ text }) => text));
  }

  async names(select: string, more: RunOptions = {}): Promise<readonly string[]> {
    const indirectSelection = 'empty';
    return (await ls(this.given({ select: [select], indirectSelection, ...more }))).map(({ name }) => name);
  }
}

const states = ({ results }: RunResult): Record<string, string> =>
  Object.fromEntries(results.map(({ uniqueId, status }) => [uniqueId.split('.')[2] ?? '', status]));

describe('--defer', () => {
  it('reads from the other environment what is not there, through ephemeral models and from another file', async () => {
    const shop = new Shop();
    await build(shop.given({ target: 'prod' }));
    const state = shop.keep('artifacts');
    expect(states(await run(shop.given({ select: ['total'] })))).toEqual({ total: 'error' });
    expect(states(await run(shop.given({ select: ['total'], defer: true, state })))).toEqual({
      total: 'success',
    });
    expect(await shop.rows('select * from mine.total')).toEqual([['20', 'prod']]);
    // What is there is read, unless the state is favoured.
    await build(shop.given({ select: ['+base'] }));
    await run(shop.given({ select: ['total'], defer: true, state }));
    expect(await shop.rows('select made_by from mine.total')).toEqual([['dev']]);
    await run(shop.given({ select: ['total'], defer: true, favorState: true, state }));
    expect(await shop.rows('select made_by from mine.total')).toEqual([['prod']]);
    // What is selected is built here, and read here.
    await run(shop.given({ select: ['base', 'total'], defer: true, favorState: true, state }));
    expect(await shop.rows('select made_by from mine.total')).toEqual([['dev']]);
    const { nodes } = JSON.parse(readFileSync(join(shop.root, 'target/manifest.json'), 'utf8')) as {
      nodes: Record<string, { defer_relation?: { relation_name: string } }>;
    };
    expect(nodes['model.shop.base']?.defer_relation?.relation_name).toBe('"prod"."main"."base"');
  });

  it('takes its manifest from --defer-state, and says what is missing', async () => {
    const shop = new Shop();
    await build(shop.given({ target: 'prod' }));
    const deferState = shop.keep('artifacts');
    const result = await run(shop.given({ select: ['total'], defer: true, deferState }));
    expect(states(result)).toEqual({ total: 'success' });
    await expect(run(shop.given({ defer: true }))).rejects.toMatchObject({ code: 'workflows.no-deferral' });
    await expect(run(shop.given({ defer: true, state: 'nowhere' }))).rejects.toThrow(
      'Could not find manifest in --state path: "nowhere"',
    );
  });
});

describe('state and results', () => {
  it('tell what has changed since, and how it went then', async () => {
    const shop = new Shop();
    await build(shop.given());
    const state = shop.keep('artifacts');
    expect(await shop.names('state:modified', { state })).toEqual([]);
    shop.put('models/base.sql', `${files['models/base.sql']} where true`);
    shop.put('models/extra.sql', 'select 1 as x');
    expect(await shop.names('state:modified', { state })).toEqual(['base', 'extra']);
    expect(await shop.names('state:new', { state })).toEqual(['extra']);
    expect(await shop.names('state:modified.body', { state })).toEqual(['base', 'extra']);
    expect(await shop.names('result:pass', { state })).toEqual(['unique_base_id']);
    shop.put(
      'dbt_project.yml',
      `${files['dbt_project.yml']}models:\n  shop:\n    +tags: [new]\n    +schema: other\n`,
    );
    expect(await shop.names('state:modified.configs', { state })).toEqual(['extra']);
    expect(await shop.names('state:modified.relation', { state })).toContain('total');
  });

  it.each([
    ['manifest.json', '{"metadata": {"dbt_schema_ver', 'it is no JSON, or was cut short'],
    ['manifest.json', '{"metadata": {}}', 'it says nothing of its version'],
    [
      'manifest.json',
      '{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v4.json"}}',
      'its version is',
    ],
    [
      'manifest.json',
      '{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}, "nodes": []}',
      "it has no 'nodes'",
    ],
    ['run_results.json', '[]', 'it is no JSON object'],
    [
      'run_results.json',
      '{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json"}, "results": [1]}',
      'are no results',
    ],
  ])('that are torn or foreign are refused: %s %s', async (name, text, problem) => {
    const shop = new Shop();
    shop.put(`artifacts/${name}`, text);
    await expect(ls(shop.given({ select: ['state:new'], state: 'artifacts' }))).rejects.toMatchObject({
      code: 'workflows.state-unreadable',
      message: expect.stringContaining(problem) as unknown,
    });
  });

  it('say what isn’t there', async () => {
    const shop = new Shop();
    for (const select of ['state:new', 'result:error', 'source_status:fresher']) {
      await expect(ls(shop.given({ select: [select], state: 'nowhere' }))).rejects.toMatchObject({
        code: 'compiler.no-state',
      });
    }
  });
});

describe('clone', () => {
  it('makes views in the same database, copies in another, and shallow clones of Delta tables', async () => {
    const shop = new Shop();
    await build(shop.given({ target: 'prod' }));
    const state = shop.keep('artifacts');
    expect(states(await clone(shop.given({ target: 'beside', state })))).toEqual({
      raw: 'success',
      base: 'success',
      total: 'success',
      lake: 'success',
    });
    const kinds =
      "select table_name, table_type from information_schema.tables where table_schema = 'beside' order by 1";
    expect(await shop.rows(kinds, 'beside')).toEqual([
      ['base', 'VIEW'],
      ['lake', 'VIEW'],
      ['raw', 'VIEW'],
      ['total', 'VIEW'],
    ]);
    // A clone of its own: building on it leaves the original alone.
    expect(await shop.rows('select count(*) from beside.lake', 'beside')).toEqual([['2']]);
    await clone(shop.given({ state }));
    expect(
      await shop.rows("select table_type from information_schema.tables where table_name = 'base'"),
    ).toEqual([['BASE TABLE']]);
    expect(await shop.rows('select made_by from mine.base limit 1')).toEqual([['prod']]);
    const again = await clone(shop.given({ state }));
    expect(again.results.map(({ message }) => message)).toEqual(['No-op', 'No-op', 'No-op', 'No-op']);
    await expect(clone(shop.given())).rejects.toMatchObject({ code: 'workflows.no-deferral' });
  });
});

describe('retry', () => {
  it('runs what failed and what was skipped, with the options of then', async () => {
    const shop = new Shop();
    await expect(retry(shop.given())).rejects.toMatchObject({ code: 'workflows.nothing-to-retry' });
    shop.put('models/base.sql', 'select * from nowhere');
    expect(states(await build(shop.given({ target: 'beside' })))).toMatchObject({
      base: 'error',
      total: 'skipped',
      raw: 'success',
    });
    shop.put('models/base.sql', files['models/base.sql'] ?? '');
    expect(states(await retry(shop.given()))).toEqual({
      base: 'success',
      total: 'success',
      unique_base_id: 'pass',
    });
    expect(await shop.rows('select made_by from beside.total', 'beside')).toEqual([['beside']]);
    expect((await retry(shop.given())).results).toEqual([]);
  });

  it('calls a macro that failed once more, with its arguments', async () => {
    const shop = new Shop();
    const macro = (text: string): void => shop.put('macros/op.sql', `{% macro op(n) %}${text}{% endmacro %}`);
    macro("{% do run_query('select * from nowhere') %}");
    await expect(runOperation({ ...shop.given(), macro: 'op', args: { n: 3 } })).rejects.toThrow('nowhere');
    await expect(retry(shop.given())).rejects.toThrow('nowhere');
    macro("{{ print('called with ' ~ n) }}");
    const said: string[] = [];
    const emit: RunOptions['emit'] = (event) => {
      if (event.kind === 'message' && event.printed) said.push(event.text);
    };
    expect((await retry({ ...shop.given(), emit })).counts.error).toBe(0);
    expect(said).toEqual(['called with 3']);
    // It succeeded: there is nothing to do any more.
    await retry({ ...shop.given(), emit });
    expect(said).toEqual(['called with 3']);
  });

  it('compiles again what failed in docs generate', async () => {
    const shop = new Shop();
    shop.put(
      'models/base.sql',
      "{% if execute %}{{ exceptions.raise_compiler_error('no') }}{% endif %} select 1 as id",
    );
    const first = await docsGenerate(shop.given());
    const failed = first.results.filter(({ status }) => status === 'error' || status === 'skipped');
    expect(failed.map(({ uniqueId }) => uniqueId)).toContain('model.shop.base');
    shop.put('models/base.sql', files['models/base.sql'] ?? '');
    const again = await retry(shop.given());
    const ids = (results: RunResult['results']): string[] => results.map(({ uniqueId }) => uniqueId).sort();
    expect(ids(again.results)).toEqual(ids(failed));
    expect(again.counts.error).toBe(0);
  });

  it('runs the failed batches of a microbatch model, and no others', async () => {
    const shop = new Shop();
    const days = (bad: string): string =>
      `{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day', begin='2024-01-01', batch_size='day') }}
select day::timestamp as day, case when day = date '${bad}' then error('bad day') end as x, '{{ invocation_id }}' as by_run
from (values (date '2024-01-01'), (date '2024-01-02'), (date '2024-01-03')) t(day)
where day >= '{{ model.batch.event_time_start.strftime("%Y-%m-%d") if model.batch else "2024-01-01" }}'::date
  and day < '{{ model.batch.event_time_end.strftime("%Y-%m-%d") if model.batch else "2025-01-01" }}'::date`;
    shop.put('models/days.sql', days('2024-01-02'));
    const options = shop.given({
      select: ['days'],
      eventTimeStart: '2024-01-01',
      eventTimeEnd: '2024-01-04',
    });
    expect(states(await run(options))).toEqual({ days: 'partial success' });
    shop.put('models/days.sql', days('1999-01-01'));
    const again = await retry(shop.given());
    expect(states(again)).toEqual({ days: 'success' });
    const byRun = await shop.rows('select count(*) from mine.days group by by_run order by 1');
    expect(byRun).toEqual([['1'], ['2']]);
  });
});
