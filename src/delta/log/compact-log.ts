/**
 * Log compaction: one file that stands for a range of commits, so that readers open it in their place.
 *
 * Source: Delta protocol, "Log Compaction Files", "Action Reconciliation".
 */
import { assert, isBoathouseError } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { printAction } from '../action-json.ts';
import { type Action, fileKey } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { readActions } from './commit-file.ts';
import { commitPath, compactionPath } from './log-files.ts';

/**
 * Writes the file that stands for the commits `first` to `last`; a file that is there already stays.
 *
 * The commits stay too. Costs a read for each commit and one create.
 *
 * @returns the file's path.
 * @throws delta.no-such-version when one of the commits isn't there; delta.corrupt-log
 */
export async function compactLog(storage: Storage, first: number, last: number): Promise<string> {
  assert(
    Number.isSafeInteger(first) && first >= 0 && last > first,
    'a compaction stands for several commits',
  );
  const latest = new Map<string, Action>();
  for (let next = first; next <= last; next += readsMax) {
    const count = Math.min(readsMax, last - next + 1);
    const commits = await Promise.all(
      Array.from({ length: count }, (_, i) => readCommitOf(storage, next + i, first, last)),
    );
    for (const action of commits.flat()) {
      const key = keyOf(action);
      if (key === undefined) continue;
      latest.delete(key);
      latest.set(key, action);
    }
  }
  const path = compactionPath(first, last);
  const lines = Array.from(latest.values(), (action) => `${printAction(action)}\n`);
  // An object is never empty: commits that say nothing come to a blank line.
  await storage.putIfAbsent(path, new TextEncoder().encode(lines.join('') || '\n'));
  return path;
}

async function readCommitOf(
  storage: Storage,
  version: number,
  first: number,
  last: number,
): Promise<Action[]> {
  try {
    return await readActions(storage, commitPath(version));
  } catch (cause) {
    if (!isBoathouseError(cause, 'storage.not-found')) throw cause;
    const wanted = `version ${version}, to compact the commits ${first} to ${last}`;
    throw deltaErrors['no-such-version']({ table: storage.uri, wanted, first, last }, { cause });
  }
}

/** What an action supersedes earlier ones of; undefined for what isn't part of a table's state. */
function keyOf(action: Action): string | undefined {
  switch (action.kind) {
    case 'add':
    case 'remove':
      return `file ${fileKey(action)}`;
    case 'transaction':
      return `transaction ${action.appId}`;
    case 'domain':
      return `domain ${action.domain}`;
    case 'metadata':
    case 'protocol':
      return action.kind;
    default:
      return undefined;
  }
}

/** Commits read at once. */
const readsMax = 16;
