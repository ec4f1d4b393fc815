/**
 * What a checkpoint holds: its columns, and the rows of a snapshot in them.
 *
 * Source: Delta protocol, "Checkpoints", "Checkpoint Schema", "V2 Spec".
 */
import { actionJson } from '../action-json.ts';
import type { AddFile, RemoveFile } from '../actions.ts';
import { type DataType, field, primitive, type StructField, type StructType } from '../schema.ts';
import { isPropertyOn, tombstoneRetentionMs } from '../table-properties.ts';
import type { CheckpointRow } from './parquet-rows.ts';
import type { Snapshot } from './snapshot.ts';
import { partitionRow, partitionStruct, statsRow, statsStruct } from './stats-struct.ts';

/** The rows of `snapshot` that hold no file: protocol, metadata, transactions and domains. Pure. */
export function tableRows(snapshot: Snapshot): CheckpointRow[] {
  return [
    actionJson(snapshot.protocol),
    actionJson(snapshot.metadata),
    ...Array.from(snapshot.transactions.values(), actionJson),
    ...Array.from(snapshot.domains.values(), actionJson),
  ];
}

/**
 * The rows of `snapshot`'s files, made one at a time: tombstones that haven't expired, then live files. Pure.
 *
 * @param count told how many of each there were, once they have been gone over.
 */
export function* fileRows(
  snapshot: Snapshot,
  nowMs: number,
  count: { adds: number; removes: number },
): Generator<CheckpointRow, void, undefined> {
  const keptSinceMs = nowMs - tombstoneRetentionMs(snapshot.metadata);
  for (const remove of snapshot.tombstones.values()) {
    if ((remove.deletedAtMs ?? 0) <= keptSinceMs) continue;
    count.removes += 1;
    yield removeRow(remove);
  }
  const withText = writesStatsAsText(snapshot);
  const statsType = writesStatsAsStruct(snapshot) ? statsStruct(snapshot) : undefined;
  for (const file of snapshot.files.values()) {
    count.adds += 1;
    yield addRow(file, snapshot, withText, statsType);
  }
}

/** Tombstones in a checkpoint carry neither tags nor, being about to go, a change of data. */
function removeRow({ tags: _tags, ...remove }: RemoveFile): CheckpointRow {
  return actionJson({ ...remove, dataChange: false });
}

function addRow(
  file: AddFile,
  snapshot: Snapshot,
  withText: boolean,
  statsType: StructType | undefined,
): CheckpointRow {
  const { stats: _stats, ...rest } = file;
  // A checkpoint is state, not news: nothing in it changes data.
  const row = actionJson({ ...(withText ? file : rest), dataChange: false });
  if (!statsType) return row;
  const stats = statsRow(file, snapshot, statsType);
  const isPartitioned = snapshot.metadata.partitionColumns.length > 0;
  return {
    add: {
      ...(row['add'] as CheckpointRow),
      ...(isPartitioned ? { partitionValues_parsed: partitionRow(file, snapshot) } : {}),
      ...(stats === undefined ? {} : { stats_parsed: stats }),
    },
  };
}

/** The columns of a classic checkpoint of `snapshot`, in Delta's types. Pure. */
export function checkpointSchema(snapshot: Snapshot): StructType {
  return { kind: 'struct', fields: [...tableColumns, ...fileSchema(snapshot).fields] };
}

/** The columns of a V2 checkpoint whose files stand in sidecars. Pure. */
export function manifestSchema(): StructType {
  return { kind: 'struct', fields: [...tableColumns, ...manifestColumns] };
}

/** The columns of a sidecar: those of files. Pure. */
export function fileSchema(snapshot: Snapshot): StructType {
  const stats = writesStatsAsText(snapshot) ? [field('stats', text)] : [];
  return {
    kind: 'struct',
    fields: [
      field('add', { kind: 'struct', fields: [...addFields, ...stats, ...parsedFields(snapshot)] }),
      removeColumn,
    ],
  };
}

function parsedFields(snapshot: Snapshot): StructField[] {
  if (!writesStatsAsStruct(snapshot)) return [];
  const partitions = partitionStruct(snapshot);
  return [
    ...(partitions ? [field('partitionValues_parsed', partitions)] : []),
    field('stats_parsed', statsStruct(snapshot)),
  ];
}

function writesStatsAsText({ metadata }: Snapshot): boolean {
  return metadata.configuration.get('delta.checkpoint.writeStatsAsJson')?.trim().toLowerCase() !== 'false';
}

function writesStatsAsStruct({ metadata }: Snapshot): boolean {
  return isPropertyOn(metadata, 'delta.checkpoint.writeStatsAsStruct');
}
function struct(members: readonly (readonly [string, DataType])[]): StructType {
  return { kind: 'struct', fields: members.map(([name, type]) => field(name, type)) };
}

const text = primitive('string');
const long = primitive('long');
const integer = primitive('integer');
const boolean = primitive('boolean');
const texts: DataType = { kind: 'array', elementType: text, containsNull: true };
const textMap: DataType = { kind: 'map', keyType: text, valueType: text, valueContainsNull: true };

const deletionVector = struct([
  ['storageType', text],
  ['pathOrInlineDv', text],
  ['offset', integer],
  ['sizeInBytes', integer],
  ['cardinality', long],
]);

const addFields = struct([
  ['path', text],
  ['partitionValues', textMap],
  ['size', long],
  ['modificationTime', long],
  ['dataChange', boolean],
  ['tags', textMap],
  ['deletionVector', deletionVector],
  ['baseRowId', long],
  ['defaultRowCommitVersion', long],
  ['clusteringProvider', text],
]).fields;

const removeColumn = field(
  'remove',
  struct([
    ['path', text],
    ['deletionTimestamp', long],
    ['dataChange', boolean],
    ['extendedFileMetadata', boolean],
    ['partitionValues', textMap],
    ['size', long],
    ['deletionVector', deletionVector],
    ['baseRowId', long],
    ['defaultRowCommitVersion', long],
  ]),
);

const tableColumns = struct([
  [
    'txn',
    struct([
      ['appId', text],
      ['version', long],
      ['lastUpdated', long],
    ]),
  ],
  [
    'metaData',
    struct([
      ['id', text],
      ['name', text],
      ['description', text],
      [
        'format',
        struct([
          ['provider', text],
          ['options', textMap],
        ]),
      ],
      ['schemaString', text],
      ['partitionColumns', texts],
      ['configuration', textMap],
      ['createdTime', long],
    ]),
  ],
  [
    'protocol',
    struct([
      ['minReaderVersion', integer],
      ['minWriterVersion', integer],
      ['readerFeatures', texts],
      ['writerFeatures', texts],
    ]),
  ],
  [
    'domainMetadata',
    struct([
      ['domain', text],
      ['configuration', text],
      ['removed', boolean],
    ]),
  ],
]).fields;

const manifestColumns = struct([
  [
    'checkpointMetadata',
    struct([
      ['version', long],
      ['tags', textMap],
    ]),
  ],
  [
    'sidecar',
    struct([
      ['path', text],
      ['sizeInBytes', long],
      ['modificationTime', long],
      ['tags', textMap],
    ]),
  ],
]).fields;
