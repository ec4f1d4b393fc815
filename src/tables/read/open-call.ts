/** Opens what a call in users' SQL asks for. */
import { readSnapshot, type Snapshot, versionAt } from '../../delta/index.ts';
import { openStorage, type Storage } from '../../storage/index.ts';
import { type ChangeRange, changesOf } from '../feed/read-changes.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { TableHandle } from '../table-handle.ts';
import { explainReadError } from './damaged-file.ts';
import type { ChangeEnd, DeltaCall } from './delta-calls.ts';
import type { OpenedCall } from './rewrite-scans.ts';
import { relationOf } from './scan.ts';

/** What was opened, and which version of the table it stands at. */
export interface OpenedTable extends OpenedCall {
  readonly version: number;
  /** The table's folder as a URI. */
  readonly uri: string;
  /** `error`, which a query that reads the rows ended with, or `tables.damaged-file` when that is the reason. */
  explain(error: unknown): Promise<unknown>;
}

/**
 * The table, or the changes, that `call` asks for, as of now. Nothing but the log is read.
 *
 * @throws delta.not-a-table, delta.no-such-version, delta.unsupported-feature, tables.no-change-feed,
 * tables.bad-change-range, storage.unsupported-scheme
 */
export async function openDeltaCall(
  call: DeltaCall,
  storageOptions: Readonly<Record<string, string>> = {},
): Promise<OpenedTable> {
  if (call.kind === 'changes') {
    const handle = await TableHandle.open(call.uri, { storageOptions });
    const changes = await changesOf(handle, rangeOf(call.from, call.to));
    const { version, schema } = changes;
    return {
      version,
      uri: handle.uri,
      schema,
      relation: async (predicate) => changes.relation(predicate).sql,
      explain: changes.explain,
    };
  }
  const storage = openStorage(call.uri, storageOptions);
  const version = call.timestampMs === undefined ? call.version : await versionAt(storage, call.timestampMs);
  const snapshot = await readSnapshot(storage, {
    rows: duckdbParquetRows,
    ...(version === undefined ? {} : { version }),
  });
  return openedAt(snapshot, storage);
}

/** The table as an open handle has it now; later states of the handle don't change what is given. */
export function openedOf(handle: TableHandle): OpenedTable {
  return openedAt(handle.snapshot, handle.storage);
}

function openedAt(snapshot: Snapshot, storage: Storage): OpenedTable {
  return {
    version: snapshot.version,
    uri: storage.uri,
    schema: snapshot.schema,
    relation: async (predicate) => (await relationOf(snapshot, storage, predicate)).sql,
    explain: (error) => explainReadError(error, snapshot.files.values(), storage),
  };
}

function rangeOf(from: ChangeEnd, to: ChangeEnd | undefined): ChangeRange {
  const begin = 'version' in from ? { fromVersion: from.version } : { fromTimestamp: from.timestampMs };
  if (to === undefined) return begin;
  return { ...begin, ...('version' in to ? { toVersion: to.version } : { toTimestamp: to.timestampMs }) };
}
