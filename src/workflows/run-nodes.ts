/**
 * Running selected nodes on the target: what build, run, test and seed share.
 *
 * Hooks before and after, the graph between, then one publication and the artifacts. Whatever goes
 * wrong with nodes, artifacts are written and the target is closed.
 */
import { systemClock } from '../base/index.ts';
import { type Manifest, type ManifestNode, type Plain, writeCompiled } from '../compiler/index.ts';
import { isPlainDict } from '../project/index.ts';
import {
  countResults,
  type GraphResult,
  type NodeRunner,
  planWorkItems,
  type RunCounts,
  runGraph,
  skippedResult,
} from '../runner/index.ts';
import type { NodeResult, PublishResult, Target, TargetOptions } from '../targets/index.ts';
import { foundInProject } from './found-in-project.ts';
import { withArtifacts } from './node-artifacts.ts';
import { nodeDescriber } from './node-facts.ts';
import type { ProjectSession } from './project-session.ts';
import { hasFailed, publishingEach } from './publish-moments.ts';
import { writeRunArtifacts } from './run-artifacts.ts';
import { makeWritable, writingTo } from './target-folder.ts';

/** What came of a verb that runs nodes. */
export interface RunResult {
  /** One for every selected node, and for each of the project's hooks. */
  readonly results: readonly NodeResult[];
  readonly counts: RunCounts;
  readonly elapsedMs: number;
  /** Whether it was stopped by its signal. */
  readonly interrupted: boolean;
  /** What readers see now; undefined when nothing was published. */
  readonly published: PublishResult | undefined;
  /** Absolute path of `run_results.json`; undefined when no artifact was written. */
  readonly runResultsPath: string | undefined;
}

/** How `runNodes` differs between verbs. */
export interface RunNodesOptions {
  readonly command: string;
  /** Whether failed tests skip what reads the tested data: true for build. */
  readonly testsBlock: boolean;
  readonly signal?: AbortSignal | undefined;
  /** What an earlier run has done of microbatch models, by id: the failed batches alone are run. */
  readonly previousBatches?: TargetOptions['previousBatches'] | undefined;
  /** Up to when microbatch models of that run went. */
  readonly batchesUntil?: Date | undefined;
}

/** Runs `ids` with the project's hooks around them, publishes if anything was made, writes artifacts. */
export async function runNodes(
  session: ProjectSession,
  ids: readonly string[],
  options: RunNodesOptions,
): Promise<RunResult> {
  const { compilation, settings, emit } = session;
  const { command } = options;
  if (settings.writeJson) await makeWritable(session.targetPath);
  compilation.invocation.selectedResources = [...ids];
  emit({
    kind: 'run-started',
    atMs: systemClock.nowMs(),
    invocationId: compilation.invocation.id,
    command,
    project: session.project.name,
    target: session.project.profile.targetName,
    threads: settings.threads,
    found: foundInProject(session.compilation),
    selected: ids.length,
  });
  const outcome = ids.length === 0 ? nothing : await runOnTarget(session, ids, options);
  const { results, threads, interrupted, published } = outcome;
  const elapsedMs = systemClock.nowMs() - session.startedAtMs;
  const runResultsPath = settings.writeJson
    ? await writeRunArtifacts(session, results, threads, elapsedMs)
    : undefined;
  const counts = countResults(results);
  emit({ kind: 'run-finished', atMs: systemClock.nowMs(), command, counts, elapsedMs, interrupted });
  // What nodes did is told first.
  if (outcome.unpublished !== undefined) throw outcome.unpublished.error;
  return { results, counts, elapsedMs, interrupted, published, runResultsPath };
}

interface Outcome {
  readonly results: readonly NodeResult[];
  readonly threads: ReadonlyMap<string, number>;
  readonly interrupted: boolean;
  readonly published: PublishResult | undefined;
  /** Why nothing could be published. */
  readonly unpublished?: { readonly error: unknown };
}

const nothing: Outcome = { results: [], threads: new Map(), interrupted: false, published: undefined };

