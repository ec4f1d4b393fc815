/**
 * What stands in `_delta_log`: the names, and which of the files make up a version.
 *
 * Source: Delta protocol, "Delta Log Entries", "Checkpoints", "Log Compaction Files".
 */
import type { FileInfo, Storage } from '../../storage/index.ts';

/** The folder of the log. */
export const logFolder = '_delta_log';

/** A checkpoint: all the files that together hold the state at `version`. */
export interface CheckpointFiles {
  readonly version: number;
  /** One file, or every part in order. */
  readonly paths: readonly string[];
  /** JSON only for V2 checkpoints. */
  readonly format: 'parquet' | 'json';
}

/** A file that stands for the commits `first` to `last`. */
export interface CompactionFile {
  readonly first: number;
  readonly last: number;
  readonly path: string;
}

/** What a listing of the log found. */
export interface LogListing {
  /** Commits by version. */
  readonly commits: ReadonlyMap<number, FileInfo>;
  /** Complete ones, oldest first; for the same version, the ones to prefer last. */
  readonly checkpoints: readonly CheckpointFiles[];
  readonly compactions: readonly CompactionFile[];
  /** Checksum files by version. */
  readonly checksums: ReadonlyMap<number, FileInfo>;
}

/** The path of the commit of `version`. */
export function commitPath(version: number): string {
  return `${logFolder}/${padVersion(version)}.json`;
}

/** The path of the classic checkpoint of `version`. */
export function checkpointPath(version: number): string {
  return `${logFolder}/${padVersion(version)}.checkpoint.parquet`;
}

/** The path of a checkpoint of `version` that is told from others of the same version by a UUID. */
export function manifestPath(version: number, uuid: string): string {
  return `${logFolder}/${padVersion(version)}.checkpoint.${uuid}.json`;
}

/** The path of the checksum of `version`. */
export function checksumPath(version: number): string {
  return `${logFolder}/${padVersion(version)}.crc`;
}

/** The path of the file that stands for the commits `first` to `last`. */
export function compactionPath(first: number, last: number): string {
  return `${logFolder}/${padVersion(first)}.${padVersion(last)}.compacted.json`;
}

/** The folder of the parts of checkpoints that stand in files of their own. */
export const sidecarFolder: string = `${logFolder}/_sidecars`;

/** The path of the pointer to a recent checkpoint. */
export const lastCheckpointPath: string = `${logFolder}/_last_checkpoint`;

/**
 * The log's files from version `first` on.
 *
 * Costs one listing. Names that aren't the log's are skipped, and so is everything after the numbered
 * files (`_last_checkpoint`, sidecars).
 */
export async function listLog(storage: Storage, first = 0): Promise<LogListing> {
  const commits = new Map<number, FileInfo>();
  const compactions: CompactionFile[] = [];
  const checksums = new Map<number, FileInfo>();
  const whole: CheckpointFiles[] = [];
  const parts = new Map<string, string[]>();
  // `first` without a suffix sorts right before every file of that version.
  for await (const info of storage.list(`${logFolder}/`, `${logFolder}/${padVersion(first)}`)) {
    const name = info.path.slice(logFolder.length + 1);
    if (name > ':') break;
    const match = logName.exec(name);
    if (!match) continue;
    const version = Number(match[1]);
    // Nobody gets there by committing; arithmetic on it would go wrong.
    if (!Number.isSafeInteger(version)) continue;
    const [, , commit, checksum, compactedTo, part, partCount, uuidFormat, classic] = match;
    if (commit !== undefined) commits.set(version, info);
    else if (checksum !== undefined) checksums.set(version, info);
    else if (compactedTo !== undefined) {
      const last = Number(compactedTo);
      if (last > version) compactions.push({ first: version, last, path: info.path });
    } else if (classic !== undefined) whole.push({ version, paths: [info.path], format: 'parquet' });
    else if (uuidFormat === 'json' || uuidFormat === 'parquet') {
      whole.push({ version, paths: [info.path], format: uuidFormat });
    } else if (part !== undefined && partCount !== undefined) {
      const key = `${version}/${Number(partCount)}`;
      const paths = parts.get(key) ?? [];
      paths[Number(part) - 1] = info.path;
      parts.set(key, paths);
    }
  }
  const checkpoints = [...completeParts(parts), ...whole].sort((a, b) => a.version - b.version);
  return { commits, checkpoints, compactions, checksums };
}

/** The newest version that a commit or a checkpoint shows; -1 when there is none. */
export function latestVersion(log: LogListing): number {
  let latest = log.checkpoints.at(-1)?.version ?? -1;
  for (const version of log.commits.keys()) latest = Math.max(latest, version);
  return latest;
}

/** The oldest version that can be read: 0 while its commit is there, else the oldest checkpoint's. */
export function firstVersion(log: LogListing): number {
  return log.commits.has(0) ? 0 : (log.checkpoints[0]?.version ?? 0);
}

/** `version` as the log's names begin: 20 digits. */
export function padVersion(version: number): string {
  return String(version).padStart(20, '0');
}

const logName =
  /^(\d{20})\.(?:(json)|(crc)|(\d{20})\.compacted\.json|checkpoint\.(?:(\d{10})\.(\d{10})\.parquet|[0-9a-fA-F-]{36}\.(json|parquet)|(parquet)))$/;

/** Multi-part checkpoints aren't written in one step, so one with a missing part doesn't count. */
function completeParts(parts: ReadonlyMap<string, readonly string[]>): CheckpointFiles[] {
  const complete: CheckpointFiles[] = [];
  for (const [key, paths] of parts) {
    const [version, count] = key.split('/').map(Number) as [number, number];
    const present = paths.filter((path) => path !== undefined);
    if (present.length === count && paths.length === count) {
      complete.push({ version, paths: present, format: 'parquet' });
    }
  }
  return complete;
}
