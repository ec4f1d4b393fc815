/**
 * From the log to a snapshot: pick a checkpoint, then the commits after it, in order, without a gap.
 *
 * A listing isn't a snapshot of the folder. While others commit and clean up, it can miss a file and
 * show a later one, or name a file that has gone since; so a log that looks broken is looked at again
 * before it is called damaged.
 */
import {
  type Clock,
  isBoathouseError,
  type RetryPolicy,
  retry,
  systemClock,
  systemRandom,
} from '../../base/index.ts';
import type { FileInfo, Storage } from '../../storage/index.ts';
import { deltaErrors } from '../errors.ts';
import { readCheckpoint } from './checkpoint-read.ts';
import { readActions } from './commit-file.ts';
import { fileTimes, inCommitTimestampMs, versionAt } from './commit-times.ts';
import { readLastCheckpoint } from './last-checkpoint.ts';
import {
  type CheckpointFiles,
  commitPath,
  firstVersion,
  type LogListing,
  latestVersion,
  listLog,
} from './log-files.ts';
import type { ParquetRows } from './parquet-rows.ts';
import { readAhead } from './read-ahead.ts';
import {
  applyActions,
  finishState,
  type Snapshot,
  startState,
  stateOfCheckpoint,
  type TableState,
} from './snapshot.ts';
import { verifyChecksum } from './version-checksum.ts';

/** Which version to read, and how checkpoints are read. */
export interface ReadSnapshotOptions {
  /** The latest unless given. */
  readonly version?: number;
  /** In place of a version: the one that was current then. See `versionAt`. */
  readonly timestampMs?: number;
  readonly rows: ParquetRows;
  /** Decides how the waits between attempts pass. The machine's clock unless given. */
  readonly clock?: Clock;
}

/**
 * The table at a version. `storage` is rooted at the table's folder.
 *
 * Says nothing about whether the table can be read rightly: see `assertReadable`.
 *
 * Costs two requests (`_last_checkpoint`, a listing from there), the checkpoint, and one request for
 * each commit after it.
 *
 * @throws delta.not-a-table, delta.no-such-version, delta.corrupt-log, delta.bad-schema, delta.outside-table
 */
export async function readSnapshot(storage: Storage, options: ReadSnapshotOptions): Promise<Snapshot> {
  const { version, timestampMs, clock = systemClock } = options;
  try {
    return await retry(attempts, clock, systemRandom, mayPass, async (attempt) => {
      const wanted = timestampMs === undefined ? version : await versionAt(storage, timestampMs);
      return readOnce(storage, options, wanted, attempt);
    });
  } catch (error) {
    throw asCorrupt(error, storage);
  }
}

/**
 * The table as it is now, where `snapshot` is what it was. The very same object when nothing was committed since.
 * A table that was deleted and made anew in its place is told by its commit, and read anew.
 *
 * Costs one listing, and one request for each commit made since; what it costs to read the table anew when
 * these don't lead on from `snapshot`.
 *
 * @throws delta.not-a-table, delta.corrupt-log, delta.bad-schema, delta.outside-table
 */
export async function updateSnapshot(
  storage: Storage,
  snapshot: Snapshot,
  options: Omit<ReadSnapshotOptions, 'version' | 'timestampMs'>,
): Promise<Snapshot> {
  const { version } = snapshot;
  const log = await listLog(storage, version);
  const latest = latestVersion(log);
  const known = stamps.get(snapshot);
  const stamp = stampOf(log.commits.get(version));
  // Deleted and made anew under us: another table has the numbers of this one.
  if (known !== undefined && known !== stamp) return readSnapshot(storage, options);
  if (stamp !== undefined) stamps.set(snapshot, stamp);
  const isNearer = log.checkpoints.some((c) => c.version > version + updateMax);
  // Where its own commit is gone, the log was cleaned up, or the table is another one by now.
  if (latest < version || !log.commits.has(version) || isNearer) return readSnapshot(storage, options);
  if (latest === version) return snapshot;
  try {
    return await replay(storage, log, snapshot, latest, options);
  } catch (error) {
    if (!mayPass(error)) throw error;
    // Whatever is wrong here is met again, and reported, when the table is read anew.
    return readSnapshot(storage, options);
  }
}

/** By which the last commit of a state that was read is known again. */
const stamps = new WeakMap<Snapshot, string>();

