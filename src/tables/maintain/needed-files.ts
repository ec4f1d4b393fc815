/**
 * Which files a table's kept versions need: proved from the state and from every commit since the retention began.
 *
 * Tombstones alone don't prove it. A checkpoint drops them by the table's own retention, and their times are
 * when a write began, not when it was committed.
 */
import { type Clock, isBoathouseError } from '../../base/index.ts';
import {
  type Action,
  type AddFile,
  type LogListing,
  listLog,
  type RemoveFile,
  readCommits,
  type Snapshot,
  vectorPath,
  versionAt,
} from '../../delta/index.ts';
import type { Storage } from '../../storage/index.ts';
import type { Relative } from './table-folder.ts';

/** Where the retention begins in a table's log. */
export interface KeptVersions {
  /** The oldest version whose files are all kept: the one that was current then, as far as the log reaches. */
  readonly oldest: number;
  /** The last version that was committed before; undefined when all that are left came later. */
  readonly lastBefore: number | undefined;
}

/**
 * The versions that were current at `sinceMs` or later, by the clock of the store.
 *
 * The times that commits tell themselves are those of their writers, whose clocks may be behind: where the two
 * differ, more is kept. Costs two or three listings of the log.
 */
export async function keptVersions(storage: Storage, sinceMs: number): Promise<KeptVersions> {
  const told = await keptByCommits(storage, sinceMs);
  const stamped = keptByFiles(await listLog(storage), sinceMs);
  return {
    oldest: Math.min(told.oldest, stamped.oldest),
    lastBefore:
      told.lastBefore === undefined || stamped.lastBefore === undefined
        ? undefined
        : Math.min(told.lastBefore, stamped.lastBefore),
  };
}

async function keptByCommits(storage: Storage, sinceMs: number): Promise<KeptVersions> {
  try {
    const version = await versionAt(storage, sinceMs, { orLast: true });
    return { oldest: version, lastBefore: version };
  } catch (error) {
    if (!isBoathouseError(error, 'delta.no-such-version')) throw error;
    return { oldest: await versionAt(storage, sinceMs, { orFirst: true }), lastBefore: undefined };
  }
}

function keptByFiles({ commits, checkpoints }: LogListing, sinceMs: number): KeptVersions {
  const first = commits.has(0) ? 0 : (checkpoints[0]?.version ?? 0);
  const versions = [...commits.keys()].filter((version) => version >= first).sort((a, b) => a - b);
  let lastBefore: number | undefined;
  for (const version of versions) {
    if ((commits.get(version)?.modifiedMs ?? 0) > sinceMs) break;
    lastBefore = version;
  }
  return { oldest: lastBefore ?? versions[0] ?? 0, lastBefore };
}

/**
 * Calls `needs` with the path of every file, relative to the table, that a version from `first` to that of
 * `snapshot` needs: data, deletion vectors and change files. Files elsewhere are left out.
 *
 * Costs a pass over the live files, and a read for each commit after `first`.
 *
 * @throws delta.corrupt-log when it can't be told
 */
export async function eachNeeded(
  storage: Storage,
  snapshot: Snapshot,
  first: number,
  keptSinceMs: number,
  relative: Relative,
  needs: (path: string) => void,
  clock?: Clock,
): Promise<void> {
  const need = (action: Action): void => {
    for (const path of pathsOf(action)) {
      const inside = relative(path);
      if (inside !== undefined) needs(inside);
    }
  };
  for (const file of snapshot.files.values()) need(file);
  for (const file of snapshot.tombstones.values()) {
    if ((file.deletedAtMs ?? 0) >= keptSinceMs) need(file);
  }
  if (snapshot.version <= first) return;
  const range = { first: first + 1, last: snapshot.version };
  for await (const { actions } of readCommits(storage, range, clock))
    for (const action of actions) need(action);
}

/** The files that `action` speaks of, as the log spells them: data, deletion vector, change file. Pure. */
export function pathsOf(action: Action): readonly string[] {
  switch (action.kind) {
    case 'add':
    case 'remove':
      return [action.path, ...vectorFile(action)];
    case 'change-file':
      return [action.path];
    default:
      return [];
  }
}

function vectorFile({ path: file, deletionVector }: AddFile | RemoveFile): string[] {
  const path = deletionVector && vectorPath(deletionVector, file);
  return path === undefined ? [] : [path];
}
