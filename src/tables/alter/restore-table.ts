/** A table put back to what it was: a new version that holds what an older one held. */
import { isBoathouseError, printJson, systemClock } from '../../base/index.ts';
import {
  type Action,
  type AddFile,
  assertWritable,
  fileKey,
  isAbsoluteFilePath,
  type Metadata,
  maxColumnIdProperty,
  printSchema,
  readSnapshot,
  removeOf,
  type Snapshot,
  type StructField,
  vectorPath,
} from '../../delta/index.ts';
import { openBeside, type Storage } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { runningVacuums } from '../maintain/running-vacuums.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { pointInTimeMs } from '../read/point-in-time.ts';
import { type TableHandle, wantedVersion } from '../table-handle.ts';
import { type OperationOptions, transact } from '../transact.ts';
import { identityOf } from '../write/identity.ts';
import { mergedProtocol } from './clone-table.ts';
import { clusteringDomain } from './clustering.ts';
import { alterErrors } from './errors.ts';

/** Which state a table is put back to: one of the two. */
export interface RestoreTarget {
  readonly version?: number;
  /** A Date, milliseconds since 1970, or ISO text (UTC without a zone). */
  readonly timestamp?: Date | number | string;
}

/** What a restore did, in the words of Delta Spark. */
export interface RestoreResult {
  readonly kind: 'restored' | 'unchanged';
  readonly version: number;
  readonly restoredVersion: number;
  readonly tableSizeAfterRestore: number;
  readonly numOfFilesAfterRestore: number;
  readonly numRemovedFiles: number;
  readonly numRestoredFiles: number;
  readonly removedFilesSize: number;
  readonly restoredFilesSize: number;
}

/**
 * Puts the table back to an older version: its rows, schema and properties. One commit, and the versions since
 * stay readable. The protocol is never lowered, and numbers that were given out (column ids, row ids, identity values)
 * aren't given again. Loses to every other commit made meanwhile, and is then planned anew.
 *
 * Costs a look at each file that comes back, and a read of each commit of the last day.
 *
 * @throws tables.files-are-gone naming files that were vacuumed; tables.vacuum-under-way; delta.no-such-version, delta.append-only,
 * tables.bad-option, tables.pinned-table
 */
export async function restoreTable(
  handle: TableHandle,
  target: RestoreTarget,
  options: OperationOptions = {},
): Promise<RestoreResult> {
  if ((target.version === undefined) === (target.timestamp === undefined)) {
    throw tablesErrors['bad-option']({
      option: 'restore',
      value: printJson({ version: target.version ?? null, timestamp: String(target.timestamp ?? null) }),
      expected: 'either a version or a timestamp',
    });
  }
  // Found once: a version that is named by time stays the same when the restore is planned again.
  const version = await wantedVersion(handle.storage, target, { orLast: true });
  const wanted = await readSnapshot(handle.storage, {
    rows: duckdbParquetRows,
    ...(version === undefined ? {} : { version }),
  });
  return await transact<RestoreResult>(
    handle,
    options,
    async (snapshot) => {
      const nothing = resultOf(snapshot, wanted, [], []);
      if (snapshot.version === wanted.version) return { kind: 'nothing', result: nothing };
      assertWritable(handle.uri, snapshot.protocol, snapshot);
      const { restored, removed } = difference(wanted, snapshot);
      const nowMs = (options.clock ?? systemClock).nowMs();
      if (restored.length > 0) await assertNoVacuum(handle, wanted.version, snapshot.version, nowMs);
      await assertPresent(handle, wanted.version, restored);
      const result = resultOf(snapshot, wanted, restored, removed);
      const { numRestoredFiles, numRemovedFiles, restoredFilesSize, removedFilesSize } = result;
      const { numOfFilesAfterRestore, tableSizeAfterRestore } = result;
      return {
        kind: 'commit',
        draft: {
          actions: [
            ...headActions(handle.uri, wanted, snapshot),
            ...removed.map((file) => removeOf(file, nowMs)),
            ...restored.map((file): AddFile => ({ ...file, dataChange: true })),
          ],
          operation: {
            name: 'RESTORE',
            parameters: {
              version: target.version ?? null,
              timestamp:
                target.timestamp === undefined
                  ? null
                  : new Date(pointInTimeMs(target.timestamp) ?? 0).toISOString(),
            },
            metrics: {
              numRestoredFiles,
              numRemovedFiles,
              restoredFilesSize,
              removedFilesSize,
              numOfFilesAfterRestore,
              tableSizeAfterRestore,
            },
          },
          read: 'whole-table',
          feedFromFiles: true,
          result: ({ version }) => ({ ...result, kind: 'restored', version }),
          discard: async () => undefined,
        },
      };
    },
    (snapshot) => resultOf(snapshot, wanted, [], []),
  );
}

/** The files that come back, and those that go. A file whose deleted rows differ does both. */
function difference(
  wanted: Snapshot,
  now: Snapshot,
): { readonly restored: readonly AddFile[]; readonly removed: readonly AddFile[] } {
  const restored: AddFile[] = [];
  const removed: AddFile[] = [];
  for (const file of wanted.files.values()) if (!now.files.has(fileKey(file))) restored.push(file);
  for (const file of now.files.values()) if (!wanted.files.has(fileKey(file))) removed.push(file);
  return { restored, removed };
}

