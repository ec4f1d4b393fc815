/**
 * Runs nodes on a target: as many at once as there are threads, parents first, failures contained.
 *
 * The decisions (who is next, who is skipped) are `Schedule`'s; here are the promises: a node that
 * throws is that node's error; a retryable error is tried again; whatever happens, every node that
 * was asked for has exactly one result, and when this returns nothing of it is still running.
 */
import {
  type Clock,
  delayMs,
  isBoathouseError,
  type Random,
  type RetryPolicy,
  systemClock,
  systemRandom,
} from '../base/index.ts';
import type { NodeResult } from '../targets/index.ts';
import { isFailure } from './counts.ts';
import { runnerErrors } from './errors.ts';
import type { Emit, NodeFacts } from './events.ts';
import { Schedule, type WorkItem } from './schedule.ts';

/** The one thing a run needs of a target. */
export interface NodeRunner {
  runNode(uniqueId: string, signal: AbortSignal): Promise<NodeResult>;
}

/** How a run behaves. */
export interface RunGraphOptions {
  /** Nodes at once, 1 to 1024. */
  readonly threads: number;
  /** Stop at the first failure: what runs is interrupted, the rest skipped. */
  readonly failFast?: boolean;
  /** Count a test's warning as its failure. */
  readonly warnError?: boolean;
  /** Aborting it stops the run cleanly: running queries are interrupted, the rest skipped. */
  readonly signal?: AbortSignal;
  /** How often a node is tried whose error says that trying again may help. */
  readonly retries?: RetryPolicy;
  readonly clock?: Clock;
  readonly random?: Random;
  /** What is said of a node in events. */
  readonly describe: (uniqueId: string) => NodeFacts;
}

/** What came of a run. */
export interface GraphResult {
  /** One for every item, in the order they finished. */
  readonly results: readonly NodeResult[];
  /** The thread each started node ran on, from 1. */
  readonly threads: ReadonlyMap<string, number>;
  /** Whether the signal stopped it. */
  readonly interrupted: boolean;
}

const patience: RetryPolicy = { attemptsMax: 4, delayMsMin: 100, delayMsMax: 2000 };

/**
 * Runs `items` on `target` and returns when every one of them has a result.
 *
 * Never throws for a node's sake. @throws runner.bad-threads
 */
export async function runGraph(
  items: readonly WorkItem[],
  target: NodeRunner,
  options: RunGraphOptions,
  emit: Emit,
): Promise<GraphResult> {
  refuseThreads(options.threads);
  return await new GraphRun(items, target, options, emit).run();
}

/** Refuses what can't be a number of threads, before anything is done with it. @throws runner.bad-threads */
export function refuseThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024) {
    throw runnerErrors['bad-threads']({ threads });
  }
}

class GraphRun {
  readonly #schedule: Schedule;
  readonly #target: NodeRunner;
  readonly #options: RunGraphOptions;
  readonly #emit: Emit;
  readonly #clock: Clock;
  readonly #results: NodeResult[] = [];
  readonly #threads = new Map<string, number>();
  readonly #idle: number[];
  /** Aborted by the caller's signal, and by a failure under fail-fast. */
  readonly #stop = new AbortController();
  #reason: 'interrupted' | 'fail-fast' | undefined;
  #started = 0;
  #done: () => void = () => {};
  #broken: (error: unknown) => void = () => {};

  constructor(items: readonly WorkItem[], target: NodeRunner, options: RunGraphOptions, emit: Emit) {
    this.#schedule = new Schedule(items);
    this.#target = target;
    this.#options = options;
    this.#emit = emit;
    this.#clock = options.clock ?? systemClock;
    this.#idle = Array.from({ length: options.threads }, (_, i) => options.threads - i);
  }

