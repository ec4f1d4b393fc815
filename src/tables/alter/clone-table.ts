/** Shallow clones: tables of their own that begin with the files of another, which stay where they are. */
import { posix } from 'node:path';
import { isBoathouseError, systemClock, systemRandom } from '../../base/index.ts';
import {
  type Action,
  type AddFile,
  addFeature,
  assertReadable,
  assertWritable,
  commitActions,
  type DeletionVector,
  decodeFilePath,
  encodeFilePath,
  fileKey,
  isAbsoluteFilePath,
  isProtocolProperty,
  type Metadata,
  type Protocol,
  protocolUpgradeFor,
  removeOf,
  rowIdColumnProperty,
  rowVersionColumnProperty,
  type Snapshot,
  vectorPath,
  writerFeaturesOf,
} from '../../delta/index.ts';
import { openStorage, type Storage } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { TableHandle } from '../table-handle.ts';
import { type OperationOptions, transact } from '../transact.ts';
import { clusteringDomain } from './clustering.ts';
import { snapshotIfAny } from './create-table.ts';
import { alterErrors } from './errors.ts';
import { checkedProperties } from './property-rules.ts';

/** Which state of a table is cloned, and how. */
export interface CloneOptions extends OperationOptions {
  /** The state the handle stands at unless given. */
  readonly version?: number;
  /** A Date, milliseconds since 1970, or ISO text. */
  readonly timestamp?: Date | number | string;
  /** A table at the target is replaced, and keeps its history. */
  readonly replace?: boolean;
  /** A table at the target is left as it is. */
  readonly ifNotExists?: boolean;
  /** On top of the source's. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Of the target; `AWS_*` names verbatim. */
  readonly storageOptions?: Readonly<Record<string, string>>;
}

/** What a clone came to, in the words of Delta Spark. */
export interface CloneResult {
  readonly kind: 'created' | 'replaced' | 'existed';
  readonly version: number;
  readonly handle: TableHandle;
  readonly sourceVersion: number;
  readonly sourceTableSize: number;
  readonly sourceNumOfFiles: number;
}

/**
 * Makes the table at `target` a shallow clone of `source`: its own log, over the source's files and deletion
 * vectors. Writes to either don't show in the other; but what is vacuumed from the source is gone from the clone.
 *
 * Nothing is copied: costs one commit, however big the table is. Rows get new row ids. Losing to another who makes
 * a table there at the same time counts as finding it there.
 *
 * @throws tables.already-exists, tables.cannot-clone, tables.unknown-property, tables.bad-property,
 * delta.no-such-version, delta.unsupported-feature
 */
export async function cloneTable(
  source: TableHandle,
  target: string,
  options: CloneOptions = {},
): Promise<CloneResult> {
  const { version, timestamp } = options;
  const at =
    version === undefined && timestamp === undefined
      ? source.snapshot
      : (
          await TableHandle.open(source.uri, {
            storageOptions: source.storageOptions,
            ...(version === undefined ? {} : { version }),
            ...(timestamp === undefined ? {} : { timestamp }),
          })
        ).snapshot;
  const storage = openStorage(target, options.storageOptions);
  const cannot = (problem: string): Error =>
    alterErrors['cannot-clone']({ table: source.uri, target: storage.uri, problem });
  if (storage.uri === source.uri) throw cannot('a table is no clone of itself');
  if (!isAbsoluteFilePath(source.uri))
    throw cannot('its files have no address that another table could name');
  assertReadable(source.uri, at.protocol, at);
  const properties = checkedProperties(storage.uri, options.properties ?? {});
  const modeKey = 'delta.columnMapping.mode';
  if (properties.has(modeKey) && properties.get(modeKey) !== at.metadata.configuration.get(modeKey)) {
    throw cannot('the files know columns by the names or ids they were written with');
  }
  let existing = await snapshotIfAny(storage);
  if (existing === undefined) {
    try {
      return await createClone(source, at, storage, properties, options);
    } catch (error) {
      if (!isBoathouseError(error, 'delta.commit-conflict')) throw error;
      // Another has made a table there meanwhile: that counts as finding it.
      existing = await snapshotIfAny(storage);
      if (existing === undefined) throw error;
    }
  }
  const handle = TableHandle.of(storage, existing);
  if (options.replace === true) return await replaceByClone(source, at, handle, properties, options);
  if (options.ifNotExists === true) return { ...describe(at, handle), kind: 'existed' };
  throw tablesErrors['already-exists'](
    { table: storage.uri, version: existing.version },
    { hint: 'Choose another folder, or say replace to put the clone in its place.' },
  );
}

async function createClone(
  source: TableHandle,
  at: Snapshot,
  storage: Storage,
  properties: ReadonlyMap<string, string>,
  options: CloneOptions,
): Promise<CloneResult> {
  const { clock = systemClock, random = systemRandom } = options;
  const { metadata, asked } = clonedMetadata(at, properties, random.uuid(), clock.nowMs());
  const protocol = protocolUpgradeFor(storage.uri, at.protocol, asked, at.schema);
  const actions = [protocol, metadata, ...clonedActions(source, at)];
  const { snapshot } = await commitActions(storage, {
    readSnapshot: undefined,
    actions,
    operation: operationOf(source, at, false),
    isBlindAppend: true,
    read: 'none',
    rows: duckdbParquetRows,
    clock,
    random,
    commitMetadata: options.commitMetadata ?? {},
  });
  return { ...describe(at, TableHandle.of(storage, snapshot)), kind: 'created' };
}