function stampOf(commit: FileInfo | undefined): string | undefined {
  return commit && `${commit.etag ?? ''} ${commit.sizeBytes} ${commit.modifiedMs}`;
}

/** So many commits are read one by one before a newer checkpoint is worth more. */
const updateMax = 200;

/** The folder changes under our eyes at most this often in a row before the log is called damaged. */
const attempts: RetryPolicy = { attemptsMax: 3, delayMsMin: 5, delayMsMax: 50 };

/** Commits read at once. */
const readsMax = 16;
/** What a store answers takes its time. */
const remoteReadsMax = 32;

function mayPass(error: unknown): boolean {
  if (!isBoathouseError(error)) return false;
  return error.retryable || error.code === 'delta.corrupt-log' || error.code === 'storage.not-found';
}

async function readOnce(
  storage: Storage,
  options: ReadSnapshotOptions,
  wanted: number | undefined,
  attempt: number,
): Promise<Snapshot> {
  // After a failure the hint is no longer trusted.
  const hint = attempt === 1 ? await readLastCheckpoint(storage) : undefined;
  if (hint !== undefined && (wanted === undefined || hint <= wanted)) {
    const snapshot = await readFromHint(storage, hint, wanted, options);
    if (snapshot) return snapshot;
  }
  const log = await listLog(storage);
  const latest = latestVersion(log);
  if (latest < 0) throw deltaErrors['not-a-table']({ table: storage.uri });
  const version = wanted ?? latest;
  if (version > latest || version < firstVersion(log))
    throw noSuchVersion(storage, `version ${version}`, log);
  try {
    return await replayFromAny(storage, log, version, options);
  } catch (error) {
    // A writer that died while creating the last commit, on a mount without links, has committed nothing.
    const isLast =
      isBoathouseError(error, 'storage.unfinished') && error.details['path'] === commitPath(version);
    if (!isLast || wanted !== undefined || version === 0) throw error;
    return replayFromAny(storage, log, version - 1, options);
  }
}

/** Undefined when the log from the hinted checkpoint on isn't enough: then the whole log is listed. */
async function readFromHint(
  storage: Storage,
  hint: number,
  wanted: number | undefined,
  options: ReadSnapshotOptions,
): Promise<Snapshot | undefined> {
  const log = await listLog(storage, hint);
  const version = wanted ?? latestVersion(log);
  const checkpoint = log.checkpoints.findLast((c) => c.version <= version);
  if (!checkpoint || version > latestVersion(log)) return undefined;
  try {
    return await replay(storage, log, checkpoint, version, options);
  } catch {
    // Whatever is wrong here is met again, and reported, when the whole log is read.
    return undefined;
  }
}

/** Tries the newest checkpoint first; one that can't be read is passed over, since older ones and the commits say the same. */
async function replayFromAny(
  storage: Storage,
  log: LogListing,
  version: number,
  options: ReadSnapshotOptions,
): Promise<Snapshot> {
  const checkpoints = log.checkpoints.filter((c) => c.version <= version).reverse();
  const failures: unknown[] = [];
  for (const checkpoint of [...checkpoints, undefined]) {
    try {
      return await replay(storage, log, checkpoint, version, options);
    } catch (error) {
      failures.push(checkpoint ? unreadableCheckpoint(storage, checkpoint, error) : error);
    }
    // A compaction only repeats what the commits say.
    if (log.compactions.length === 0) continue;
    const whole = await replay(storage, { ...log, compactions: [] }, checkpoint, version, options).catch(
      () => undefined,
    );
    if (whole) return whole;
  }
  throw failures[0];
}

function unreadableCheckpoint(storage: Storage, checkpoint: CheckpointFiles, cause: unknown): unknown {
  if (isBoathouseError(cause) && /^(delta|storage)\./.test(cause.code)) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return deltaErrors['corrupt-log'](
    { table: storage.uri, problem: `the checkpoint ${checkpoint.paths.join(', ')} can't be read: ${why}` },
    { cause },
  );
}

