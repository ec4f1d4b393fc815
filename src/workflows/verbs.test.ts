/** The verbs on a real project: the one that `init` writes. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunEvent } from '../runner/index.ts';
import {
  build,
  compile,
  debug,
  init,
  ls,
  parse,
  plan,
  query,
  type RunResult,
  run,
  runOperation,
  seed,
  show,
  test,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'boathouse-verbs-'));
const projectDir = join(folder, 'shop');
const here = { projectDir, profilesDir: projectDir, env: {} };
const put = (path: string, text: string): void => writeFileSync(join(projectDir, path), text);
const artifact = (path: string): string => readFileSync(join(projectDir, 'target', path), 'utf8');

function states({ results }: RunResult): Record<string, string> {
  return Object.fromEntries(results.map((r) => [r.uniqueId.split('.')[2] ?? '', r.status]));
}

async function rows(sql: string): Promise<(string | null)[][]> {
  return (await query({ ...here, sql })).rows.map((row) => row.map((cell) => cell.text));
}

beforeAll(() => init({ folder: projectDir }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a new project', () => {
  it('builds, passes its tests and is published', async () => {
    const events: RunEvent[] = [];
    const result = await build({ ...here, emit: (event) => events.push(event) });
    expect(result.counts).toEqual({ pass: 11, warn: 0, error: 0, skip: 0, noOp: 0, total: 11 });
    expect(result.published).toMatchObject({ published: true, path: join(projectDir, 'shop.duckdb') });
    expect(events[0]?.kind).toBe('invoked');
    expect(events.at(-1)?.kind).toBe('run-finished');
    expect(await rows('select day, revenue from gold.daily_revenue order by day')).toEqual([
      ['2026-01-01', '52.50'],
      ['2026-01-02', '9.90'],
      ['2026-01-03', '84.49'],
    ]);
  });

  it('leaves dbt’s artifacts and a log', () => {
    const results = JSON.parse(artifact('run_results.json')) as { results: { status: string }[] };
    expect(results.results).toHaveLength(11);
    expect(Object.keys(JSON.parse(artifact('manifest.json')) as object)).toContain('child_map');
    expect(artifact('compiled/shop/models/gold/daily_revenue.sql')).toContain('"shop"."silver"."orders"');
    expect(artifact('run/shop/models/gold/daily_revenue.sql')).toMatch(/create .*table/i);
    expect(readFileSync(join(projectDir, 'logs/boathouse.log'), 'utf8')).toContain('"LogModelResult"');
  });

  it('can be asked through Jinja names as well', async () => {
    expect(await rows("select count(*) from {{ ref('orders') }}")).toEqual([['8']]);
  });

  it('runs only what each verb is about', async () => {
    expect(Object.keys(states(await seed(here))).sort()).toEqual(['raw_customers', 'raw_orders']);
    expect(states(await run({ ...here, select: ['daily_revenue'] }))).toEqual({ daily_revenue: 'success' });
    expect(states(await test({ ...here, select: ['revenue_is_positive'] }))).toEqual({
      revenue_is_positive: 'pass',
    });
  });

  it('is listed, parsed, compiled, shown and planned', async () => {
    expect(
      (await ls({ ...here, select: ['+daily_revenue'], resourceTypes: ['model'] })).map((r) => r.selector),
    ).toEqual(['shop.bronze.bronze_orders', 'shop.gold.daily_revenue', 'shop.silver.orders']);
    const [revenue] = await ls({ ...here, select: ['daily_revenue'], columnLineage: true });
    expect(revenue?.columnLineage).toMatchObject({
      orders: [],
      revenue: [{ unique_id: 'model.shop.orders', column: 'amount' }],
    });
    expect(revenue?.node).toHaveProperty('column_lineage');
    expect(Object.keys((await parse(here)).manifest.nodes)).toHaveLength(11);
    expect(JSON.parse(artifact('perf_info.json'))).toMatchObject({
      is_partial_parse_enabled: true,
      projects: [{ project_name: 'shop' }],
    });
    const inline = await compile({ ...here, inline: "select * from {{ ref('orders') }}" });
    expect(inline.compiled[0]?.code).toBe('select * from "shop"."silver"."orders"');
    const [shown, ...others] = await show({ ...here, select: ['daily_revenue'], limit: 2 });
    expect(others).toEqual([]);
    expect(shown).toMatchObject({ name: 'daily_revenue', truncated: true });
    expect(shown?.rows).toHaveLength(2);
    const direct = await show({ ...here, inlineDirect: "select '{{ 1 }}' as text" });
    expect(direct[0]?.rows).toMatchObject([[{ text: '{{ 1 }}' }]]);
    const plans = await plan({ ...here, select: ['daily_revenue'] });
    expect(plans.map(({ uniqueId }) => uniqueId)).toContain('model.shop.daily_revenue');
    expect(plans[0]?.text).toMatch(/create .*table/i);
  });

  it('passes every check of debug', async () => {
    const { checks, ok } = await debug(here);
    expect(checks.filter((check) => !check.ok)).toEqual([]);
    expect(ok).toBe(true);
  });
});

describe('a build', () => {
  it('contains a failure: descendants are skipped, the rest is built, old data stays', async () => {
    put('models/gold/wrong.sql', "select nothing_like_it\nfrom {{ ref('orders') }}");
    put('models/gold/after_wrong.sql', "select * from {{ ref('wrong') }}");
    try {
      const result = await build({ ...here, select: ['wrong+', 'daily_revenue'] });
      expect(states(result)).toMatchObject({
        wrong: 'error',
        after_wrong: 'skipped',
        daily_revenue: 'success',
      });
      const { error } = result.results.find((r) => r.uniqueId === 'model.shop.wrong') ?? {};
      expect(error?.location).toMatchObject({
        file: join(projectDir, 'models/gold/wrong.sql'),
        line: 1,
        column: 8,
      });
    } finally {
      rmSync(join(projectDir, 'models/gold/wrong.sql'));
      rmSync(join(projectDir, 'models/gold/after_wrong.sql'));
    }
  });

  it('holds back what reads data that a test rejects, and keeps the rows when asked', async () => {
    put('models/silver/checked.sql', "select * from {{ ref('orders') }}");
    put('models/gold/reads_checked.sql', "select count(*) as n from {{ ref('checked') }}");
    put('tests/nothing_refunded.sql', "select order_id from {{ ref('checked') }} where status = 'refunded'");
    try {
      const result = await build({ ...here, select: ['checked+'], storeFailures: true });
      expect(states(result)).toEqual({
        checked: 'success',
        nothing_refunded: 'fail',
        reads_checked: 'skipped',
      });
      expect(await rows('select * from dbt_test__audit.nothing_refunded')).toEqual([['4']]);
      const again = await test({ ...here, select: ['nothing_refunded'], warnError: true });
      expect(again.counts.error).toBe(1);
    } finally {
      for (const file of [
        'models/silver/checked.sql',
        'models/gold/reads_checked.sql',
        'tests/nothing_refunded.sql',
      ])
        rmSync(join(projectDir, file));
    }
  });

  it('stops cleanly: running queries are interrupted, results are written', async () => {
    put(
      'models/gold/slow.sql',
      'select count(*) as n from range(100000) a(x), range(100000) b(y) where (a.x * b.y) % 7 = 3',
    );
    try {
      const stop = new AbortController();
      const startedMs = Date.now();
      const result = await build({
        ...here,
        select: ['slow'],
        signal: stop.signal,
        emit: (event) => {
          if (event.kind === 'node-started') setTimeout(() => stop.abort(), 200);
        },
      });
      expect(result).toMatchObject({ interrupted: true, counts: { skip: 1, total: 1 } });
      expect(Date.now() - startedMs).toBeLessThan(20_000);
      expect(artifact('run_results.json')).toContain('"skipped"');
    } finally {
      rmSync(join(projectDir, 'models/gold/slow.sql'));
    }
  });

  it('says nothing was selected by finishing with nothing', async () => {
    const result = await build({ ...here, select: ['tag:none_has_it'] });
    expect(result.counts.total).toBe(0);
    expect(result.published).toBeUndefined();
  });

  it('counts warnings of the project as errors under warn-error', async () => {
    put('models/gold/odd.sql', "{{ config(materialised='table') }} select 1 as a");
    try {
      await expect(build({ ...here, select: ['odd'], warnError: true })).rejects.toThrow(/materialised/);
    } finally {
      rmSync(join(projectDir, 'models/gold/odd.sql'));
    }
  });
});

describe('runOperation', () => {
  it('calls a macro with arguments of every shape, and keeps what it made', async () => {
    put(
      'macros/make.sql',
      `{% macro make(name, of, more=none) %}
         {% do run_query("create or replace table " ~ name ~ " as select " ~ of['n'] ~ " as n, " ~ (more is none)) %}
         {{ print('made ' ~ name ~ ' ' ~ of['list'][1]) }}
       {% endmacro %}`,
    );
    const printed: string[] = [];
    const args = { name: 'main.made', of: { n: 7, list: ['a', "it's {{ here }}"] }, more: null };
    const emit = (event: RunEvent): void => {
      if (event.kind === 'message' && event.printed) printed.push(event.text);
    };
    await runOperation({ ...here, macro: 'make', args, emit });
    expect(printed).toEqual(["made main.made it's {{ here }}"]);
    expect(await rows('select n from main.made')).toEqual([['7']]);
  });

  it('suggests the nearest macro', async () => {
    await expect(runOperation({ ...here, macro: 'mak' })).rejects.toMatchObject({
      code: 'workflows.macro-missing',
      hint: "Did you mean 'make'?",
    });
  });
});

describe('init', () => {
  it('refuses a folder with files, and leaves them', async () => {
    await expect(init({ folder: projectDir })).rejects.toMatchObject({ code: 'workflows.folder-not-empty' });
    expect(existsSync(join(projectDir, 'dbt_project.yml'))).toBe(true);
  });

  it('refuses a name that is none', async () => {
    await expect(init({ folder: join(folder, '1st shop!') })).rejects.toMatchObject({
      code: 'workflows.bad-project-name',
    });
  });
});
