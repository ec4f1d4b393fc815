/**
 * When versions were committed, and which one stood at a point in time.
 *
 * A commit's time is the one it tells itself (`inCommitTimestamp`), from the commit on that turned this on;
 * before it is its file's, made to rise from version to version.
 *
 * Source: Delta protocol, "In-Commit Timestamps", "Recommendations for Readers".
 */
import { type Clock, isBoathouseError, type Json } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import type { Action, CommitInfo } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { readAccount, readActions } from './commit-file.ts';
import { commitPath, firstVersion, type LogListing, latestVersion, listLog } from './log-files.ts';

/** One commit, read whole. */
export interface CommitRead {
  readonly version: number;
  /** In the commit's order, its own account included. */
  readonly actions: readonly Action[];
  /** The commit's own account; undefined when it gives none. */
  readonly info: CommitInfo | undefined;
  /** The commit's own time, else that of its file. */
  readonly timestampMs: number;
}

/** What a search by time does outside the times there are; both are refused unless given. */
export interface TimeBounds {
  /** Takes the last version for a time after its commit. */
  readonly orLast?: boolean;
  /** Takes the first version that can be read for a time before its commit. */
  readonly orFirst?: boolean;
}

/**
 * The commit of `version`. Its file's time is taken as it is: see `readCommits` for times that rise.
 *
 * Costs one read and, unless the commit tells its time, one `stat`.
 *
 * @throws delta.corrupt-log; storage.not-found when there is no such commit, or log clean-up took it.
 */
export async function readCommit(storage: Storage, version: number, clock?: Clock): Promise<CommitRead> {
  const path = commitPath(version);
  const actions = await readActions(storage, path, clock);
  const info = infoOf(actions);
  const own = inCommitTimestampMs(info?.body['inCommitTimestamp']);
  return { version, actions, info, timestampMs: own ?? (await storage.stat(path))?.modifiedMs ?? 0 };
}

/**
 * The commits from `first` to `last`, in order and without a gap, a few read ahead. Their times rise.
 *
 * Costs one listing, and a read a commit.
 *
 * @param range the whole log as far as it reaches, unless given.
 * @throws delta.not-a-table, delta.no-such-version, delta.corrupt-log when a commit in between is missing.
 */
export async function* readCommits(
  storage: Storage,
  range: { readonly first?: number; readonly last?: number } = {},
  clock?: Clock,
): AsyncGenerator<CommitRead, void, undefined> {
  const log = await listLog(storage);
  const latest = latestVersion(log);
  if (latest < 0) throw deltaErrors['not-a-table']({ table: storage.uri });
  const [oldest = latest] = [...log.commits.keys()].sort((a, b) => a - b);
  const { first = oldest, last = latest } = range;
  if (first < oldest || last > latest) {
    const wanted = `version ${first < oldest ? first : last}`;
    throw deltaErrors['no-such-version']({ table: storage.uri, wanted, first: oldest, last: latest });
  }
  const timeOf = await commitTimes(storage, log);
  for (let next = first; next <= last; next += readAhead) {
    const versions = Array.from({ length: Math.min(readAhead, last - next + 1) }, (_, i) => next + i);
    const read = await Promise.all(versions.map((version) => readPresent(storage, version, clock)));
    for (const [i, actions] of read.entries()) {
      const version = next + i;
      const info = infoOf(actions);
      yield { version, actions, info, timestampMs: timeOf(version, info) };
    }
  }
}

/**
 * The version that was current at `timeMs`: the last one committed at or before it, of those that can be read.
 *
 * Costs a listing, and for tables whose commits tell their times a read for each step of a binary search.
 *
 * @throws delta.not-a-table; delta.no-such-version for a time before the first commit or after the last one.
 */