async function replay(
  storage: Storage,
  log: LogListing,
  start: CheckpointFiles | Snapshot | undefined,
  version: number,
  options: ReadSnapshotOptions,
): Promise<Snapshot> {
  const files = chainOf(storage, log, start?.version ?? -1, version);
  const checkpoint = start && 'paths' in start ? start : undefined;
  const state = checkpoint
    ? stateOfCheckpoint(await readCheckpoint(storage, checkpoint, options.rows))
    : startState(start && 'files' in start ? start : undefined);
  const ahead = storage.isLocal ? readsMax : remoteReadsMax;
  const commits = readAhead(files, ahead, (path) => readActions(storage, path, options.clock));
  for await (const actions of commits) {
    state.commitInfo = undefined;
    applyActions(state, actions);
  }
  const times = await commitTimeMs(storage, log, state, version, checkpoint);
  const snapshot = finishState(state, { table: storage.uri, version, ...times });
  if (snapshot) {
    const stamp = stampOf(log.commits.get(version));
    if (stamp !== undefined) stamps.set(snapshot, stamp);
    if (log.checksums.has(version)) await verifyChecksum(storage, snapshot);
    return snapshot;
  }
  const missing = state.protocol ? 'metaData' : 'protocol';
  throw deltaErrors['corrupt-log']({
    table: storage.uri,
    problem: `no ${missing} action up to version ${version}, in ${commitPath(0)} or after`,
  });
}

/** The files that lead from `start` to `version`, each version covered once; compactions stand for many. */
function chainOf(storage: Storage, log: LogListing, start: number, version: number): string[] {
  const chain: string[] = [];
  const compactions = new Map<number, LogListing['compactions'][number]>();
  for (const candidate of log.compactions) {
    // The last commit is read itself: only it says when, and by whom, the version was made.
    const isFarther = candidate.last > (compactions.get(candidate.first)?.last ?? 0);
    if (candidate.last < version && isFarther) compactions.set(candidate.first, candidate);
  }
  let next = start + 1;
  while (next <= version) {
    const commit = log.commits.get(next);
    const compaction = compactions.get(next);
    if (compaction) {
      chain.push(compaction.path);
      next = compaction.last + 1;
    } else if (commit) {
      chain.push(commit.path);
      next += 1;
    } else {
      throw deltaErrors['corrupt-log'](
        { table: storage.uri, problem: missingCommit(log, start, next, version) },
        { location: { file: commitPath(next) } },
      );
    }
  }
  return chain;
}

function missingCommit(log: LogListing, start: number, missing: number, version: number): string {
  const what = `the commit of version ${missing} (${commitPath(missing)}) is missing`;
  if (missing === 0) {
    const [first] = log.commits.keys();
    return `${what}, commits begin at version ${first}, and no readable checkpoint stands for the ones before`;
  }
  return `${what}, between versions ${Math.max(start, 0)} and ${version}`;
}

/** The error for a version the log doesn't reach, naming those it does. */
function noSuchVersion(storage: Storage, wanted: string, log: LogListing): Error {
  return deltaErrors['no-such-version']({
    table: storage.uri,
    wanted,
    first: firstVersion(log),
    last: latestVersion(log),
  });
}

/** The commit's own time where the table keeps it; else that of its file, or of the checkpoint that outlived it. */
async function commitTimeMs(
  storage: Storage,
  log: LogListing,
  state: TableState,
  version: number,
  checkpoint: CheckpointFiles | undefined,
): Promise<Pick<Snapshot, 'timestampMs' | 'inCommitTimestampMs'>> {
  const commit = log.commits.get(version);
  let info = state.commitInfo;
  const keepsTime = state.metadata?.configuration.get('delta.enableInCommitTimestamps') === 'true';
  if (keepsTime && !info && commit) {
    // The checkpoint is of this very version, and checkpoints hold no commit info.
    const actions = await readActions(storage, commit.path);
    info = actions.find((action) => action.kind === 'commit-info');
  }
  const own = inCommitTimestampMs(info?.body['inCommitTimestamp']);
  if (own !== undefined) return { timestampMs: own, inCommitTimestampMs: own };
  // As a search by time sees it: of two commits in one millisecond the second is later.
  if (commit) return { timestampMs: fileTimes(log).get(version) ?? commit.modifiedMs };
  const path = checkpoint?.paths[0];
  return { timestampMs: path === undefined ? 0 : ((await storage.stat(path))?.modifiedMs ?? 0) };
}

function asCorrupt(error: unknown, storage: Storage): unknown {
  if (!isBoathouseError(error, 'storage.not-found')) return error;
  return deltaErrors['corrupt-log'](
    { table: storage.uri, problem: `a file of the log disappears while it is read: ${error.message}` },
    { cause: error },
  );
}