async function runOnTarget(
  session: ProjectSession,
  ids: readonly string[],
  options: RunNodesOptions,
): Promise<Outcome> {
  const target = await session.openTarget({
    writes: true,
    ...(options.previousBatches === undefined ? {} : { previousBatches: options.previousBatches }),
    ...(options.batchesUntil === undefined ? {} : { batchesUntil: options.batchesUntil }),
  });
  const prepared = await unlessAborted(
    writingTo(session.project.root, () => target.prepare(ids)),
    options.signal,
  ).catch(async (error: unknown) => {
    await target.close();
    throw error;
  });
  if (prepared === 'aborted') {
    // Closing waits for the lease that is given up here; the process usually ends first.
    void target.close().catch(() => {});
    const results = skipAll(session, ids, 'Skipped, because the run was interrupted');
    return { ...nothing, results, interrupted: true };
  }
  try {
    const before = await runHooks(session, target, 'on-run-start', {});
    const failed = before.some((result) => result.status === 'error');
    const stops = failed && session.project.config.flags['skip_nodes_if_on_run_start_fails'] === true;
    const run = stops
      ? { ...nothing, results: skipAll(session, ids, 'Skipped because an on-run-start hook failed') }
      : await runSelected(session, target, ids, options);
    const results = [...before, ...run.results];
    if (!run.interrupted)
      results.push(...(await runHooks(session, target, 'on-run-end', hookFacts(session, results))));
    const made = results.some((result) => leavesRelations(session, result));
    const withheld =
      session.project.profile.lakehouse.publish === 'on_success' && (run.interrupted || hasFailed(results));
    if (made && withheld) sayWithheld(session);
    const { threads, interrupted } = run;
    if (!made || withheld) return { results, threads, interrupted, published: undefined };
    try {
      return { results, threads, interrupted, published: await publish(session, target) };
    } catch (error) {
      return { results, threads, interrupted, published: undefined, unpublished: { error } };
    }
  } finally {
    await target.close();
  }
}

