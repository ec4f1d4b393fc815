/** `retry`: the last command again, for what failed in it and what was skipped because of that. */
import { systemClock } from '../base/index.ts';
import type { TimeWindow } from '../compiler/index.ts';
import { countResults } from '../runner/index.ts';
import type { NodeResult } from '../targets/index.ts';
import { workflowErrors } from './errors.ts';
import type { ProjectOptions, RunOptions } from './options.ts';
import { type RunResultEntry, type RunResultsFile, readRunResults, stateFolder } from './previous-state.ts';
import { openProject } from './project-session.ts';
import { readProjectOnly } from './read-project.ts';
import { type RunResult, runNodes } from './run-nodes.ts';

/** What to retry, and what may be different this time. */
export interface RetryOptions extends ProjectOptions {
  /** Folder with the `run_results.json` to go on from; the target folder unless given. */
  readonly state?: string | undefined;
  /** Whether what is tried again is rebuilt from nothing; as it was in the last run unless given. */
  readonly fullRefresh?: boolean | undefined;
}

/** dbt's statuses of what is tried again. */
const retryable: ReadonlySet<string> = new Set([
  'error',
  'fail',
  'skipped',
  'runtime error',
  'partial success',
]);

/** Commands whose nodes can be run by themselves, and whether failed tests hold nodes back in them. */
const commands: Readonly<Record<string, boolean>> = {
  build: true,
  run: false,
  test: false,
  seed: false,
  snapshot: false,
  clone: false,
};

/**
 * Runs again what failed, errored or was skipped in the last run, with the options of that run; `vars` and `threads`
 * may be given anew. Of a microbatch model of which some batches succeeded, the failed ones alone are run.
 *
 * @throws workflows.nothing-to-retry, workflows.cannot-retry, workflows.state-unreadable
 */
export async function retry(options: RetryOptions = {}): Promise<RunResult> {
  const project = await readProjectOnly(options);
  const folder = stateFolder(project.root, options.state ?? options.targetPath ?? project.config.targetPath);
  const before = readRunResults(folder);
  if (before === undefined) throw workflowErrors['nothing-to-retry']({ folder });
  const command = String(before.args['which'] ?? '');
  const testsBlock = commands[command];
  if (testsBlock === undefined) return await retryOther(command, before, options);
  const session = await openProject(command, { ...optionsOf(before.args), ...given(options) });
  try {
    const { graph } = session.compilation;
    const wanted = new Set(
      before.results
        .filter(({ unique_id: id, status }) => {
          const isTried = retryable.has(status) || (status === 'warn' && session.settings.warnError);
          return isTried && !id.startsWith('operation.');
        })
        .map(({ unique_id: id }) => id),
    );
    const ids = graph.order.filter((id) => wanted.has(id));
    return await runNodes(session, ids, {
      command,
      testsBlock,
      signal: options.signal,
      previousBatches: batchesOf(before.results),
      batchesUntil: startOf(before),
    });
  } finally {
    session.close();
  }
}

/** Commands that run no nodes: they are done once more when something failed in them, for that alone. */
async function retryOther(
  command: string,
  before: RunResultsFile,
  options: RetryOptions,
): Promise<RunResult> {
  const startedAtMs = systemClock.nowMs();
  const ids = before.results.filter(({ status }) => retryable.has(status)).map(({ unique_id: id }) => id);
  const again = { ...optionsOf(before.args), ...given(options) };
  let results: readonly NodeResult[] = [];
  if (command === 'run-operation') {
    const { macro, args } = before.args;
    if (typeof macro !== 'string') throw workflowErrors['cannot-retry']({ command });
    const { runOperation } = await import('./run-operation.ts');
    if (ids.length > 0) await runOperation({ ...again, macro, args: { ...(args as object | undefined) } });
  } else if (command === 'compile') {
    const { compile } = await import('./compile.ts');
    if (ids.length > 0) await compile({ ...again, ids });
  } else if (command === 'generate') {
    const { docsGenerate } = await import('./docs/docs-generate.ts');
    if (ids.length > 0) ({ results } = await docsGenerate({ ...again, ids }));
  } else throw workflowErrors['cannot-retry']({ command });
  const elapsedMs = systemClock.nowMs() - startedAtMs;
  const counts = countResults(results);
  return { results, counts, elapsedMs, interrupted: false, published: undefined, runResultsPath: undefined };
}

/** What was given this time; what wasn't is as it was. */
function given(options: RetryOptions): RunOptions {
  const { state: _, target: _t, profile: _p, ...rest } = options;
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
}

/** The options that a run was given, from the arguments it noted. */
function optionsOf(args: RunResultsFile['args']): RunOptions {
  const text = (name: string): string | undefined => {
    const value = args[name];
    return typeof value === 'string' ? value : undefined;
  };
  const flag = (name: string): boolean | undefined => {
    const value = args[name];
    return typeof value === 'boolean' ? value : undefined;
  };
  const { vars, threads, event_time_start: start, event_time_end: end } = args;
  return {
    vars: typeof vars === 'string' ? vars : { ...((vars ?? {}) as object) },
    threads: typeof threads === 'number' ? threads : undefined,
    target: text('target'),
    profile: text('profile'),
    fullRefresh: flag('full_refresh'),
    failFast: flag('fail_fast'),
    storeFailures: flag('store_failures'),
    empty: flag('empty'),
    sample: text('sample'),
    eventTimeStart: typeof start === 'string' ? start : undefined,
    eventTimeEnd: typeof end === 'string' ? end : undefined,
    state: text('state'),
    deferState: text('defer_state'),
    defer: flag('defer'),
    favorState: flag('favor_state'),
  };
}

/** The batches of models of which some succeeded and some failed. A model without one that did starts anew. */
function batchesOf(
  results: readonly RunResultEntry[],
): ReadonlyMap<
  string,
  { readonly successful: readonly TimeWindow[]; readonly failed: readonly TimeWindow[] }
> {
  const windows = (rows: readonly (readonly [string, string])[]): readonly TimeWindow[] =>
    rows.map(([start, end]) => ({ start: new Date(start), end: new Date(end) }));
  return new Map(
    results.flatMap(({ unique_id: id, batch_results: batches }) => {
      if (!batches || batches.successful.length === 0 || batches.failed.length === 0) return [];
      return [[id, { successful: windows(batches.successful), failed: windows(batches.failed) }] as const];
    }),
  );
}

function startOf({ metadata }: RunResultsFile): Date | undefined {
  const at = metadata['invocation_started_at'] ?? metadata['generated_at'];
  const date = typeof at === 'string' ? new Date(at) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}
