/** How fresh sources are: by a column, a query, the Delta log, files; and what was loaded since. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeDelta } from '../tables/index.ts';
import { ls, sourceFreshness } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'boathouse-freshness-'));
const here = { projectDir: root, profilesDir: root, env: {}, logPath: null };

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

beforeAll(async () => {
  put(
    'dbt_project.yml',
    `name: fresh
version: "1"
profile: fresh
on-run-start:
  - create or replace table main.loads as select 1 as id, now() - interval 2 hour as loaded, date '2024-01-01' as day
`,
  );
  put('profiles.yml', 'fresh:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: fresh.duckdb}\n');
  put('data/new.csv', 'id\n1\n');
  put('data/old.csv', 'id\n1\n');
  utimesSync(join(root, 'data/old.csv'), new Date('2020-01-01'), new Date('2020-01-01'));
  await writeDelta(join(root, 'lake/events'), [{ id: 1 }]);
  put(
    'models/sources.yml',
    `sources:
  - name: raw
    schema: main
    config: {freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 1, period: day}}}
    tables:
      - {name: column, identifier: loads, config: {loaded_at_field: loaded}}
      - {name: query, identifier: loads, config: {loaded_at_query: "select max(loaded) + interval 2 hour from {{ this }}"}}
      - {name: lake, config: {meta: {external_location: "delta_scan('lake/events')"}}}
      - {name: file, config: {meta: {external_location: "data/new.csv"}}}
      - {name: files, config: {meta: {external_location: "data/o*.csv"}}}
      - {name: day, identifier: loads, config: {loaded_at_field: day}}
      - {name: nothing, identifier: loads}
      - {name: gone, config: {loaded_at_field: loaded}}
      - {name: unchecked, identifier: loads, config: {freshness: null}}
`,
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('source freshness', () => {
  it('holds ages against thresholds, and says why it can’t', async () => {
    const { sources, counts, path } = await sourceFreshness(here);
    const found = Object.fromEntries(
      sources.map((one) => [one.uniqueId.split('.').at(-1), one.error?.code ?? one.status]),
    );
    expect(found).toEqual({
      column: 'warn',
      query: 'pass',
      lake: 'pass',
      file: 'pass',
      files: 'error',
      day: 'workflows.bad-load-time',
      nothing: 'workflows.no-load-time',
      gone: expect.stringMatching(/^duckdb\./) as unknown,
    });
    expect(counts).toMatchObject({ pass: 3, warn: 1, error: 4 });
    const { results, metadata } = JSON.parse(readFileSync(path, 'utf8')) as {
      metadata: { dbt_schema_version: string };
      results: { unique_id: string; status: string; max_loaded_at_time_ago_in_s: number; criteria: object }[];
    };
    expect(metadata.dbt_schema_version).toBe('https://schemas.getdbt.com/dbt/sources/v3.json');
    const column = results.find(({ unique_id }) => unique_id === 'source.fresh.raw.column');
    expect(column).toMatchObject({ status: 'warn', criteria: { error_after: { count: 1, period: 'day' } } });
    expect(column?.max_loaded_at_time_ago_in_s).toBeCloseTo(7200, -2);
    expect(results.map(({ unique_id }) => unique_id)).not.toContain('source.fresh.raw.gone');
  });

  it('tells which sources were loaded since an earlier look', async () => {
    await sourceFreshness({ ...here, select: ['source:raw.lake', 'source:raw.file'] });
    mkdirSync(join(root, 'before'));
    renameSync(join(root, 'target/sources.json'), join(root, 'before/sources.json'));
    await expect(ls({ ...here, select: ['source_status:fresher'], state: 'before' })).rejects.toMatchObject({
      code: 'compiler.no-state',
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeDelta(join(root, 'lake/events'), [{ id: 2 }], { mode: 'append' });
    await sourceFreshness({ ...here, select: ['source:raw.lake', 'source:raw.file'] });
    const fresher = await ls({ ...here, select: ['source_status:fresher'], state: 'before' });
    expect(fresher.map(({ name }) => name)).toEqual(['raw.lake']);
  });
});