async function runSelected(
  session: ProjectSession,
  target: Target,
  ids: readonly string[],
  options: RunNodesOptions,
): Promise<GraphResult> {
  const { threads, failFast, warnError } = session.settings;
  return await runGraph(
    planWorkItems(graphOf(session), ids, { testsBlock: options.testsBlock }),
    runnerOf(session, target),
    {
      threads,
      failFast,
      warnError,
      describe: nodeDescriber(session),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    session.emit,
  );
}

/** Where the profile asks for it, readers see each node as soon as it is through. */
function runnerOf(session: ProjectSession, target: Target): NodeRunner {
  const runner = withArtifacts(session, target);
  if (session.project.profile.lakehouse.publish !== 'per_node') return runner;
  return publishingEach(
    runner,
    (result) => leavesRelations(session, result),
    () => publish(session, target),
  );
}

/** Readers go on with what the last whole run has left. */
function sayWithheld(session: ProjectSession): void {
  const text =
    'Nothing was published, because something failed and `publish: on_success` asks for whole runs';
  session.emit({
    kind: 'message',
    atMs: systemClock.nowMs(),
    level: 'warn',
    text,
    printed: false,
    code: 'workflows.withheld',
  });
}

/** Waits for `work`, unless `signal` aborts first: another run may be waited for, for minutes. */
async function unlessAborted(
  work: Promise<void>,
  signal: AbortSignal | undefined,
): Promise<'done' | 'aborted'> {
  const done = work.then(() => 'done' as const);
  if (signal === undefined) return await done;
  done.catch(() => {});
  return await Promise.race([
    done,
    new Promise<'aborted'>((stop) => {
      if (signal.aborted) stop('aborted');
      else signal.addEventListener('abort', () => stop('aborted'), { once: true });
    }),
  ]);
}

/** Results of nodes that will not run, told as they are made. */
function skipAll(session: ProjectSession, ids: readonly string[], why: string): readonly NodeResult[] {
  const describe = nodeDescriber(session);
  return ids.map((id, i) => {
    const result = skippedResult(id, why);
    const event = {
      atMs: systemClock.nowMs(),
      node: describe(id),
      index: i + 1,
      total: ids.length,
      thread: 0,
    };
    session.emit({ kind: 'node-finished', ...event, result });
    return result;
  });
}

/** Whether there may be something to publish: tests leave relations only where failures are stored. */
function leavesRelations(
  { compilation, settings }: ProjectSession,
  { uniqueId, status }: NodeResult,
): boolean {
  if (status === 'success' || status === 'partial success') return true;
  if (status !== 'pass' && status !== 'fail' && status !== 'warn') return false;
  return (
    settings.storeFailures === true || compilation.manifest.nodes[uniqueId]?.config['store_failures'] === true
  );
}

/** Makes what was done visible, and says so. */
export async function publish(session: ProjectSession, target: Target): Promise<PublishResult> {
  const published = await target.publish();
  if (published.published && published.path !== null) {
    session.emit({
      kind: 'published',
      atMs: systemClock.nowMs(),
      path: published.path,
      generation: published.generation,
      changed: published.changed,
    });
  }
  return published;
}

/** Runs the project's hooks of a moment, tells of them, and writes their SQL. */
export async function runHooks(
  session: ProjectSession,
  target: Target,
  moment: 'on-run-start' | 'on-run-end',
  extra: Plain,
): Promise<readonly NodeResult[]> {
  const describe = nodeDescriber(session);
  const results = await target.runHooks(moment, extra);
  await writeHooks(session, results);
  results.forEach((result, i) => {
    session.emit({
      kind: 'node-finished',
      atMs: systemClock.nowMs(),
      node: describe(result.uniqueId),
      index: i + 1,
      total: results.length,
      thread: 0,
      result,
    });
  });
  return results;
}

/** Leaves what hooks were compiled to where a person looks for it. */
async function writeHooks(session: ProjectSession, results: readonly NodeResult[]): Promise<void> {
  const { compilation, project, settings, targetPath } = session;
  if (!settings.writeJson) return;
  await writingTo(targetPath, async () => {
    for (const { uniqueId } of results) {
      const hook = compilation.manifest.nodes[uniqueId];
      if (hook?.compiled === true && hook.compiled_code !== '')
        await writeCompiled(hook, targetPath, project.root);
    }
  });
}

/** What on-run-end hooks may look at: `results`, `schemas` and `database_schemas`. */
export function hookFacts(session: ProjectSession, results: readonly NodeResult[]): Plain {
  const { manifest } = session.compilation;
  const { nodes } = manifest;
  const pairs = new Map<string, [string, string]>();
  for (const { uniqueId, status } of results) {
    const node = nodes[uniqueId];
    if (node === undefined || !isRelational(node)) continue;
    if (status === 'error' || status === 'fail' || status === 'skipped') continue;
    pairs.set(`${node.database}\0${node.schema}`, [node.database, node.schema]);
  }
  // Hooks that went well aren't told of: they weren't in dbt's results once, and projects count on it.
  const told = results.filter(
    ({ uniqueId, status }) => nodes[uniqueId]?.resource_type !== 'operation' || status === 'error',
  );
  return {
    results: told.map((result) => ({
      node: nodes[result.uniqueId] ?? resourceIn(manifest, result.uniqueId),
      unique_id: result.uniqueId,
      status: result.status,
      message: result.status === 'skipped' || result.message === '' ? null : result.message,
      failures: result.failures,
      execution_time: result.executionTimeMs / 1000,
      adapter_response: result.adapterResponse,
      thread_id: 'MainThread',
      timing: result.timing.map((t) => ({
        name: t.name,
        started_at: t.startedAt.toISOString(),
        completed_at: t.completedAt.toISOString(),
      })),
    })),
    schemas: [...new Set([...pairs.values()].map(([, schema]) => schema))],
    database_schemas: [...pairs.values()],
  };
}

/** What is no node, with what dbt's results have of it besides the manifest. */
function resourceIn(manifest: Manifest, uniqueId: string): Plain | null {
  const kinds = [manifest.sources, manifest.unit_tests, manifest.exposures, manifest.saved_queries];
  const found = kinds.find((kind) => Object.hasOwn(kind, uniqueId))?.[uniqueId];
  if (found === undefined) return null;
  const isTest = Object.hasOwn(manifest.unit_tests, uniqueId);
  const config: Plain = isPlainDict(found['config']) ? found['config'] : {};
  return {
    ...found,
    config: { ...config, materialized: isTest ? 'unit' : (config['materialized'] ?? null) },
    ...(isTest ? { relation_name: null } : {}),
  };
}

/** Whether hooks are told of its schema: a test counts when it keeps its rows. */
function isRelational({ resource_type, relation_name }: ManifestNode): boolean {
  if (resource_type === 'test') return relation_name !== null;
  return resource_type === 'model' || resource_type === 'seed' || resource_type === 'snapshot';
}

function graphOf({ compilation }: ProjectSession): Parameters<typeof planWorkItems>[0] {
  const { graph, manifest } = compilation;
  return {
    parentsOf: (id) => graph.parents.get(id) ?? [],
    childrenOf: (id) => graph.children.get(id) ?? [],
    isTest: (id) => manifest.nodes[id]?.resource_type === 'test',
    isUnitTest: (id) => id in manifest.unit_tests,
  };
}
