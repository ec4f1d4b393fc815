/**
 * Vacuums that have begun and not ended, as a table's log tells: what may be deleted at any moment.
 *
 * A vacuum looks at what was committed right before it deletes, but nothing can stop it in between. So who makes
 * old files part of the table again has to keep away from one that is at work. Its beginning is a commit: who plans
 * on a version before it loses to it and plans again.
 */
import { type CommitRead, listLog, readCommits } from '../../delta/index.ts';
import type { Storage } from '../../storage/index.ts';

/** A vacuum at work. */
export interface RunningVacuum {
  /** The version that tells of its beginning. */
  readonly version: number;
  readonly begunAtMs: number;
  /** Files of this version and later ones stay; undefined when the vacuum doesn't say. */
  readonly oldestKept: number | undefined;
}

/** One that hasn't ended by then was killed, or will never go on. */
const longestMs = 86_400_000;

/** What our vacuums say of themselves beside what Delta Spark's do, so that two at once are told apart. */
export const runParameter = 'run';

/** The oldest version whose files a vacuum of ours leaves. */
export const oldestKeptParameter = 'oldestKeptVersion';

/**
 * The vacuums that `version` of the table, the newest its reader knows of, doesn't tell the end of.
 *
 * Costs two listings of the log, and a read for each commit of the last day.
 */
export async function runningVacuums(
  storage: Storage,
  version: number,
  nowMs: number,
): Promise<readonly RunningVacuum[]> {
  const { commits } = await listLog(storage);
  let first = version + 1;
  for (let info = commits.get(first - 1); info !== undefined; info = commits.get(first - 1)) {
    if (info.modifiedMs < nowMs - longestMs) break;
    first -= 1;
  }
  if (first > version) return [];
  const running = new Map<string, RunningVacuum>();
  for await (const commit of readCommits(storage, { first, last: version })) {
    const operation = commit.info?.body['operation'];
    const run = parameterOf(commit, runParameter) ?? '';
    if (operation === 'VACUUM END') running.delete(run);
    if (operation !== 'VACUUM START') continue;
    const oldestKept = parameterOf(commit, oldestKeptParameter);
    running.set(run, {
      version: commit.version,
      begunAtMs: commit.timestampMs,
      oldestKept: oldestKept === undefined ? undefined : Number(oldestKept),
    });
  }
  return [...running.values()];
}

function parameterOf({ info }: CommitRead, name: string): string | undefined {
  const parameters = info?.body['operationParameters'];
  if (typeof parameters !== 'object' || parameters === null || !(name in parameters)) return undefined;
  const value: unknown = Reflect.get(parameters, name);
  return value === undefined || value === null ? undefined : String(value).replaceAll('"', '');
}
