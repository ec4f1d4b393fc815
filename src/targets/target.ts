/**
 * A target: where compiled SQL runs, and how what it made becomes visible.
 *
 * A runner opens a target, prepares it for the nodes it will run, runs them in any order the graph
 * allows and several at once, publishes, and closes. Nothing that a run made inside the catalog is
 * visible to anybody before `publish`, and everything is after it.
 */
import type { BoathouseError, Clock, Random } from '../base/index.ts';
import type { Plain, TimeWindow, Warehouse, WarehouseSession } from '../compiler/index.ts';
import type { PlanStep } from './plan.ts';

/** dbt's states of a node. */
export type NodeStatus =
  | 'success'
  | 'error'
  | 'skipped'
  | 'pass'
  | 'fail'
  | 'warn'
  | 'no-op'
  /** Some batches of a microbatch model failed and others didn't. */
  | 'partial success';

/** What became of a microbatch model's batches, oldest first. */
export interface BatchResults {
  readonly successful: readonly TimeWindow[];
  readonly failed: readonly TimeWindow[];
}

/** One timed part of a node's work, as `run_results.json` shows it. */
export interface NodeTiming {
  readonly name: 'compile' | 'execute';
  readonly startedAt: Date;
  readonly completedAt: Date;
}

/** What became of a node. */
export interface NodeResult {
  readonly uniqueId: string;
  readonly status: NodeStatus;
  /** dbt's message: `OK`, `SELECT 3`, `Got 2 results, configured to fail if != 0`; the error's text. */
  readonly message: string;
  /** Failing rows of a test; null for everything else. */
  readonly failures: number | null;
  /** dbt's `adapter_response`: `_message`, and `code` and `rows_affected` where there are any. */
  readonly adapterResponse: Plain;
  readonly timing: readonly NodeTiming[];
  readonly executionTimeMs: number;
  readonly error: BoathouseError | undefined;
  /** True when trying again could do something twice: the node has hooks, and one may have committed. */
  readonly isFinal?: boolean;
  readonly compiled: boolean;
  readonly compiledCode: string | null;
  readonly relationName: string | null;
  /** The statements that made the relation, for `target/run`; null where nothing ran. */
  readonly executedSql: string | null;
  /** Of a microbatch model. */
  readonly batchResults?: BatchResults;
}

/** What a target tells while it works. */
export type TargetNotice =
  | { readonly kind: 'waiting'; readonly lease: string; readonly holder: string; readonly sinceMs: number }
  | { readonly kind: 'warning'; readonly code: string; readonly message: string; readonly uniqueId?: string };

/** How a target is opened. */
export interface TargetOptions {
  /** How long to wait for another run that keeps tables in the same file; 10 minutes unless given. */
  readonly lockTimeoutMs?: number;
  /** How long superseded generations and their files stay readable; a day unless given. */
  readonly graceMs?: number;
  /** How many of the newest generations stay readable, however old; 10 unless given, or 1 with `graceMs`. */
  readonly keepLast?: number;
  readonly onNotice?: (notice: TargetNotice) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  /**
   * `false` for commands that only look (compile, show, ls): no lease is taken, whatever is selected,
   * and `publish` is refused.
   */
  readonly writes?: boolean;
  /** Stores failing rows of every test, as `--store-failures` does. */
  readonly storeFailures?: boolean;
  /** Microbatch models of which only the failed batches are due, and what had become of all of them. */
  readonly previousBatches?: ReadonlyMap<string, BatchResults>;
  /** Up to when batches are due where nobody says; the beginning of the invocation unless given. */
  readonly batchesUntil?: Date;
}

/** What publishing did. */
export interface PublishResult {
  /** False when the target has nothing to publish (a `:memory:` path) or nothing changed. */
  readonly published: boolean;
  /** The generation that is newest now; null without a catalog. */
  readonly generation: number | null;
  /** Absolute path of the published DuckDB file; null without one. */
  readonly path: string | null;
  /** Relations made, made again or removed. */
  readonly changed: number;
}

/** The two moments at which a project's own hooks run. */
export type HookMoment = 'on-run-start' | 'on-run-end';

/** An open target. */
export interface Target {
  readonly warehouse: Warehouse;
  /**
   * Makes ready for `uniqueIds`: the working database with everything that is published, the lease
   * when tables will be kept, the schemas, and unselected parents found where their files are.
   *
   * @throws catalog.lease-timeout when another run kept the file for too long.
   */
  prepare(uniqueIds: readonly string[]): Promise<void>;
  /** Runs one node. Trouble of the node's is in the result, not thrown. Safe to call concurrently. */
  runNode(uniqueId: string, signal?: AbortSignal): Promise<NodeResult>;
  /** Runs the hooks of every package in order, stopping at the first that fails. */
  runHooks(moment: HookMoment, extra?: Plain): Promise<readonly NodeResult[]>;
  /** What running the node now would do. Runs nothing but DESCRIBE. */
  plan(uniqueId: string): Promise<readonly PlanStep[]>;
  /** A session of the caller's own, for `show`, `run-operation` and the like. */
  session(name?: string): Promise<WarehouseSession>;
  /** Makes what the run did visible: one generation, one new file, both or neither. */
  publish(): Promise<PublishResult>;
  /** Lets go of everything. What wasn't published is gone, except external files and Delta tables. */
  close(): Promise<void>;
}
