/**
 * Log clean-up: removing commits, checkpoints and their companions that no kept version needs.
 *
 * What is kept begins at a checkpoint that was proved readable. Files go in the order of their versions, so
 * that whenever it stops, what is left begins at a checkpoint again.
 *
 * Source: Delta protocol, "Metadata Cleanup"; the checkpointProtection feature.
 */
import type { FileInfo, Storage } from '../../storage/index.ts';
import { logRetentionMs } from '../table-properties.ts';
import { readCheckpoint, sidecarPath } from './checkpoint-read.ts';
import { readActions } from './commit-file.ts';
import { type CheckpointFiles, type LogListing, listLog, logFolder, sidecarFolder } from './log-files.ts';
import type { ParquetRows } from './parquet-rows.ts';
import type { Snapshot } from './snapshot.ts';

/** What a clean-up did, or would do. */
export interface LogCleanup {
  /** The oldest version that can still be read; undefined when nothing expired. */
  readonly oldestKept: number | undefined;
  /** What was removed, or would be, in that order. */
  readonly paths: readonly string[];
  readonly sizeBytes: number;
  /** Why nothing was removed although commits have expired. */
  readonly kept?: string;
}

/** How the log is cleaned up. */
export interface CleanLogOptions {
  /** Reads checkpoints: the one that what is kept begins with, and those that name sidecars. */
  readonly rows: ParquetRows;
  /** Only says what would be removed. */
  readonly dryRun?: boolean;
}

/**
 * Removes the log's files from before the newest checkpoint that is older than the table's log retention, and
 * sidecars that no checkpoint names.
 *
 * Safe beside readers and writers: every version from that checkpoint on reads as before. Costs a listing up to the
 * first commit; another when that is old enough; and when something has expired the reading of that checkpoint and of every manifest.
 *
 * @throws storage.*
 */
export async function cleanLog(
  storage: Storage,
  snapshot: Snapshot,
  nowMs: number,
  { rows, dryRun = false }: CleanLogOptions,
): Promise<LogCleanup> {
  const nothing: LogCleanup = { oldestKept: undefined, paths: [], sizeBytes: 0 };
  const cutAt = (timeMs: number): number =>
    Math.floor((timeMs - logRetentionMs(snapshot.metadata)) / dayMs) * dayMs;
  // As a rule the oldest commit is too young, and nothing else has to be looked at.
  const oldestMs = await oldestCommitMs(storage);
  if (oldestMs !== undefined && oldestMs > cutAt(nowMs)) return nothing;
  const log = await listLog(storage);
  // Whose clock is wrong must not take what others still commit upon: time is no later than the newest commit
  // says, by the clock that all these times come from.
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const { modifiedMs } of log.commits.values()) newestMs = Math.max(newestMs, modifiedMs);
  // Midnight in UTC, so that a table isn't cleaned up all day long.
  const cut = lastCommitBefore(log, cutAt(Math.min(nowMs, newestMs)));
  const start = log.checkpoints.findLast((c) => c.version <= cut);
  if (!start) return nothing;

  const expired = await filesBefore(storage, start.version);
  let kept: string | undefined;
  if (expired.length > 0) kept = whyKept(snapshot, start) ?? (await whyUnreadable(storage, start, rows));
  const gone = kept === undefined ? expired : [];
  const removed = [...gone, ...(await orphanSidecars(storage, log, gone, Math.min(nowMs, newestMs), rows))];
  if (!dryRun) for (const { path } of removed) await storage.remove(path);
  return {
    oldestKept: gone.length > 0 ? start.version : undefined,
    paths: removed.map(({ path }) => path),
    sizeBytes: removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    ...(kept === undefined ? {} : { kept }),
  };
}

const dayMs = 86_400_000;

/** When the commit of the lowest version was made; undefined when there is none. */
async function oldestCommitMs(storage: Storage): Promise<number | undefined> {
  for await (const { path, modifiedMs } of storage.list(`${logFolder}/`)) {
    if (/\/\d{20}\.json$/.test(path)) return modifiedMs;
  }
  return undefined;
}

