import { describe, expect, it } from 'vitest';
import { skippedResult } from './run-graph.ts';
import { isoMicros, runResultsArtifact } from './run-results.ts';

const header = {
  invocationId: 'id-1',
  startedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  generatedAtMs: Date.UTC(2026, 0, 2, 3, 4, 7),
  dbtVersion: '1.11.0',
  env: {},
  args: { which: 'build' },
  elapsedMs: 1322,
};

describe('runResultsArtifact', () => {
  it('is dbt’s run_results.json, version 6', () => {
    const at = (second: number): Date => new Date(Date.UTC(2026, 0, 2, 3, 4, second));
    const model = {
      ...skippedResult('model.shop.a', 'OK'),
      status: 'success' as const,
      adapterResponse: { _message: 'OK', rows_affected: 3 },
      timing: [
        { name: 'compile' as const, startedAt: at(5), completedAt: at(6) },
        { name: 'execute' as const, startedAt: at(6), completedAt: at(7) },
      ],
      executionTimeMs: 250,
      compiled: true,
      compiledCode: 'select 1',
      relationName: '"shop"."main"."a"',
    };
    const skipped = skippedResult('model.shop.b', 'Skipped because model a did not succeed');
    const artifact = runResultsArtifact(header, [model, skipped], new Map([['model.shop.a', 2]]));
    expect(artifact['metadata']).toEqual({
      dbt_schema_version: 'https://schemas.getdbt.com/dbt/run-results/v6.json',
      dbt_version: '1.11.0',
      generated_at: '2026-01-02T03:04:07.000000Z',
      invocation_id: 'id-1',
      invocation_started_at: '2026-01-02T03:04:05.678000Z',
      env: {},
    });
    expect(artifact['elapsed_time']).toBe(1.322);
    const [first, second] = artifact['results'] as Record<string, unknown>[];
    expect(Object.keys(first ?? {})).toEqual([
      'status',
      'timing',
      'thread_id',
      'execution_time',
      'adapter_response',
      'message',
      'failures',
      'unique_id',
      'compiled',
      'compiled_code',
      'relation_name',
      'batch_results',
    ]);
    expect(first).toMatchObject({
      status: 'success',
      thread_id: 'Thread-2 (worker)',
      execution_time: 0.25,
      adapter_response: { _message: 'OK', rows_affected: 3 },
      timing: [{ name: 'compile', started_at: '2026-01-02T03:04:05.000000Z' }, { name: 'execute' }],
      relation_name: '"shop"."main"."a"',
    });
    expect(second).toMatchObject({ status: 'skipped', thread_id: 'MainThread', timing: [], compiled: false });
  });
});

describe('isoMicros', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000000Z'],
    [1.25, '1970-01-01T00:00:00.001250Z'],
  ])('writes %d as %s', (ms, text) => expect(isoMicros(ms)).toBe(text));
});
