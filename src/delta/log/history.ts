/** What happened to a table, commit by commit, and which version stood at a point in time. */
import { isBoathouseError, type Json } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import type { CommitInfo } from '../actions.ts';
import { deltaErrors } from '../errors.ts';
import { readActions } from './commit-file.ts';
import { commitPath, listLog } from './log-files.ts';
import { inCommitTimestampMs, latestVersion, noSuchVersion } from './read-snapshot.ts';

/** One commit, as its writer described it. */
export interface HistoryEntry {
  readonly version: number;
  readonly timestampMs: number;
  /** `WRITE`, `MERGE` …; undefined when the commit says nothing about itself. */
  readonly operation: string | undefined;
  readonly operationParameters: Readonly<Record<string, Json>>;
  readonly operationMetrics: Readonly<Record<string, Json>>;
  readonly isBlindAppend: boolean | undefined;
  readonly engineInfo: string | undefined;
  /** Everything the commit says about itself. */
  readonly commitInfo: Readonly<Record<string, Json>>;
}

/**
 * The commits of the table, newest first, as far back as the log reaches.
 *
 * Costs a listing, and one request a commit.
 *
 * @param options.limit commits at most; all unless given.
 * @throws delta.not-a-table, delta.corrupt-log
 */
export async function history(
  storage: Storage,
  options: { readonly limit?: number } = {},
): Promise<HistoryEntry[]> {
  const log = await listLog(storage);
  if (latestVersion(log) < 0) throw deltaErrors['not-a-table']({ table: storage.uri });
  const versions = [...log.commits.keys()].sort((a, b) => b - a).slice(0, options.limit);
  const entries: HistoryEntry[] = [];
  for (const version of versions) {
    const info = await readCommitInfo(storage, version);
    if (info === 'gone') continue;
    const body = info?.body ?? {};
    entries.push({
      version,
      timestampMs: timeOf(info) ?? log.commits.get(version)?.modifiedMs ?? 0,
      operation: typeof body['operation'] === 'string' ? body['operation'] : undefined,
      operationParameters: objectOf(body['operationParameters']),
      operationMetrics: objectOf(body['operationMetrics']),
      isBlindAppend: typeof body['isBlindAppend'] === 'boolean' ? body['isBlindAppend'] : undefined,
      engineInfo: typeof body['engineInfo'] === 'string' ? body['engineInfo'] : undefined,
      commitInfo: body,
    });
  }
  return entries;
}

/**
 * The version that was current at `timeMs`: the last one committed at or before it.
 *
 * By the times of the commit files, made to rise from version to version as Delta does, or by the
 * commits' own times where the table keeps them. After the last commit it is the last version.
 *
 * Costs a listing, and for tables with commit times of their own a request for each step of a binary search.
 *
 * @throws delta.not-a-table; delta.no-such-version when the table didn't exist yet, or its log was cleaned up.
 */
export async function versionAt(storage: Storage, timeMs: number): Promise<number> {
  const log = await listLog(storage);
  if (latestVersion(log) < 0) throw deltaErrors['not-a-table']({ table: storage.uri });
  const versions = [...log.commits.keys()].sort((a, b) => a - b);
  const times: number[] = [];
  for (const version of versions) {
    const previous = times.at(-1) ?? Number.NEGATIVE_INFINITY;
    times.push(Math.max(log.commits.get(version)?.modifiedMs ?? 0, previous + 1));
  }
  const timeAt = async (index: number): Promise<number> => {
    const info = await readCommitInfo(storage, versions[index] ?? 0);
    const own = info === 'gone' ? undefined : inCommitTimestampMs(info?.body['inCommitTimestamp']);
    return own ?? times[index] ?? 0;
  };
  const last = await readCommitInfo(storage, versions.at(-1) ?? 0);
  const keepsTime = last !== 'gone' && last?.body['inCommitTimestamp'] !== undefined;
  let low = -1;
  let high = versions.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const time = keepsTime ? await timeAt(middle) : (times[middle] ?? 0);
    if (time <= timeMs) low = middle;
    else high = middle - 1;
  }
  const found = versions[low];
  if (found === undefined) throw noSuchVersion(storage, new Date(timeMs).toISOString(), log);
  return found;
}

/** The commit's own account; `gone` when log clean-up took the commit since the listing. */
async function readCommitInfo(storage: Storage, version: number): Promise<CommitInfo | undefined | 'gone'> {
  try {
    const actions = await readActions(storage, commitPath(version));
    return actions.find((action): action is CommitInfo => action.kind === 'commit-info');
  } catch (error) {
    if (isBoathouseError(error, 'storage.not-found')) return 'gone';
    throw error;
  }
}

function timeOf(info: CommitInfo | undefined): number | undefined {
  return inCommitTimestampMs(info?.body['inCommitTimestamp']) ?? inCommitTimestampMs(info?.body['timestamp']);
}

function objectOf(json: Json | undefined): Readonly<Record<string, Json>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as Record<string, Json>)
    : {};
}
