/** The commits that others made since: read one after the other, until there is none. */
import {
  type Clock,
  isBoathouseError,
  type Random,
  retry,
  systemClock,
  systemRandom,
} from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import type { Action } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { isStorageTrouble, readActions, troublePolicy } from '../log/commit-file.ts';
import { commitPath, latestVersion, listLog } from '../log/log-files.ts';

/** Whether the commit of `version` still stands in the log, and when it was written. */
export async function commitTimeMs(
  storage: Storage,
  version: number,
  clock: Clock,
  random: Random,
): Promise<number | undefined> {
  const info = await patiently(clock, random, () => storage.stat(commitPath(version)));
  return info?.modifiedMs;
}

/** A look whether a commit still stands, on its way. */
export interface CommitLook {
  readonly version: number;
  /** When it was begun. */
  readonly beganMs: number;
  readonly timeMs: Promise<number | undefined>;
}

/** Begins to look whether the commit of `version` stands, for `commitActions` to take up. Never throws. */
export function beginLook(
  storage: Storage,
  version: number,
  clock: Clock = systemClock,
  random: Random = systemRandom,
): CommitLook {
  const timeMs = commitTimeMs(storage, version, clock, random);
  return { version, beganMs: clock.nowMs(), timeMs: timeMs.catch(() => undefined) };
}

/**
 * When the commit of `version` was written, as far as `look` can tell: it must be of that version and no older than
 * a request may take on its way. Undefined when it is better to look anew.
 */
export async function seenBy(
  look: CommitLook | undefined,
  version: number,
  clock: Clock,
): Promise<number | undefined> {
  if (look?.version !== version) return undefined;
  const timeMs = await look.timeMs;
  return Math.abs(clock.nowMs() - look.beganMs) <= lookAgeMsMax ? timeMs : undefined;
}

/** The create that follows a look may itself be as long on its way; an older look says too little. */
const lookAgeMsMax = 1000;

/**
 * The commits from `first` on, in order, as far as they follow each other.
 *
 * The one before `first` must be in the log. Costs one request a commit, and one more.
 */
export async function readWinners(storage: Storage, first: number, clock: Clock): Promise<Action[][]> {
  const winners: Action[][] = [];
  // Few are the rule; whoever is far behind reads several at once.
  for (let batch = 1; ; batch = Math.min(batch * 2, readsMax)) {
    const versions = Array.from({ length: batch }, (_, i) => first + winners.length + i);
    const read = await Promise.all(versions.map((version) => readIfThere(storage, version, clock)));
    const end = read.indexOf(undefined);
    winners.push(...(read.slice(0, end < 0 ? batch : end) as Action[][]));
    if (end >= 0) return winners;
  }
}

/**
 * The same when the commit before `first` is gone: the log has been cleaned up, so that a number that is
 * free need not be the next one. What stands in the log is listed.
 *
 * @throws delta.commit-conflict when commits made since are gone too.
 */
export async function listWinners(
  storage: Storage,
  first: number,
  clock: Clock,
  random: Random,
): Promise<Action[][]> {
  const log = await patiently(clock, random, () => listLog(storage, first));
  const latest = latestVersion(log);
  const winners: Action[][] = [];
  for (let version = first; version <= latest; version += 1) {
    const actions = await readIfThere(storage, version, clock);
    if (actions === undefined) {
      const conflicts = ['its commit was cleaned up before it could be compared'];
      throw deltaErrors['commit-conflict']({ table: storage.uri, version, conflicts });
    }
    winners.push(actions);
  }
  return winners;
}

/** Tries `work` again while storage is in passing trouble. Conflicts are no trouble: they are final here. */
export function patiently<T>(clock: Clock, random: Random, work: () => Promise<T>): Promise<T> {
  return retry(troublePolicy, clock, random, isStorageTrouble, work);
}

/** Commits read at once. */
const readsMax = 16;

async function readIfThere(storage: Storage, version: number, clock: Clock): Promise<Action[] | undefined> {
  try {
    return await readActions(storage, commitPath(version), clock);
  } catch (error) {
    if (isBoathouseError(error, 'storage.not-found')) return undefined;
    throw error;
  }
}