function headActions(table: string, wanted: Snapshot, now: Snapshot): Action[] {
  const metadata = restoredMetadata(wanted, now);
  const protocol = mergedProtocol(table, now.protocol, wanted, metadata);
  const actions: Action[] = protocol === now.protocol ? [] : [protocol];
  if (printJson(plain(metadata)) !== printJson(plain(now.metadata))) actions.push(metadata);
  // Other domains stay as they are: the highest row id must never fall.
  const [was, is] = [wanted.domains.get(clusteringDomain), now.domains.get(clusteringDomain)];
  if (was !== undefined && was.configuration !== is?.configuration) actions.push(was);
  if (was === undefined && is !== undefined) {
    actions.push({ ...is, configuration: '{"clusteringColumns":[],"domainName":"delta.clustering"}' });
  }
  return actions;
}

function plain(metadata: Metadata): Record<string, string | readonly string[]> {
  return {
    name: metadata.name ?? '',
    description: metadata.description ?? '',
    schemaString: metadata.schemaString,
    partitionColumns: metadata.partitionColumns,
    configuration: [...metadata.configuration].flat(),
  };
}

function restoredMetadata(wanted: Snapshot, now: Snapshot): Metadata {
  const configuration = new Map(wanted.metadata.configuration);
  const ids = [wanted, now].map(({ metadata }) =>
    Number(metadata.configuration.get(maxColumnIdProperty) ?? 0),
  );
  if (configuration.has(maxColumnIdProperty))
    configuration.set(maxColumnIdProperty, String(Math.max(...ids)));
  const fields = wanted.schema.fields.map((field) => withHigherMark(field, now));
  const isSame = fields.every((field, index) => field === wanted.schema.fields[index]);
  const schemaString = isSame ? wanted.metadata.schemaString : printSchema({ kind: 'struct', fields });
  return { ...wanted.metadata, id: now.metadata.id, configuration, schemaString };
}

/** Identity values that were given since aren't given again. */
function withHigherMark(field: StructField, now: Snapshot): StructField {
  const identity = identityOf(field);
  const current = now.schema.fields.find(({ name }) => name === field.name);
  const mark = current && identityOf(current)?.highWaterMark;
  if (identity === undefined || mark === undefined) return field;
  const own = identity.highWaterMark;
  const isHigher = own === undefined || (identity.step > 0n ? mark > own : mark < own);
  const value = Number.isSafeInteger(Number(mark)) ? Number(mark) : mark;
  return isHigher
    ? { ...field, metadata: { ...field.metadata, 'delta.identity.highWaterMark': value } }
    : field;
}

/** No vacuum is at work that may delete what comes back. @throws tables.vacuum-under-way */
async function assertNoVacuum(
  handle: TableHandle,
  wanted: number,
  newest: number,
  nowMs: number,
): Promise<void> {
  for (const { begunAtMs, oldestKept } of await runningVacuums(handle.storage, newest, nowMs)) {
    if (oldestKept !== undefined && wanted >= oldestKept) continue;
    const since = new Date(begunAtMs).toISOString();
    throw alterErrors['vacuum-under-way']({ table: handle.uri, version: wanted, since });
  }
}

/** @throws tables.files-are-gone */
async function assertPresent(handle: TableHandle, version: number, files: readonly AddFile[]): Promise<void> {
  const paths = new Set<string>();
  for (const { path, deletionVector } of files) {
    paths.add(path);
    const vector = deletionVector && vectorPath(deletionVector, path);
    if (vector !== undefined) paths.add(vector);
  }
  const all = [...paths];
  const gone: string[] = [];
  for (let next = 0; next < all.length; next += looksMax) {
    const batch = all.slice(next, next + looksMax);
    const found = await Promise.all(batch.map((path) => isPresent(handle.storage, path)));
    gone.push(...batch.filter((_, index) => found[index] !== true));
  }
  if (gone.length === 0) return;
  const named = gone.slice(0, namedMax);
  throw alterErrors['files-are-gone']({ table: handle.uri, version, files: named, count: gone.length });
}

/** Files looked for at once. */
const looksMax = 32;

/** Files named in an error. */
const namedMax = 10;

async function isPresent(storage: Storage, path: string): Promise<boolean> {
  try {
    if (!isAbsoluteFilePath(path)) return (await storage.stat(path)) !== undefined;
    const slash = path.lastIndexOf('/');
    const name = path.startsWith('file:') ? decodeURIComponent(path.slice(slash + 1)) : path.slice(slash + 1);
    return (await openBeside(storage, path.slice(0, slash)).stat(name)) !== undefined;
  } catch (error) {
    if (isBoathouseError(error, 'storage.not-found')) return false;
    throw error;
  }
}

function resultOf(
  snapshot: Snapshot,
  wanted: Snapshot,
  restored: readonly AddFile[],
  removed: readonly AddFile[],
): RestoreResult {
  const size = (files: Iterable<AddFile>): number => {
    let bytes = 0;
    for (const file of files) bytes += file.sizeBytes;
    return bytes;
  };
  return {
    kind: 'unchanged',
    version: snapshot.version,
    restoredVersion: wanted.version,
    tableSizeAfterRestore: size(wanted.files.values()),
    numOfFilesAfterRestore: wanted.files.size,
    numRemovedFiles: removed.length,
    numRestoredFiles: restored.length,
    removedFilesSize: size(removed),
    restoredFilesSize: size(restored),
  };
}