/** The newest version whose commit, and every one before, is from before `timeMs`; -1 when there is none. */
function lastCommitBefore(log: LogListing, timeMs: number): number {
  let last = -1;
  for (const version of [...log.commits.keys()].sort((a, b) => a - b)) {
    // Times rise from version to version: one that is too young keeps all that follow.
    if ((log.commits.get(version)?.modifiedMs ?? Number.POSITIVE_INFINITY) > timeMs) break;
    last = version;
  }
  return last;
}

/** The log's files of versions before `version`, in order; of each version the checkpoint goes first. */
async function filesBefore(storage: Storage, version: number): Promise<FileInfo[]> {
  const files: { readonly version: number; readonly info: FileInfo }[] = [];
  for await (const info of storage.list(`${logFolder}/`)) {
    const name = info.path.slice(logFolder.length + 1);
    if (name > ':') break;
    const match = /^(\d{20})\.(?:json|crc|checkpoint\..*|(\d{20})\.compacted\.json)$/.exec(name);
    if (!match) continue;
    const from = Number(match[1]);
    // A compaction that begins at the checkpoint or before would lead across it.
    if (from < version || (match[2] !== undefined && from <= version)) files.push({ version: from, info });
  }
  const rank = (path: string): number => (path.includes('.checkpoint.') ? 0 : 1);
  return files
    .sort((a, b) => a.version - b.version || rank(a.info.path) - rank(b.info.path))
    .map(({ info }) => info);
}

/** Checkpoints before the protected version may only go all at once, with everything before it. */
function whyKept({ metadata }: Snapshot, start: CheckpointFiles): string | undefined {
  const text = metadata.configuration.get('delta.requireCheckpointProtectionBeforeVersion');
  const protectedBefore = Number(text ?? 0);
  if (!(protectedBefore > start.version)) return undefined;
  return `checkpoints before version ${text} are protected (delta.requireCheckpointProtectionBeforeVersion)`;
}

/** A checkpoint that can't be read must not become all there is. */
async function whyUnreadable(
  storage: Storage,
  start: CheckpointFiles,
  rows: ParquetRows,
): Promise<string | undefined> {
  try {
    await readCheckpoint(storage, start, rows);
    return undefined;
  } catch (error) {
    return `${start.paths[0]} can't be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Sidecars that none of the checkpoints left names, and that are too old to belong to one being written. */
async function orphanSidecars(
  storage: Storage,
  log: LogListing,
  gone: readonly FileInfo[],
  nowMs: number,
  rows: ParquetRows,
): Promise<FileInfo[]> {
  const oldMs = Math.floor(nowMs / dayMs) * dayMs - dayMs;
  const old: FileInfo[] = [];
  for await (const info of storage.list(`${sidecarFolder}/`)) {
    if (info.modifiedMs < oldMs && info.path.endsWith('.parquet')) old.push(info);
  }
  if (old.length === 0) return [];
  const removed = new Set(gone.map(({ path }) => path));
  const named = new Set<string>();
  try {
    for (const checkpoint of log.checkpoints) {
      for (const path of checkpoint.paths) {
        if (!removed.has(path))
          for (const name of await namedSidecars(storage, checkpoint, path, rows)) named.add(name);
      }
    }
  } catch {
    // What a checkpoint that can't be read names isn't known, so everything stays.
    return [];
  }
  return old.filter(({ path }) => !named.has(path));
}

async function namedSidecars(
  storage: Storage,
  { format }: CheckpointFiles,
  path: string,
  rows: ParquetRows,
): Promise<string[]> {
  const names: string[] = [];
  if (format === 'json') {
    for (const action of await readActions(storage, path)) {
      if (action.kind === 'sidecar') names.push(sidecarPath(action.path));
    }
    return names;
  }
  for await (const row of rows.read(storage, path, ['sidecar'])) {
    const sidecar = row['sidecar'];
    const logPath =
      typeof sidecar === 'object' && sidecar !== null ? (sidecar as typeof row)['path'] : undefined;
    if (typeof logPath === 'string') names.push(sidecarPath(logPath));
  }
  return names;
}
