/**
 * Compaction that follows a write, for tables that ask for it: `delta.autoOptimize.autoCompact` is `true` or
 * `auto`, or the older `delta.autoOptimize` is `true`.
 *
 * It is done when a partition that was written to has many small files, and only with those. How many there are
 * is counted on from commit to commit, so that a table with many files isn't gone over after each.
 */
import type { CommitResult, Metadata, Snapshot } from '../../delta/index.ts';
import type { TableHandle } from '../table-handle.ts';
import type { OperationOptions } from '../transact.ts';
import { targetFileSizeOf } from '../write/stage-table.ts';
import { partitionKey } from './file-candidates.ts';
import { compactPartitions } from './optimize.ts';
import type { OptimizeResult } from './optimize-spec.ts';

/** Files that a partition has to have below half the target size, as in Delta Spark. */
export const autoCompactFilesMin = 50;

/** Small files by partition, of a table at a version. */
interface Counted {
  readonly version: number;
  readonly small: Map<string, number>;
}

const counts = new WeakMap<TableHandle, Counted>();

/** Whether writes to the table are followed by a compaction. Pure. */
function wantsAutoCompaction({ configuration }: Metadata): boolean {
  const isOn = (key: string): boolean =>
    /^(?:true|auto)$/.test(configuration.get(key)?.trim().toLowerCase() ?? '');
  return isOn('delta.autoOptimize.autoCompact') || isOn('delta.autoOptimize');
}

/**
 * What follows a commit: where the table asks for it and it wrote into partitions with many small files, these
 * are put together in a commit of their own. Undefined when nothing was to be done.
 *
 * The write stands whatever becomes of this: what goes wrong is given back as `failed`.
 *
 * @param filesMin small files from which on it is done.
 */
export async function afterCommit(
  handle: TableHandle,
  committed: Pick<CommitResult, 'snapshot' | 'actions'>,
  options: OperationOptions = {},
  filesMin: number = autoCompactFilesMin,
): Promise<OptimizeResult | { readonly failed: unknown } | undefined> {
  const { snapshot, actions } = committed;
  if (!wantsAutoCompaction(snapshot.metadata)) return undefined;
  const { transaction: _, commitMetadata: _metadata, onProgress: _progress, ...own } = options;
  try {
    const written = new Set<string>();
    for (const action of actions) {
      // What only rearranges, a compaction above all, calls for no further one.
      if (action.kind === 'add' && action.dataChange) written.add(partitionKey(action));
    }
    const { small } = countSmall(handle, committed);
    const crowded = new Set([...written].filter((partition) => (small.get(partition) ?? 0) >= filesMin));
    if (crowded.size === 0) return undefined;
    return await compactPartitions(handle, crowded, smallBytes(snapshot), own);
  } catch (failed) {
    return { failed };
  }
}

function smallBytes({ metadata }: Snapshot): number {
  return targetFileSizeOf(metadata) / 2;
}

/** The small files at the version that was committed: counted on from the one before, where that is known. */
function countSmall(
  handle: TableHandle,
  { snapshot, actions }: Pick<CommitResult, 'snapshot' | 'actions'>,
): Counted {
  const limit = smallBytes(snapshot);
  const known = counts.get(handle);
  const small = new Map(known?.version === snapshot.version - 1 ? known.small : undefined);
  const count = (partition: string, by: number): void => {
    small.set(partition, (small.get(partition) ?? 0) + by);
  };
  if (known?.version === snapshot.version - 1) {
    for (const action of actions) {
      if (action.kind === 'add' && action.sizeBytes < limit) count(partitionKey(action), 1);
      if (action.kind === 'remove' && (action.sizeBytes ?? limit) < limit) {
        count(partitionKey({ partitionValues: action.partitionValues ?? new Map() }), -1);
      }
    }
  } else {
    for (const file of snapshot.files.values()) {
      if (file.sizeBytes < limit) count(partitionKey(file), 1);
    }
  }
  const counted = { version: snapshot.version, small };
  counts.set(handle, counted);
  return counted;
}