function replaceByClone(
  source: TableHandle,
  at: Snapshot,
  handle: TableHandle,
  properties: ReadonlyMap<string, string>,
  options: CloneOptions,
): Promise<CloneResult> {
  const { clock = systemClock } = options;
  return transact<CloneResult>(
    handle,
    options,
    async (snapshot) => {
      assertWritable(handle.uri, snapshot.protocol, snapshot);
      const nowMs = clock.nowMs();
      const { metadata, asked } = clonedMetadata(at, properties, snapshot.metadata.id, nowMs);
      const protocol = mergedProtocol(handle.uri, snapshot.protocol, at, asked);
      const actions: Action[] = protocol === snapshot.protocol ? [metadata] : [protocol, metadata];
      const files = clonedActions(source, at);
      // The same file with other deleted rows is another file: left in the table, its rows would be there twice.
      const taken = new Set(files.flatMap((action) => (action.kind === 'add' ? [fileKey(action)] : [])));
      for (const [key, file] of snapshot.files) {
        if (!taken.has(key)) actions.push(removeOf(file, nowMs));
      }
      const known = snapshot.domains.get(clusteringDomain);
      if (known !== undefined && !at.domains.has(clusteringDomain)) {
        actions.push({ ...known, configuration: '{"clusteringColumns":[],"domainName":"delta.clustering"}' });
      }
      return {
        kind: 'commit',
        draft: {
          actions: [...actions, ...files],
          operation: operationOf(source, at, true),
          read: 'whole-table',
          feedFromFiles: true,
          result: () => ({ ...describe(at, handle), kind: 'replaced' }),
          discard: async () => undefined,
        },
      };
    },
    () => ({ ...describe(at, handle), kind: 'existed' }),
  );
}

/** `protocol` with everything that a table needs to hold what `at` holds; never lowered. */
export function mergedProtocol(table: string, protocol: Protocol, at: Snapshot, asked: Metadata): Protocol {
  const known = new Set(writerFeaturesOf(protocol));
  let merged = protocol;
  for (const name of writerFeaturesOf(at.protocol)) {
    if (!known.has(name)) merged = addFeature(table, merged, name);
  }
  return protocolUpgradeFor(table, merged, asked, at.schema);
}

function clonedMetadata(
  at: Snapshot,
  properties: ReadonlyMap<string, string>,
  id: string,
  nowMs: number,
): { readonly metadata: Metadata; readonly asked: Metadata } {
  const configuration = new Map([...at.metadata.configuration, ...properties]);
  // Rows of the clone get ids of its own, so those in the files must not be taken for them.
  configuration.delete(rowIdColumnProperty);
  configuration.delete(rowVersionColumnProperty);
  const asked: Metadata = { ...at.metadata, id, configuration, createdAtMs: nowMs };
  const kept = new Map([...configuration].filter(([key]) => !isProtocolProperty(key)));
  return { asked, metadata: { ...asked, configuration: kept } };
}

function clonedActions(source: TableHandle, at: Snapshot): Action[] {
  const actions: Action[] = [];
  const clustering = at.domains.get(clusteringDomain);
  if (clustering !== undefined) actions.push(clustering);
  for (const file of at.files.values()) actions.push(clonedFile(file, source.uri));
  return actions;
}

/** `file` named by where it is, its deletion vector too. Pure. */
function clonedFile(file: AddFile, sourceUri: string): AddFile {
  const { logPath: _, baseRowId: __, defaultRowCommitVersion: ___, deletionVector, ...rest } = file;
  const logPath = absolutePath(file.path, sourceUri);
  // As whoever reads the log spells it: the same file under two spellings would be two.
  const path = decodeFilePath(logPath) ?? logPath;
  const vector = deletionVector && absoluteVector(deletionVector, path, sourceUri);
  return { ...rest, path, logPath, dataChange: true, ...(vector ? { deletionVector: vector } : {}) };
}

/** A local path has one slash after its scheme: Spark, which writes it so, finds no row to delete by three. */
function absolutePath(path: string, sourceUri: string): string {
  if (isAbsoluteFilePath(path)) return path;
  return `${sourceUri.replace(/^file:\/\/\//, 'file:/')}/${encodeFilePath(path)}`;
}

function absoluteVector(vector: DeletionVector, file: string, sourceUri: string): DeletionVector {
  if (vector.storageType !== 'u') return vector;
  const path = posix.normalize(vectorPath(vector, file) ?? '');
  return { ...vector, storageType: 'p', pathOrInlineDv: absolutePath(path, sourceUri) };
}

function describe(at: Snapshot, handle: TableHandle): Omit<CloneResult, 'kind'> {
  let sourceTableSize = 0;
  for (const file of at.files.values()) sourceTableSize += file.sizeBytes;
  return {
    version: handle.snapshot.version,
    handle,
    sourceVersion: at.version,
    sourceTableSize,
    sourceNumOfFiles: at.files.size,
  };
}

function operationOf(
  source: TableHandle,
  at: Snapshot,
  isReplace: boolean,
): Parameters<typeof commitActions>[1]['operation'] {
  return {
    name: isReplace ? 'REPLACE TABLE CLONE' : 'CLONE',
    parameters: {
      source: `delta.\`${source.uri}\``,
      sourceVersion: at.version,
      isShallow: true,
      partitionBy: [...at.metadata.partitionColumns],
    },
    metrics: { sourceNumOfFiles: at.files.size },
  };
}
