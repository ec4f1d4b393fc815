/**
 * Running selected nodes on the target: what build, run, test and seed share.
 *
 * Hooks before and after, the graph between, then one publication and the artifacts. Whatever goes
 * wrong with nodes, artifacts are written and the target is closed.
 */
import { isBoathouseError, systemClock } from '../base/index.ts';
import type { Plain } from '../compiler/index.ts';
import { countResults, planWorkItems, type RunCounts, runGraph, skippedResult } from '../runner/index.ts';
import type { NodeResult, PublishResult, Target } from '../targets/index.ts';
import { workflowErrors } from './errors.ts';
import { withArtifacts } from './node-artifacts.ts';
import { nodeDescriber } from './node-facts.ts';
import type { ProjectSession } from './project-session.ts';
import { writeRunArtifacts } from './run-artifacts.ts';

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
}

/** Runs `ids` with the project's hooks around them, publishes if anything succeeded, writes artifacts. */
export async function runNodes(
  session: ProjectSession,
  ids: readonly string[],
  options: RunNodesOptions,
): Promise<RunResult> {
  const { compilation, settings, emit } = session;
  const describe = nodeDescriber(session);
  session.compilation.invocation.selectedResources = [...ids];
  emit({
    kind: 'run-started',
    atMs: systemClock.nowMs(),
    invocationId: compilation.invocation.id,
    command: options.command,
    project: session.project.name,
    target: session.project.profile.targetName,
    threads: settings.threads,
    found: foundInProject(session),
    selected: ids.length,
  });
  const results: NodeResult[] = [];
  let threads: ReadonlyMap<string, number> = new Map();
  let interrupted = false;
  let published: PublishResult | undefined;
  if (ids.length > 0) {
    const target = await session.openTarget({ writes: true });
    try {
      await unlessAborted(target.prepare(ids), options.signal);
      const before = await runHooks(session, target, 'on-run-start', {}, results);
      if (before === 'failed' && session.project.config.flags['skip_nodes_if_on_run_start_fails'] === true) {
        results.push(...ids.map((id) => skippedResult(id, 'Skipped because an on-run-start hook failed')));
      } else {
        const items = planWorkItems(graphOf(session), ids, { testsBlock: options.testsBlock });
        const { failFast, warnError } = settings;
        const signal = options.signal === undefined ? {} : { signal: options.signal };
        const run = await runGraph(
          items,
          withArtifacts(session, target),
          { threads: settings.threads, failFast, warnError, describe, ...signal },
          emit,
        );
        results.push(...run.results);
        ({ threads, interrupted } = run);
      }
      if (!interrupted) await runHooks(session, target, 'on-run-end', hookFacts(session, results), results);
      if (results.some((result) => result.status === 'success')) published = await publish(session, target);
    } catch (error) {
      // Closing waits for what is given up here; the process usually ends first.
      if (isBoathouseError(error, 'workflows.interrupted')) void target.close().catch(() => {});
      else await target.close();
      throw error;
    }
    await target.close();
  }
  const elapsedMs = systemClock.nowMs() - session.startedAtMs;
  const runResultsPath = settings.writeJson
    ? await writeRunArtifacts(session, results, threads, elapsedMs)
    : undefined;
  const counts = countResults(results);
  const { command } = options;
  emit({ kind: 'run-finished', atMs: systemClock.nowMs(), command, counts, elapsedMs, interrupted });
  return { results, counts, elapsedMs, interrupted, published, runResultsPath };
}

/** `work`, given up when `signal` aborts first: another run may be waited for, for minutes. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return await work;
  work.catch(() => {});
  await Promise.race([
    work,
    new Promise<never>((_, stop) => {
      const give = (): void => stop(workflowErrors.interrupted({}));
      if (signal.aborted) give();
      else signal.addEventListener('abort', give, { once: true });
    }),
  ]);
}

async function publish(session: ProjectSession, target: Target): Promise<PublishResult> {
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

async function runHooks(
  session: ProjectSession,
  target: Target,
  moment: 'on-run-start' | 'on-run-end',
  extra: Plain,
  results: NodeResult[],
): Promise<'ok' | 'failed'> {
  const describe = nodeDescriber(session);
  const done = await target.runHooks(moment, extra);
  done.forEach((result, i) => {
    session.emit({
      kind: 'node-finished',
      atMs: systemClock.nowMs(),
      node: describe(result.uniqueId),
      index: i + 1,
      total: done.length,
      thread: 0,
      result,
    });
  });
  results.push(...done);
  return done.some((result) => result.status === 'error') ? 'failed' : 'ok';
}

/** What on-run-end hooks may look at: `results`, `schemas` and `database_schemas`. */
function hookFacts(session: ProjectSession, results: readonly NodeResult[]): Plain {
  const { nodes } = session.compilation.manifest;
  const pairs = new Map<string, [string, string]>();
  for (const { uniqueId, status } of results) {
    const node = nodes[uniqueId];
    if (node === undefined || node.relation_name === null || status === 'skipped') continue;
    pairs.set(`${node.database}\0${node.schema}`, [node.database, node.schema]);
  }
  return {
    results: results.map((result) => ({
      node: nodes[result.uniqueId] ?? null,
      unique_id: result.uniqueId,
      status: result.status,
      message: result.message,
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

function graphOf({ compilation }: ProjectSession): Parameters<typeof planWorkItems>[0] {
  const { graph, manifest } = compilation;
  return {
    parentsOf: (id) => graph.parents.get(id) ?? [],
    childrenOf: (id) => graph.children.get(id) ?? [],
    isTest: (id) => manifest.nodes[id]?.resource_type === 'test',
  };
}

function foundInProject({ compilation }: ProjectSession): Record<string, number> {
  const found: Record<string, number> = {};
  const count = (type: string): void => {
    found[type] = (found[type] ?? 0) + 1;
  };
  for (const node of Object.values(compilation.manifest.nodes)) {
    if (node.resource_type !== 'operation' && node.resource_type !== 'sql_operation')
      count(node.resource_type);
  }
  for (const group of ['sources', 'exposures', 'unit_tests', 'functions'] as const) {
    for (let i = Object.keys(compilation.manifest[group]).length; i > 0; i -= 1) count(group.slice(0, -1));
  }
  return found;
}
