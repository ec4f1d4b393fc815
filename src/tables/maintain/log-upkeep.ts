/** The upkeep of a table's log: checkpoints, compactions of commits, and clean-up. */
import { systemClock, systemRandom } from '../../base/index.ts';
import {
  type CheckpointWritten,
  cleanLog,
  compactLog,
  type LogCleanup,
  type LogListing,
  listLog,
  writeCheckpoint,
} from '../../delta/index.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import type { TableHandle } from '../table-handle.ts';
import type { OperationOptions } from '../transact.ts';

/**
 * Writes a checkpoint of the table as it is now, of the kind its properties ask for. No commit is made.
 *
 * @throws storage.*, delta.corrupt-log
 */
export async function checkpointTable(
  handle: TableHandle,
  options: OperationOptions = {},
): Promise<CheckpointWritten & { readonly version: number }> {
  const snapshot = await handle.refresh();
  const { clock = systemClock, random = systemRandom } = options;
  options.signal?.throwIfAborted();
  const written = await writeCheckpoint(handle.storage, snapshot, duckdbParquetRows, clock.nowMs(), {
    random,
  });
  return { ...written, version: snapshot.version };
}

/** A run of commits, and the file that stands for them. */
export interface CompactedLog {
  readonly first: number;
  readonly last: number;
  readonly path: string;
}

/**
 * Writes a file that stands for the commits since the last checkpoint, for readers that know such files;
 * undefined when there are fewer than two that aren't in one yet. The newest commit stays outside, since
 * readers need its own record.
 *
 * @throws storage.*, delta.corrupt-log
 */
export async function compactTableLog(
  handle: TableHandle,
  options: OperationOptions = {},
): Promise<CompactedLog | undefined> {
  const { version } = await handle.refresh();
  const log = await listLog(handle.storage);
  options.signal?.throwIfAborted();
  const first = lastCompacted(log, version) + 1;
  const last = version - 1;
  if (last <= first) return undefined;
  return { first, last, path: await compactLog(handle.storage, first, last) };
}

/** The last commit that a checkpoint or a compaction stands for; a compaction begins where another ended. Pure. */
export function lastCompacted(log: LogListing, version: number): number {
  const checkpoint = lastCheckpoint(log, version);
  return log.compactions
    .filter(({ first, last }) => first > checkpoint && last <= version)
    .reduce((latest, { last }) => Math.max(latest, last), checkpoint);
}

/** The version of the newest checkpoint up to `version`; -1 when there is none. Pure. */
export function lastCheckpoint({ checkpoints }: LogListing, version: number): number {
  return checkpoints.findLast((candidate) => candidate.version <= version)?.version ?? -1;
}

/**
 * Removes the commits and checkpoints that are older than the table's log retention, up to the newest checkpoint
 * that is; versions before it can't be read any more.
 *
 * @param options `dryRun` only says what would be removed.
 * @throws storage.*
 */
export async function cleanTableLog(
  handle: TableHandle,
  options: OperationOptions & { readonly dryRun?: boolean } = {},
): Promise<LogCleanup> {
  const snapshot = await handle.refresh();
  const { clock = systemClock, dryRun = false } = options;
  options.signal?.throwIfAborted();
  return cleanLog(handle.storage, snapshot, clock.nowMs(), { rows: duckdbParquetRows, dryRun });
}
