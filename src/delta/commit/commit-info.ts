/** Who committed, when and how: the first line of every commit we write. */
import { type Json, printJson } from '../../base/index.ts';
import type { CommitInfo } from '../actions.ts';
import { ownVersion } from '../own-version.ts';

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
  readonly readVersion: number | undefined;
  readonly isBlindAppend: boolean;
  readonly commitId: string;
  readonly extra: Readonly<Record<string, Json>>;
}): CommitInfo {
  const { operation, readVersion } = about;
  return {
    kind: 'commit-info',
    body: {
      ...about.extra,
      timestamp: about.timestampMs,
      operation: operation.name,
      operationParameters: mapValues(operation.parameters ?? {}, (value) =>
        typeof value === 'string' || value === null ? value : printJson(value),
      ),
      ...(readVersion === undefined ? {} : { readVersion }),
      isolationLevel: 'Serializable',
      isBlindAppend: about.isBlindAppend,
      operationMetrics: mapValues(operation.metrics ?? {}, String),
      engineInfo: `Boathouse/${ownVersion()}`,
      txnId: about.commitId,
    },
  };
}

function mapValues<T>(object: Readonly<Record<string, T>>, map: (value: T) => Json): Record<string, Json> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
