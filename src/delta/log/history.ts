/** What happened to a table, commit by commit, as the writers described it. */
import type { Json } from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { deltaErrors } from '../errors.ts';
import { commitTimes, readCommitInfo } from './commit-times.ts';
import { latestVersion, listLog } from './log-files.ts';

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
  // Those by which a version is found: what the writer's clock said is in the commit info.
  const timeOf = await commitTimes(storage, log);
  const entries: HistoryEntry[] = [];
  for (const version of versions) {
    const info = await readCommitInfo(storage, version);
    if (info === 'gone') continue;
    const body = info?.body ?? {};
    entries.push({
      version,
      timestampMs: timeOf(version, info),
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

function objectOf(json: Json | undefined): Readonly<Record<string, Json>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? (json as Record<string, Json>)
    : {};
}
