/** `source freshness`: how long ago the rows of sources were loaded, and whether that is too long. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type BoathouseError, isBoathouseError, printJson, secrets, systemClock } from '../base/index.ts';
import type { ManifestSource, Plain } from '../compiler/index.ts';
import {
  countResults,
  isoMicros,
  type NodeRunner,
  type RunCounts,
  runGraph,
  skippedResult,
  threadName,
} from '../runner/index.ts';
import type { NodeResult, Target } from '../targets/index.ts';
import { nodeDescriber } from './node-facts.ts';
import type { RunOptions } from './options.ts';
import { openProject, type ProjectSession } from './project-session.ts';
import { hookFacts, publish, runHooks } from './run-nodes.ts';
import { selectIds } from './selection.ts';
import { type LoadTimes, loadTimes } from './source-loads.ts';
import { makeWritable, writingTo } from './target-folder.ts';

/** What to look at, and where to write what was found. */
export interface FreshnessOptions extends RunOptions {
  /** The file to write instead of `target/sources.json`. */
  readonly output?: string | undefined;
}

/** dbt's states of a source. */
export type FreshnessStatus = 'pass' | 'warn' | 'error' | 'runtime error';

/** How one source stands. */
export interface SourceFreshness {
  readonly uniqueId: string;
  readonly status: FreshnessStatus;
  /** Undefined after an error. */
  readonly times: LoadTimes | undefined;
  readonly error: BoathouseError | undefined;
}

/** What was found. */
export interface FreshnessResult {
  readonly sources: readonly SourceFreshness[];
  readonly counts: RunCounts;
  readonly elapsedMs: number;
  /** Absolute path of what was written. */
  readonly path: string;
}

/**
 * Looks at the selected sources that have thresholds, and writes `sources.json`.
 *
 * @throws project.*, compiler.*, jinja.*; workflows.not-writable
 */
export async function sourceFreshness(options: FreshnessOptions = {}): Promise<FreshnessResult> {
  const session = await openProject('freshness', options);
  try {
    const { sources } = session.compilation.manifest;
    if (options.output !== undefined) {
      session.warn({
        code: 'workflows.custom-output-path',
        message: `--output is deprecated: sources.json is written to ${options.output} only`,
        hint: 'Use --target-path for the folder that all artifacts go to.',
      });
    }
    const ids = selectIds(session, options, ['source']).filter((id) => hasThreshold(sources[id]));
    session.compilation.invocation.selectedResources = ids;
    await makeWritable(session.targetPath);
    const hooked = ids.length > 0 && runsHooks(session);
    const target = await session.openTarget({ writes: hooked });
    const found = new Map<string, SourceFreshness>();
    try {
      await target.prepare([]);
      if (hooked) await runHooks(session, target, 'on-run-start', {});
      const { results, threads } = await runGraph(
        [...ids].sort().map((id) => ({ id, after: [] })),
        checker(session, target, found),
        { threads: session.settings.threads, describe: nodeDescriber(session) },
        session.emit,
      );
      if (hooked) {
        await runHooks(session, target, 'on-run-end', hookFacts(session, results));
        await publish(session, target);
      }
      const elapsedMs = systemClock.nowMs() - session.startedAtMs;
      const path = await write(session, options, results, threads, found, elapsedMs);
      return { sources: [...found.values()], counts: countResults(results), elapsedMs, path };
    } finally {
      await target.close();
    }
  } finally {
    session.close();
  }
}

/** Whether there are hooks, and the project's flags let them run here. */
function runsHooks({ project, compilation, warn }: ProjectSession): boolean {
  const hasHooks = Object.values(compilation.manifest.nodes).some(
    ({ resource_type: type }) => type === 'operation',
  );
  if (!hasHooks || project.config.flags['source_freshness_run_project_hooks'] !== false) return hasHooks;
  warn({
    code: 'workflows.freshness-hooks',
    message:
      "The flag 'source_freshness_run_project_hooks' keeps on-run-start and on-run-end from source freshness",
    hint: 'Remove the flag: hooks tell commands apart by flags.WHICH.',
  });
  return false;
}

function checker(session: ProjectSession, target: Target, found: Map<string, SourceFreshness>): NodeRunner {
  return {
    runNode: async (uniqueId) => {
      const source = session.compilation.manifest.sources[uniqueId] as ManifestSource;
      const startedAtMs = systemClock.nowMs();
      const connection = await target.session(uniqueId);
      try {
        const engine = { session: connection, warehouse: target.warehouse };
        const times = await loadTimes(session, source, engine);
        const status = statusOf(source, times);
        found.set(uniqueId, { uniqueId, status, times, error: undefined });
        return resultOf(uniqueId, status, startedAtMs, `Loaded ${ageText(ageOf(times))} ago`);
      } catch (error) {
        if (!isBoathouseError(error)) throw error;
        found.set(uniqueId, { uniqueId, status: 'runtime error', times: undefined, error });
        return { ...resultOf(uniqueId, 'runtime error', startedAtMs, error.message), error };
      } finally {
        await connection.release();
      }
    },
  };
}

