/** OPTIMIZE: files of good size, in a good order, without deleted rows. */
import { systemRandom } from '../../base/index.ts';
import { assertWritable, type Operation, type Snapshot } from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import { clusteringColumns } from '../alter/clustering.ts';
import { tablesErrors } from '../errors.ts';
import { withScratchSession } from '../scratch.ts';
import type { TableHandle } from '../table-handle.ts';
import { type OperationOptions, wasCommitted } from '../transact.ts';
import { targetFileSizeOf } from '../write/stage-table.ts';
import { packRuns } from './bin-packing.ts';
import { columnNames, isClusterable, isUnclustered, planCubes } from './cubes.ts';
import { orderColumns } from './curve-columns.ts';
import { maintainErrors } from './errors.ts';
import {
  byPartition,
  type CompactionWishes,
  candidatesOf,
  compactionGroups,
  isCompactable,
  isWorthwhile,
  type RewriteUnit,
  readWhere,
  unitsOf,
} from './file-candidates.ts';
import { commitMetrics, optimizeMetrics } from './optimize-metrics.ts';
import type { OptimizeResult, OptimizeSpec } from './optimize-spec.ts';
import { commitRewrite, type RewriteNumbers, type RewriteStyle } from './rewrite-batch.ts';

/** What is to be written again, before any of it is. */
export interface RewritePlan {
  readonly units: readonly RewriteUnit[];
  readonly style: RewriteStyle;
  /** Files that were looked at. */
  readonly considered: number;
}

/** A file smaller than this part of the target is put together with others. */
const smallFileRatio = 0.75;

/** A larger share of deleted rows makes a file worth writing again. */
const maxDeletedRatioDefault = 0.05;

/** Cubes of so many files are left alone. */
const cubeFiles = 64;

const batchSizeBytesDefault = 2 * 1024 ** 3;

/**
 * Puts small files together; for a clustered table, clusters what isn't yet; with `zOrderBy`, orders all rows.
 *
 * Rows, and their ids, stay what they are, and nobody is in the way of a writer who only adds. Files that others
 * change meanwhile are left to the next run. Large work is several commits: each stands when it is made. When
 * there is nothing to do, nothing is written.
 *
 * @param session where the work is done; one of the library's own unless given.
 * @throws tables.bad-optimize, tables.no-such-column, tables.pinned-table, tables.not-an-expression,
 * tables.damaged-file, delta.unsupported-feature, delta.commit-conflict, duckdb.*, storage.*
 */
export function optimize(
  handle: TableHandle,
  session: Session | undefined,
  spec: OptimizeSpec = {},
  options: OperationOptions = {},
): Promise<OptimizeResult> {
  return rewriteTable(handle, session, options, spec.batchSizeBytes, (own, snapshot) =>
    planOptimize(handle.uri, own, snapshot, spec, options),
  );
}

/**
 * What `optimize` would write again.
 *
 * @throws tables.bad-optimize, tables.no-such-column, tables.not-an-expression, duckdb.*
 */
export async function planOptimize(
  table: string,
  session: Session,
  snapshot: Snapshot,
  spec: OptimizeSpec,
  options: OperationOptions,
): Promise<RewritePlan> {
  const { where, zOrderBy = [], full = false } = spec;
  const clusterBy = clusteringColumns(snapshot) ?? [];
  assertSensible(table, spec, clusterBy.length > 0);
  const predicate = await readWhere(session, snapshot, where, 'OPTIMIZE');
  const targetSizeBytes = spec.targetSizeBytes ?? targetFileSizeOf(snapshot.metadata);
  const isPartitioned = snapshot.metadata.partitionColumns.length > 0;
  const named = columnNames(clusterBy);
  const style = (more: Pick<RewriteStyle, 'phase' | 'isWorthwhile' | 'order'>): RewriteStyle => ({
    targetSizeBytes,
    ...more,
    operation: (numbers) => optimizeOperation(spec, named, numbers),
  });
  if (clusterBy.length > 0) {
    const minCubeSizeBytes = spec.minCubeSizeBytes ?? cubeFiles * targetSizeBytes;
    const wishes = { columns: clusterBy, full, minCubeSizeBytes };
    const { files, considered } = candidatesOf(snapshot, predicate, (file) => isClusterable(file, wishes));
    const columns = orderColumns(table, snapshot.schema, clusterBy, []);
    return {
      units: planCubes(files, wishes, options.random ?? systemRandom),
      considered,
      style: style({ phase: 'clustering', order: { curve: 'hilbert', columns }, isWorthwhile: () => true }),
    };
  }
  if (zOrderBy.length > 0) {
    const { schema, metadata } = snapshot;
    const columns = orderColumns(table, schema, zOrderBy, metadata.partitionColumns);
    const { files, considered } = candidatesOf(snapshot, predicate, () => true);
    return {
      units: unitsOf(byPartition(files), isPartitioned, targetSizeBytes),
      considered,
      style: style({ phase: 'ordering', order: { curve: 'z-order', columns }, isWorthwhile: () => true }),
    };
  }
  const wishes: CompactionWishes = {
    targetSizeBytes,
    minFileSizeBytes: spec.minFileSizeBytes ?? targetSizeBytes * smallFileRatio,
    maxDeletedRatio: spec.maxDeletedRatio ?? maxDeletedRatioDefault,
  };
  const { files, considered } = candidatesOf(snapshot, predicate, (file) => isCompactable(file, wishes));
  const togetherMaxBytes = spec.batchSizeBytes ?? batchSizeBytesDefault;
  return {
    units: unitsOf(compactionGroups(files, wishes), isPartitioned, targetSizeBytes, togetherMaxBytes),
    considered,
    style: style({ phase: 'compacting', isWorthwhile: (group) => isWorthwhile(group, wishes) }),
  };
}

