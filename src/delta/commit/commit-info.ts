/** Who committed, when and how: the first line of every commit we write. */
import { type Json, printJson } from '../../base/index.ts';
import type { CommitInfo } from '../actions.ts';
import { ownVersion } from '../own-version.ts';
import type { IsolationLevel } from './conflicts.ts';

/** What a commit does, in the words other Delta programs use. */
export interface Operation {
  /** `WRITE`, `CREATE TABLE AS SELECT`, `MERGE` … */
  readonly name: string;
  /** `{ mode: 'Append', partitionBy: ['day'] }`; anything but text is written as JSON text, as Delta does. */
  readonly parameters?: Readonly<Record<string, Json>>;
  /** `{ numFiles: 3, numOutputRows: 100 }` */
  readonly metrics?: Readonly<Record<string, number | bigint | string>>;
}

/** The commit info for one attempt. @param commitId by which a writer knows its own commit again. */
export function makeCommitInfo(about: {
  readonly operation: Operation;
  readonly timestampMs: number;
  /** Where the table keeps its commits' times. */
  readonly inCommitTimestampMs: number | undefined;
  readonly readVersion: number | undefined;
  readonly isolationLevel: IsolationLevel;
  readonly isBlindAppend: boolean;
  readonly commitId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, Json>>;
}): CommitInfo {
  const { operation, readVersion, inCommitTimestampMs, tags } = about;
  return {
    kind: 'commit-info',
    body: {
      // First, as Delta Spark puts it: some readers look no further.
      ...(inCommitTimestampMs === undefined ? {} : { inCommitTimestamp: inCommitTimestampMs }),
      ...about.extra,
      timestamp: about.timestampMs,
      operation: operation.name,
      operationParameters: mapValues(operation.parameters ?? {}, (value) =>
        typeof value === 'string' || value === null ? value : printJson(value),
      ),
      ...(readVersion === undefined ? {} : { readVersion }),
      isolationLevel: about.isolationLevel,
      isBlindAppend: about.isBlindAppend,
      operationMetrics: mapValues(operation.metrics ?? {}, String),
      ...(Object.keys(tags).length === 0 ? {} : { tags }),
      engineInfo: `Boathouse/${ownVersion()}`,
      txnId: about.commitId,
    },
  };
}

function mapValues<T>(object: Readonly<Record<string, T>>, map: (value: T) => Json): Record<string, Json> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
