/** REORG TABLE … APPLY (PURGE): files without deleted rows and without columns that were dropped. */
import type { Snapshot } from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import type { Storage } from '../../storage/index.ts';
import type { TableHandle } from '../table-handle.ts';
import type { OperationOptions } from '../transact.ts';
import { targetFileSizeOf } from '../write/stage-table.ts';
import { packBins } from './bin-packing.ts';
import { orderTags } from './cubes.ts';
import { filesWithDroppedColumns, mayHaveDroppedColumns } from './dropped-columns.ts';
import {
  byPartition,
  type Candidate,
  candidatesOf,
  type RewriteUnit,
  readWhere,
  unitsOf,
} from './file-candidates.ts';
import { type RewritePlan, rewriteTable } from './optimize.ts';
import { commitMetrics } from './optimize-metrics.ts';
import type { OptimizeResult } from './optimize-spec.ts';

/** Which files are purged. */
export interface PurgeSpec {
  /** SQL over the table's columns: files that can't hold a row for which it is true are left alone. */
  readonly where?: string;
  /** Files with no larger a share of deleted rows are left alone. 0 unless given: every deleted row goes. */
  readonly minDeletedRatio?: number;
  /** As for OPTIMIZE. */
  readonly targetSizeBytes?: number;
  /** As for OPTIMIZE. */
  readonly batchSizeBytes?: number;
}

/**
 * Writes files again that hold deleted rows, or columns that the table has no more. Rows, their order and their
 * ids stay what they are; so does what a clustered table knows about its files.
 *
 * Under column mapping, when columns were dropped, this looks at the end of every file.
 *
 * @param session where the work is done; one of the library's own unless given.
 * @throws tables.pinned-table, tables.not-an-expression, tables.damaged-file, delta.unsupported-feature,
 * delta.commit-conflict, duckdb.*, storage.*
 */
export function purge(
  handle: TableHandle,
  session: Session | undefined,
  spec: PurgeSpec = {},
  options: OperationOptions = {},
): Promise<OptimizeResult> {
  return rewriteTable(handle, session, options, spec.batchSizeBytes, (own, snapshot) =>
    planPurge(own, snapshot, handle.storage, spec),
  );
}

/** What `purge` would write again. @throws tables.not-an-expression, duckdb.* */
async function planPurge(
  session: Session,
  snapshot: Snapshot,
  storage: Storage,
  spec: PurgeSpec,
): Promise<RewritePlan> {
  const { where, minDeletedRatio = 0 } = spec;
  const targetSizeBytes = spec.targetSizeBytes ?? targetFileSizeOf(snapshot.metadata);
  const predicate = await readWhere(session, snapshot, where, 'REORG');
  const looksInside = mayHaveDroppedColumns(snapshot);
  const { files, considered } = candidatesOf(
    snapshot,
    predicate,
    (file) => looksInside || file.deletedRatio > minDeletedRatio,
  );
  let chosen = files;
  if (looksInside) {
    const whole = files.filter((file) => file.deletedRatio <= minDeletedRatio);
    const paths = whole.map(({ key }) => ({ key, path: snapshot.files.get(key)?.path ?? key }));
    const withMore = await filesWithDroppedColumns(session, snapshot, storage, paths);
    chosen = files.filter((file) => file.deletedRatio > minDeletedRatio || withMore.has(file.key));
  }
  return {
    units: purgeUnits(chosen, snapshot, targetSizeBytes),
    considered,
    style: {
      phase: 'purging',
      targetSizeBytes,
      isWorthwhile: () => true,
      operation: (numbers) => ({
        name: 'REORG',
        parameters: { predicate: where === undefined ? [] : [where], applyPurge: true },
        metrics: commitMetrics(numbers),
      }),
    },
  };
}

/** Files that were ordered together stay told apart from others. */
function purgeUnits(
  chosen: readonly Candidate[],
  { metadata }: Snapshot,
  targetSizeBytes: number,
): readonly RewriteUnit[] {
  const isPartitioned = metadata.partitionColumns.length > 0;
  const byOrder = new Map<string, Candidate[]>();
  for (const file of chosen) {
    const order = orderTags(file.tags);
    const key = JSON.stringify([file.clusteringProvider ?? null, order === undefined ? [] : [...order]]);
    const known = byOrder.get(key);
    if (known === undefined) byOrder.set(key, [file]);
    else known.push(file);
  }
  return [...byOrder.values()].flatMap((files) => {
    const [first] = files;
    const tags = orderTags(first?.tags);
    const groups = byPartition(files).flatMap((some) =>
      // Ordered files hold ranges of their own: put together they would hold one wide one.
      tags === undefined
        ? packBins(some, (file) => file.liveBytes, targetSizeBytes)
        : some.map((file) => [file]),
    );
    return unitsOf(groups, isPartitioned, targetSizeBytes).map((unit) => ({
      ...unit,
      ...(tags === undefined ? {} : { tags }),
      ...(first?.clusteringProvider === undefined ? {} : { clusteringProvider: first.clusteringProvider }),
    }));
  });
}