export async function versionAt(storage: Storage, timeMs: number, bounds: TimeBounds = {}): Promise<number> {
  const log = await listLog(storage);
  const latest = latestVersion(log);
  if (latest < 0) throw deltaErrors['not-a-table']({ table: storage.uri });
  const first = firstVersion(log);
  const versions = [...log.commits.keys()].filter((version) => version >= first).sort((a, b) => a - b);
  const times = fileTimes(log);
  const at = (index: number): number => versions[index] as number;
  const ownTime = async (index: number): Promise<number | undefined> => {
    const info = await readCommitInfo(storage, at(index));
    return info === 'gone' ? undefined : ownTimeMs(info);
  };
  const fileTime = (index: number): number => times.get(at(index)) ?? 0;
  const end = versions.length - 1;
  const lastOwn = end < 0 ? undefined : await ownTime(end);
  const lastTime = end < 0 ? 0 : (lastOwn ?? fileTime(end));
  if (timeMs > lastTime && end >= 0) {
    if (bounds.orLast) return at(end);
    throw noVersionAt(storage, timeMs, `after its last commit, of ${timeText(lastTime)}`, log);
  }
  let found: number;
  if (lastOwn === undefined) found = await lastWhere(0, end, async (index) => fileTime(index) <= timeMs);
  else {
    const untold = await lastWhere(0, end - 1, async (index) => (await ownTime(index)) === undefined);
    const told = untold + 1;
    // Files are copied, and have other times then: what is told decides on which side of the change to look.
    found =
      timeMs >= ((await ownTime(told)) ?? fileTime(told))
        ? await lastWhere(told, end, async (i) => ((await ownTime(i)) ?? fileTime(i)) <= timeMs)
        : await lastWhere(0, untold, async (index) => fileTime(index) <= timeMs);
  }
  if (found >= 0 && found <= end) return at(found);
  if (bounds.orFirst && end >= 0) return at(0);
  const firstTime = end < 0 ? 0 : ((await ownTime(0)) ?? fileTime(0));
  throw noVersionAt(storage, timeMs, `before the first commit kept, of ${timeText(firstTime)}`, log);
}

/**
 * The times by which versions are found. Where the last commit has no time of its own, those of earlier ones don't
 * count any more: files have times that follow each other, and the two kinds together would not.
 *
 * Costs a request.
 */
export async function commitTimes(
  storage: Storage,
  log: LogListing,
): Promise<(version: number, info: CommitInfo | undefined) => number> {
  const times = fileTimes(log);
  let last = -1;
  for (const version of log.commits.keys()) last = Math.max(last, version);
  const info = last < 0 ? undefined : await readCommitInfo(storage, last);
  const areOwn = info === 'gone' || ownTimeMs(info) !== undefined;
  return (version, of) => (areOwn ? ownTimeMs(of) : undefined) ?? times.get(version) ?? 0;
}

function ownTimeMs(info: CommitInfo | undefined): number | undefined {
  return inCommitTimestampMs(info?.body['inCommitTimestamp']);
}

/** The commit's own time, where `value` is one. */
export function inCommitTimestampMs(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The commit's own account; `gone` when log clean-up took the commit since the listing. */
export async function readCommitInfo(
  storage: Storage,
  version: number,
): Promise<CommitInfo | undefined | 'gone'> {
  try {
    return await readAccount(storage, commitPath(version));
  } catch (error) {
    if (isBoathouseError(error, 'storage.not-found')) return 'gone';
    throw error;
  }
}

/** The times of the commits' files by version, each at least a millisecond after the one before. */
export function fileTimes(log: LogListing): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  let previous = Number.NEGATIVE_INFINITY;
  for (const version of [...log.commits.keys()].sort((a, b) => a - b)) {
    previous = Math.max(log.commits.get(version)?.modifiedMs ?? 0, previous + 1);
    times.set(version, previous);
  }
  return times;
}

function infoOf(actions: readonly Action[]): CommitInfo | undefined {
  return actions.find((action): action is CommitInfo => action.kind === 'commit-info');
}

async function readPresent(storage: Storage, version: number, clock?: Clock): Promise<Action[]> {
  const path = commitPath(version);
  try {
    return await readActions(storage, path, clock);
  } catch (cause) {
    if (!isBoathouseError(cause, 'storage.not-found')) throw cause;
    const problem = `the commit of version ${version} (${path}) is missing`;
    throw deltaErrors['corrupt-log']({ table: storage.uri, problem }, { cause, location: { file: path } });
  }
}

/** The last index in `low` to `high` that `holds`, where all before the answer hold too; `low - 1` when none does. */
async function lastWhere(
  low: number,
  high: number,
  holds: (index: number) => Promise<boolean>,
): Promise<number> {
  let known = low - 1;
  let end = high;
  while (known < end) {
    const middle = Math.ceil((known + end) / 2);
    if (await holds(middle)) known = middle;
    else end = middle - 1;
  }
  return known;
}

function noVersionAt(storage: Storage, timeMs: number, problem: string, log: LogListing): Error {
  return deltaErrors['no-such-version']({
    table: storage.uri,
    wanted: `${timeText(timeMs)}, which is ${problem}`,
    first: firstVersion(log),
    last: latestVersion(log),
  });
}

/** Beyond the range of dates the number itself. */
function timeText(timeMs: number): string {
  return Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : `${timeMs} ms`;
}

/** Commits read at once. */
const readAhead = 16;
