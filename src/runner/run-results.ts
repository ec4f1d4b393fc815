/**
 * `run_results.json`, version 6: what dbt's tools read after a run.
 *
 * Pure: values in, a plain object out. Keys and their order are dbt's.
 * Source: schemas.getdbt.com, run-results v6.
 */
import type { TimeWindow } from '../compiler/index.ts';
import type { NodeResult } from '../targets/index.ts';

/** What the artifact says about the invocation. */
export interface RunResultsHeader {
  readonly invocationId: string;
  readonly startedAtMs: number;
  readonly generatedAtMs: number;
  /** The dbt version whose artifacts these are; the one the manifest names. */
  readonly dbtVersion: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args: Readonly<Record<string, unknown>>;
  readonly elapsedMs: number;
}

/** The artifact as a plain object, ready to be printed as JSON. */
export function runResultsArtifact(
  header: RunResultsHeader,
  results: Iterable<NodeResult>,
  threads: ReadonlyMap<string, number>,
): Record<string, unknown> {
  return {
    metadata: {
      dbt_schema_version: 'https://schemas.getdbt.com/dbt/run-results/v6.json',
      dbt_version: header.dbtVersion,
      generated_at: isoMicros(header.generatedAtMs),
      invocation_id: header.invocationId,
      invocation_started_at: isoMicros(header.startedAtMs),
      env: header.env,
    },
    results: [...results].map((result) => resultRow(result, threads)),
    elapsed_time: header.elapsedMs / 1000,
    args: header.args,
  };
}

function resultRow(result: NodeResult, threads: ReadonlyMap<string, number>): Record<string, unknown> {
  const isExposure = result.uniqueId.startsWith('exposure.') && result.status === 'skipped';
  return {
    status: result.status,
    timing: result.timing.map((t) => ({
      name: t.name,
      started_at: isoMicros(t.startedAt.getTime()),
      completed_at: isoMicros(t.completedAt.getTime()),
    })),
    thread_id: threadName(threads.get(result.uniqueId) ?? 0),
    execution_time: result.executionTimeMs / 1000,
    adapter_response: result.adapterResponse,
    // What was only compiled says nothing; dbt writes null there.
    message: result.message === '' || isExposure ? null : result.message,
    failures: result.failures,
    unique_id: result.uniqueId,
    // A seed has nothing that could be compiled, and dbt doesn't say where it went; an exposure is no relation.
    ...(result.uniqueId.startsWith('seed.') || isExposure || result.status === 'no-op'
      ? { compiled: null, compiled_code: null, relation_name: null }
      : {
          compiled: result.compiled || !result.uniqueId.startsWith('unit_test.') ? result.compiled : null,
          compiled_code: result.compiledCode,
          relation_name: result.relationName,
        }),
    batch_results: batchRows(result.batchResults),
  };
}

function batchRows(batches: NodeResult['batchResults']): Record<string, unknown> | null {
  if (batches === undefined) return null;
  const rows = (list: readonly TimeWindow[]): string[][] =>
    list.map(({ start, end }) => [isoSeconds(start), isoSeconds(end)]);
  return { successful: rows(batches.successful), failed: rows(batches.failed) };
}

/** As Python prints a time in UTC: without a fraction where there is none. */
function isoSeconds(time: Date): string {
  return time
    .toISOString()
    .replace(/\.(\d{3})Z$/, (_, ms: string) => (ms === '000' ? '+00:00' : `.${ms}000+00:00`));
}

/** A thread as dbt names it in artifacts and logs. */
export function threadName(thread: number): string {
  return thread === 0 ? 'MainThread' : `Thread-${thread} (worker)`;
}

/** ISO 8601 in UTC with six digits, as dbt writes times. */
export function isoMicros(ms: number): string {
  const whole = Math.floor(ms);
  const micros = Math.floor((ms - whole) * 1000);
  return new Date(whole).toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`);
}
