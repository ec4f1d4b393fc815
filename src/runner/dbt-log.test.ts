import { describe, expect, it } from 'vitest';
import { plural, summaryLine } from './dbt-lines.ts';
import { DbtLog } from './dbt-log.ts';
import type { NodeFacts } from './events.ts';
import { skippedResult } from './run-graph.ts';

const node: NodeFacts = {
  uniqueId: 'model.shop.a',
  name: 'a',
  resourceType: 'model',
  materialized: 'table',
  relation: 'main.a',
  relationName: '"shop"."main"."a"',
  file: 'models/a.sql',
  compiledPath: undefined,
};

describe('DbtLog', () => {
  it('says of a node what dbt says: when it starts, what came of it, that it is finished', () => {
    const log = new DbtLog('id-1', 42);
    const started = log.lines({ kind: 'node-started', atMs: 0, node, index: 1, total: 2, thread: 1 });
    expect(started.map(({ info }) => info.name)).toEqual(['NodeStart', 'LogStartLine']);
    const result = {
      ...skippedResult('model.shop.a', 'OK'),
      status: 'success' as const,
      executionTimeMs: 500,
    };
    const done = log.lines({
      kind: 'node-finished',
      atMs: 1500,
      node,
      index: 1,
      total: 2,
      thread: 1,
      result,
    });
    expect(done.map(({ info }) => info.name)).toEqual(['LogModelResult', 'NodeFinished']);
    expect(done[1]?.info).toMatchObject({
      invocation_id: 'id-1',
      pid: 42,
      thread: 'Thread-1 (worker)',
      level: 'debug',
    });
    expect(done[1]?.data).toMatchObject({
      node_info: {
        node_name: 'a',
        node_status: 'success',
        materialized: 'table',
        unique_id: 'model.shop.a',
        node_started_at: '1970-01-01T00:00:00.000000',
        node_finished_at: '1970-01-01T00:00:01.500000',
        node_relation: { relation_name: '"shop"."main"."a"' },
      },
      run_result: { status: 'success', execution_time: 0.5 },
    });
  });

  it.each([
    ['test', 'fail', ['NodeStart', 'LogTestResult', 'NodeFinished']],
    ['seed', 'success', ['NodeStart', 'LogSeedResult', 'NodeFinished']],
    ['snapshot', 'error', ['NodeStart', 'LogSnapshotResult', 'NodeFinished']],
    ['model', 'skipped', ['NodeStart', 'SkippingDetails', 'NodeFinished']],
  ] as const)('names the events of a %s with state %s as dbt does', (resourceType, status, names) => {
    const result = { ...skippedResult('x', 'why'), status };
    const event = {
      kind: 'node-finished',
      atMs: 0,
      node: { ...node, resourceType },
      index: 1,
      total: 1,
      thread: 1,
      result,
    } as const;
    expect(new DbtLog('i', 1).lines(event).map(({ info }) => info.name)).toEqual(names);
  });

  it('ends with the sum', () => {
    const counts = { pass: 3, warn: 0, error: 1, skip: 2, noOp: 0, total: 6 };
    const lines = new DbtLog('i', 1).lines({
      kind: 'run-finished',
      atMs: 0,
      command: 'build',
      counts,
      elapsedMs: 10,
      interrupted: false,
    });
    expect(lines.map(({ info }) => info.msg)).toContain('Done. PASS=3 WARN=0 ERROR=1 SKIP=2 NO-OP=0 TOTAL=6');
    expect(lines.at(-1)).toMatchObject({ info: { name: 'CommandCompleted' }, data: { success: false } });
  });
});

describe('summaryLine', () => {
  it('is dbt’s', () => {
    expect(summaryLine({ pass: 1, warn: 2, error: 3, skip: 4, noOp: 5, total: 15 })).toBe(
      'Done. PASS=1 WARN=2 ERROR=3 SKIP=4 NO-OP=5 TOTAL=15',
    );
  });
});

describe('plural', () => {
  it.each([
    ['model', 1, 'model'],
    ['model', 2, 'models'],
    ['unit_test', 2, 'unit tests'],
    ['analysis', 2, 'analyses'],
    ['saved_query', 3, 'saved queries'],
  ])('of %s for %i is %s', (type, count, expected) => expect(plural(type, count)).toBe(expected));
});