  async run(): Promise<GraphResult> {
    const finished = new Promise<void>((resolve, reject) => {
      this.#done = resolve;
      this.#broken = reject;
    });
    const onAbort = (): void => this.#stopAll('interrupted');
    const signal = this.#options.signal;
    signal?.addEventListener('abort', onAbort);
    try {
      if (signal?.aborted) onAbort();
      this.#startReady();
      await finished;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
    return { results: this.#results, threads: this.#threads, interrupted: this.#reason === 'interrupted' };
  }

  /** Starts nodes while there are threads for them; ends the run when nothing is left. */
  #startReady(): void {
    while (this.#idle.length > 0) {
      const id = this.#schedule.take();
      if (id === undefined) break;
      const thread = this.#idle.pop()!;
      // Nodes' trouble is in their results: what is thrown here is a listener's or our own mistake.
      this.#runOne(id, thread).catch(this.#broken);
    }
    if (this.#schedule.isComplete) this.#done();
  }

  async #runOne(id: string, thread: number): Promise<void> {
    this.#started += 1;
    const index = this.#started;
    this.#threads.set(id, thread);
    const node = this.#options.describe(id);
    const total = this.#schedule.size;
    this.#emit({ kind: 'node-started', atMs: this.#clock.nowMs(), node, index, total, thread });
    const result = this.#judge(await this.#attempt(id, node));
    this.#idle.push(thread);
    this.#record(result, index, thread);
    const skips = this.#schedule.finish(
      id,
      isFailure(result) || result.status === 'skipped' ? 'failed' : 'ok',
    );
    for (const skip of skips)
      this.#skip(skip.id, `Skipped because ${nameOf(this.#options, skip.because)} did not succeed`);
    if (isFailure(result) && this.#options.failFast) this.#stopAll('fail-fast');
    this.#startReady();
  }

  /** The node's result, tried again while its error is retryable and nobody asked to stop. */
  async #attempt(id: string, node: NodeFacts): Promise<NodeResult> {
    const policy = this.#options.retries ?? patience;
    for (let attempt = 1; ; attempt += 1) {
      const startedMs = this.#clock.nowMs();
      let result: NodeResult;
      try {
        result = await this.#target.runNode(id, this.#stop.signal);
      } catch (error) {
        result = errorResult(id, error, startedMs, this.#clock.nowMs());
      }
      const { error } = result;
      if (result.status !== 'error' || error?.retryable !== true || result.isFinal === true) return result;
      if (attempt >= policy.attemptsMax || this.#stop.signal.aborted) return result;
      const atMs = this.#clock.nowMs();
      this.#emit({ kind: 'node-retried', atMs, node, attempt, attemptsMax: policy.attemptsMax, error });
      await this.#clock.sleep(delayMs(policy, attempt, this.#options.random ?? systemRandom));
    }
  }

  /** What the run makes of a node's own result: warnings as errors, and what was interrupted. */
  #judge(result: NodeResult): NodeResult {
    if (this.#reason !== undefined && result.status === 'error' && wasInterrupted(result)) {
      const why =
        this.#reason === 'interrupted'
          ? 'Interrupted'
          : 'Interrupted, because another node failed (fail-fast)';
      return { ...result, status: 'skipped', message: why, error: undefined };
    }
    if (this.#options.warnError && result.status === 'warn') {
      const message = result.message.replace('configured to warn if', 'configured to fail if');
      return { ...result, status: 'fail', message };
    }
    return result;
  }

  #stopAll(reason: 'interrupted' | 'fail-fast'): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#emit({ kind: 'stopping', atMs: this.#clock.nowMs(), reason, running: this.#schedule.running });
    const why = reason === 'interrupted' ? 'Skipped, because the run was interrupted' : stoppedByFailure;
    for (const id of this.#schedule.stop()) this.#skip(id, why);
    this.#stop.abort();
    if (this.#schedule.isComplete) this.#done();
  }

  #skip(id: string, message: string): void {
    this.#started += 1;
    this.#record(skippedResult(id, message), this.#started, 0);
  }

  #record(result: NodeResult, index: number, thread: number): void {
    this.#results.push(result);
    const node = this.#options.describe(result.uniqueId);
    const total = this.#schedule.size;
    this.#emit({ kind: 'node-finished', atMs: this.#clock.nowMs(), node, index, total, thread, result });
  }
}

/** Whether the error is our own interruption and not something that went wrong by itself. */
function wasInterrupted({ error }: NodeResult): boolean {
  return error !== undefined && (error.code.endsWith('interrupted') || /\bINTERRUPT\b/.test(error.message));
}

function nameOf(options: RunGraphOptions, id: string): string {
  const { resourceType, name } = options.describe(id);
  return `${resourceType} ${name}`;
}

/** Why a node never started in a run that stops at the first failure. */
export const stoppedByFailure: string = 'Skipped due to fail-fast';

/** The result of a node that never started. */
export function skippedResult(uniqueId: string, message: string): NodeResult {
  return {
    uniqueId,
    status: 'skipped',
    message,
    failures: null,
    adapterResponse: {},
    timing: [],
    executionTimeMs: 0,
    error: undefined,
    compiled: false,
    compiledCode: null,
    relationName: null,
    executedSql: null,
  };
}

/** The result of a node whose work threw. What isn't a `BoathouseError` is our own mistake, and says so. */
export function errorResult(
  uniqueId: string,
  thrown: unknown,
  startedMs: number,
  endedMs: number,
): NodeResult {
  const error = isBoathouseError(thrown)
    ? thrown
    : runnerErrors['internal-error']({ node: uniqueId, problem: String(thrown) }, { cause: thrown });
  return {
    ...skippedResult(uniqueId, error.message),
    status: 'error',
    error,
    executionTimeMs: endedMs - startedMs,
  };
}
