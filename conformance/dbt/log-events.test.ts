/**
 * The json log, beside dbt's: the same command on copies of one project with every kind of result. Whatever an
 * orchestrator reads is there for the same nodes, under the same name, code and level, with the same keys.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invoke } from '../../src/cli/index.ts';
import { dbt, noDbt } from './dbt.ts';

const files: Readonly<Record<string, string>> = {
  'dbt_project.yml': `
name: shop
version: '1.0'
profile: shop
on-run-start: ["select 1"]
on-run-end: ["select 2", "select 3"]
flags: {send_anonymous_usage_stats: false}
`,
  'profiles.yml': 'shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, threads: 1}}}',
  'seeds/raw.csv': 'id,name\n1,a\n2,b\n',
  'models/a_view.sql': "select * from {{ ref('raw') }}",
  'models/b_table.sql': "{{ config(materialized='table') }} select * from {{ ref('a_view') }}",
  'models/c_bad.sql': "select nope from {{ ref('raw') }}",
  'models/d_skipped.sql': "select * from {{ ref('c_bad') }}",
  'models/told.sql': "{{ log('told', info=true) }} {{ print('printed') }} select 1 as x",
  'models/ev.sql': `{{ config(materialized='table', event_time='ts') }}
select timestamp '2020-01-01 10:00:00' as ts union all select timestamp '2020-01-02 10:00:00'`,
  'models/mb.sql': `{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts',
  begin='2020-01-01', batch_size='day', lookback=0) }}
select * from {{ ref('ev') }}`,
  'models/s.yml': `
sources:
  - name: src
    schema: main
    loaded_at_field: ts
    freshness: {warn_after: {count: 1, period: day}}
    tables:
      - name: ev
      - {name: ev2, identifier: ev, freshness: {error_after: {count: 1, period: day}}}
      - name: gone
models:
  - name: b_table
    columns:
      - name: id
        data_tests: [unique, not_null]
      - name: name
        data_tests:
          - accepted_values: {arguments: {values: ['a']}}
          - accepted_values: {name: warny, arguments: {values: ['b']}, config: {severity: warn}}
  - name: ev
    data_tests: [{unique: {name: broken_test, arguments: {column_name: nocol}}}]
unit_tests:
  - name: ut_ok
    model: b_table
    given: [{input: ref('a_view'), rows: [{id: 1, name: x}]}]
    expect: {rows: [{id: 1, name: x}]}
exposures:
  - name: dash
    type: dashboard
    owner: {name: me, email: a@b.c}
    depends_on: [ref('told')]
`,
  'snapshots/sn.yml': `
snapshots:
  - name: sn
    relation: ref('raw')
    config: {strategy: check, check_cols: all, unique_key: id}
`,
};

interface Line {
  readonly info: {
    readonly name: string;
    readonly code: string;
    readonly level: string;
    readonly msg: string;
  };
  readonly data: Readonly<Record<string, unknown>>;
}

/** What dbt's tools, Dagster and Cosmos look for. */
const read: ReadonlySet<string> = new Set([
  ...['MainReportVersion', 'AdapterRegistered', 'FoundStats', 'ConcurrencyLine', 'NodeStart', 'LogStartLine'],
  ...[
    'LogModelResult',
    'LogTestResult',
    'LogSeedResult',
    'LogSnapshotResult',
    'LogStartBatch',
    'LogBatchResult',
  ],
  ...['LogFreshnessResult', 'LogHookStartLine', 'LogHookEndLine', 'LogNodeNoOpResult', 'SkippingDetails'],
  ...['FinishedRunningStats', 'EndOfRunSummary', 'RunResultFailure', 'RunResultError', 'RunResultWarning'],
  ...['RunResultWarningMessage', 'StatsLine', 'FreshnessCheckComplete', 'CommandCompleted', 'PrintEvent'],
  ...['NodeFinished', 'ShowNode', 'CompiledNode', 'NothingToDo', 'NoNodesForSelectionCriteria'],
]);

const folder = mkdtempSync(join(tmpdir(), 'boathouse-log-events-'));
const [theirs, ours] = [join(folder, 'dbt'), join(folder, 'boathouse')] as const;