function resultOf(
  uniqueId: string,
  status: FreshnessStatus,
  startedAtMs: number,
  message: string,
): NodeResult {
  const completedAtMs = systemClock.nowMs();
  const [startedAt, completedAt] = [new Date(startedAtMs), new Date(completedAtMs)];
  return {
    ...skippedResult(uniqueId, message),
    // A source that is too old fails its check; one that can't be looked at is an error.
    status: status === 'error' ? 'fail' : status === 'runtime error' ? 'error' : status,
    timing: [
      { name: 'compile', startedAt, completedAt: startedAt },
      { name: 'execute', startedAt, completedAt },
    ],
    executionTimeMs: completedAtMs - startedAtMs,
    adapterResponse: status === 'runtime error' ? {} : { _message: 'OK' },
  };
}

function hasThreshold(source: ManifestSource | undefined): boolean {
  const { warn_after: warn, error_after: error } = source?.freshness ?? {};
  return secondsOf(warn) !== undefined || secondsOf(error) !== undefined;
}

function statusOf({ freshness }: ManifestSource, times: LoadTimes): FreshnessStatus {
  const age = ageOf(times);
  const isOver = (threshold: unknown): boolean => age > (secondsOf(threshold) ?? Number.POSITIVE_INFINITY);
  if (isOver(freshness?.['error_after'])) return 'error';
  return isOver(freshness?.['warn_after']) ? 'warn' : 'pass';
}

/** Seconds. */
function ageOf({ maxLoadedAtMicros, snapshottedAtMicros }: LoadTimes): number {
  return (snapshottedAtMicros - maxLoadedAtMicros) / 1e6;
}

function secondsOf(threshold: unknown): number | undefined {
  const { count, period } = (threshold ?? {}) as Plain;
  const seconds: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };
  const unit = seconds[String(period)];
  return typeof count === 'number' && unit !== undefined ? count * unit : undefined;
}

/** `3 days`, `5 hours`, `12 minutes`, `40 seconds`. */
function ageText(seconds: number): string {
  for (const [unit, size] of [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const) {
    const count = Math.floor(seconds / size);
    if (count > 0) return `${count} ${unit}${count === 1 ? '' : 's'}`;
  }
  return `${Math.max(0, Math.floor(seconds))} seconds`;
}

/** A point in time as Python prints it in UTC: with microseconds where there are any. */
function isoText(micros: number): string {
  const seconds = Math.floor(micros / 1e6);
  const rest = micros - seconds * 1e6;
  const text = new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, '');
  return `${text}${rest === 0 ? '' : `.${String(rest).padStart(6, '0')}`}+00:00`;
}

/** Writes `sources.json`, version 3. Source: schemas.getdbt.com, sources v3. */
async function write(
  session: ProjectSession,
  options: FreshnessOptions,
  results: readonly NodeResult[],
  threads: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, SourceFreshness>,
  elapsedMs: number,
): Promise<string> {
  const { compilation, project, targetPath } = session;
  const { manifest, invocation } = compilation;
  const artifact = {
    metadata: {
      dbt_schema_version: 'https://schemas.getdbt.com/dbt/sources/v3.json',
      dbt_version: manifest.metadata['dbt_version'] ?? '',
      generated_at: isoMicros(systemClock.nowMs()),
      invocation_id: invocation.id,
      invocation_started_at: isoMicros(session.startedAtMs),
      env: manifest.metadata['env'] ?? {},
    },
    // As in dbt, what couldn't be looked at isn't listed.
    results: results.flatMap((result) => {
      const times = found.get(result.uniqueId)?.times;
      const source = manifest.sources[result.uniqueId];
      if (times === undefined || source === undefined) return [];
      return [
        {
          unique_id: result.uniqueId,
          max_loaded_at: isoText(times.maxLoadedAtMicros),
          snapshotted_at: isoText(times.snapshottedAtMicros),
          max_loaded_at_time_ago_in_s: ageOf(times),
          status: found.get(result.uniqueId)?.status,
          criteria: source.freshness,
          adapter_response: result.adapterResponse,
          timing: result.timing.map(({ name, startedAt, completedAt }) => ({
            name,
            started_at: isoMicros(startedAt.getTime()),
            completed_at: isoMicros(completedAt.getTime()),
          })),
          thread_id: threadName(threads.get(result.uniqueId) ?? 0),
          execution_time: result.executionTimeMs / 1000,
        },
      ];
    }),
    elapsed_time: elapsedMs / 1000,
  };
  const path =
    options.output === undefined ? join(targetPath, 'sources.json') : resolve(project.root, options.output);
  await writingTo(targetPath, async () => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, secrets.scrub(printJson(artifact)));
  });
  return path;
}