/**
 * Puts together the files of some partitions that are smaller than `minFileSizeBytes`, as what follows a write: not
 * asked for, and marked as that in the log.
 *
 * @param partitions by `partitionKey`.
 * @throws what `optimize` throws
 */
export function compactPartitions(
  handle: TableHandle,
  partitions: ReadonlySet<string>,
  minFileSizeBytes: number,
  options: OperationOptions,
): Promise<OptimizeResult> {
  return rewriteTable(handle, undefined, options, undefined, async (_, snapshot) => {
    const spec = { auto: true };
    const targetSizeBytes = targetFileSizeOf(snapshot.metadata);
    const wishes = { targetSizeBytes, minFileSizeBytes, maxDeletedRatio: Number.POSITIVE_INFINITY };
    const isClustered = (clusteringColumns(snapshot) ?? []).length > 0;
    const { files, considered } = candidatesOf(
      snapshot,
      undefined,
      // Mixed with others, clustered rows would have to be clustered once more.
      (file) => isCompactable(file, wishes) && (!isClustered || isUnclustered(file)),
      partitions,
    );
    const isPartitioned = snapshot.metadata.partitionColumns.length > 0;
    return {
      units: unitsOf(compactionGroups(files, wishes), isPartitioned, targetSizeBytes, batchSizeBytesDefault),
      considered,
      style: {
        phase: 'compacting',
        targetSizeBytes,
        isWorthwhile: (group) => isWorthwhile(group, wishes),
        operation: (numbers) => optimizeOperation(spec, [], numbers),
      },
    };
  });
}

/** Plans once, and commits batch by batch. */
export async function rewriteTable(
  handle: TableHandle,
  session: Session | undefined,
  options: OperationOptions,
  batchSizeBytes: number | undefined,
  plan: (session: Session, snapshot: Snapshot) => Promise<RewritePlan>,
): Promise<OptimizeResult> {
  if (session === undefined) {
    return withScratchSession((own) => rewriteTable(handle, own, options, batchSizeBytes, plan));
  }
  if (handle.isPinned)
    throw tablesErrors['pinned-table']({ table: handle.uri, version: handle.snapshot.version });
  const snapshot = await handle.refresh();
  assertWritable(handle.uri, snapshot.protocol, snapshot);
  const { transaction, ...batchOptions } = options;
  if (wasCommitted(snapshot, transaction)) {
    return { version: snapshot.version, changed: false, skipped: true, metrics: optimizeMetrics([], 0) };
  }
  const { units, style, considered } = await plan(session, snapshot);
  const batches = packRuns(units, (unit) => unit.sizeBytes, batchSizeBytes ?? batchSizeBytesDefault);
  const total = units.reduce((sum, unit) => sum + filesIn(unit), 0);
  let done = 0;
  const commits: RewriteNumbers[] = [];
  for (const [index, batch] of batches.entries()) {
    // The transaction is done when all of it is.
    const own = index === batches.length - 1 ? options : batchOptions;
    const committed = await commitRewrite(handle, session, batch, style, own, (files) => {
      done = Math.min(total, done + files);
      options.onProgress?.({ phase: style.phase, done, total, unit: 'files' });
    });
    if (committed !== undefined) commits.push(committed);
  }
  return {
    version: handle.snapshot.version,
    changed: commits.length > 0,
    skipped: false,
    metrics: optimizeMetrics(commits, considered),
  };
}

function filesIn(unit: RewriteUnit): number {
  return unit.groups.reduce((sum, group) => sum + group.length, 0);
}

/** @throws tables.bad-optimize */
function assertSensible(table: string, spec: OptimizeSpec, isClustered: boolean): void {
  const bad = (problem: string): Error => maintainErrors['bad-optimize']({ table, problem });
  const { zOrderBy = [], targetSizeBytes, full = false } = spec;
  if (targetSizeBytes !== undefined && !(targetSizeBytes >= 1))
    throw bad(`files of ${targetSizeBytes} bytes are wanted`);
  if (isClustered && zOrderBy.length > 0)
    throw bad('it is clustered, so its rows have an order already; leave ZORDER BY out');
  if (!isClustered && full) throw bad('FULL is for clustered tables, and it has no clustering columns');
}

/** Source: the parameters that Delta Spark gives an OPTIMIZE. */
function optimizeOperation(
  { where, zOrderBy = [], full = false, auto = false }: OptimizeSpec,
  clusterBy: readonly string[],
  numbers: RewriteNumbers,
): Operation {
  return {
    name: 'OPTIMIZE',
    parameters: {
      predicate: where === undefined ? [] : [where],
      zOrderBy: zOrderBy.map((path) => (typeof path === 'string' ? path : path.join('.'))),
      clusterBy: [...clusterBy],
      auto,
      ...(clusterBy.length > 0 ? { isFull: full } : {}),
    },
    metrics: commitMetrics(numbers),
  };
}