beforeAll(() => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(theirs, path)), { recursive: true });
    writeFileSync(join(theirs, path), text);
  }
  cpSync(theirs, ours, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ofDbt(args: readonly string[]): Promise<readonly Line[]> {
  const json = ['--log-format', 'json', '--log-level', 'debug'];
  const printed = await dbt(theirs, ...json, ...args).catch(
    (error: { stdout?: string }) => error.stdout ?? '',
  );
  const lines = printed.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Line);
}

async function ofUs(args: readonly string[]): Promise<readonly Line[]> {
  const printed: string[] = [];
  const place = ['--project-dir', ours, '--profiles-dir', ours];
  await invoke(['--log-format', 'json', '--log-level', 'debug', ...args, ...place], {
    onOutput: (text) => printed.push(text),
  });
  const lines = printed
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Line);
}

/** What is said, of which node, with which keys; in no order, since which of two ready nodes comes first is anybody's. */
function said(lines: readonly Line[], without: readonly string[]): readonly string[] {
  const all = lines
    .filter(({ info }) => read.has(info.name) && !without.includes(info.name))
    .map(({ info: { name, code, level }, data }) => {
      const node = data['node_info'] as Record<string, unknown> | undefined;
      const about = [node?.['unique_id'], node?.['node_status'], node?.['materialized'], node?.['node_path']];
      const facts = [
        data['status'],
        data['description'],
        data['statement'],
        data['stats'],
        data['stat_line'],
      ];
      // At the end of all dbt knows no states any more; of a unit test that has passed it has lost them.
      const isEnd =
        name.startsWith('RunResult') || (name === 'LogTestResult' && data['attached_node'] === '');
      const shown = [name, code, level, Object.keys(data).sort(), Object.keys(node ?? {}).sort()];
      return JSON.stringify([
        ...shown,
        isEnd ? about.slice(0, 1) : about,
        name === 'FoundStats' ? [] : facts,
      ]);
    });
  // Of a microbatch model dbt begins as often as it has batches.
  return [...new Set(all)].sort();
}

describe.skipIf(noDbt !== '')(`the json log, beside dbt's${noDbt && ` (skipped: ${noDbt})`}`, () => {
  it.each([
    ['build --event-time-start 2020-01-01 --event-time-end 2020-01-03', []],
    [
      'source freshness',
      [
        'CommandCompleted',
        'FinishedRunningStats',
        'ConcurrencyLine',
        'NodeFinished',
        'NodeStart',
        'RunResultError',
        'RunResultFailure',
        'LogHookStartLine',
        'LogHookEndLine',
      ],
    ],
    ['ls --resource-type model', ['CommandCompleted']],
    ['show --select a_view', ['CommandCompleted', 'ConcurrencyLine', 'NodeStart', 'NodeFinished']],
    ['compile --select a_view', ['CommandCompleted', 'ConcurrencyLine', 'NodeStart', 'NodeFinished']],
  ] as const)(
    'says of `%s` what dbt says',
    async (line, without) => {
      const args = line.split(' ');
      const [expected, actual] = await Promise.all([ofDbt(args), ofUs(args)]);
      expect(said(actual, without)).toEqual(said(expected, without));
    },
    120_000,
  );

  it('prints the lines of nodes as dbt does', async () => {
    const args = ['build', '--event-time-start', '2020-01-01', '--event-time-end', '2020-01-03'];
    const shape = (lines: readonly Line[]): readonly string[] =>
      lines
        .filter(({ info }) =>
          /^Log(?:Start|Model|Test|Seed|Snapshot|Hook|Batch)|Skipping|StatsLine/.test(info.name),
        )
        .map(({ info }) =>
          info.msg
            .replaceAll(/\u001b\[\d+m/g, '')
            .replace(/^(Batch )?\d+ of /, '$1N of ')
            .replace(/(?: in \d+\.\d+s)?\]$/, ']')
            .replace(/\.{2,}/, '…'),
        )
        .sort();
    const [expected, actual] = await Promise.all([ofDbt(args), ofUs(args)]);
    expect(shape(actual)).toEqual(shape(expected));
  }, 120_000);
});
