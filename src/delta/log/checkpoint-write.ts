/**
 * Writing checkpoints: one Parquet file with the whole state, so that readers skip the commits before.
 *
 * Always the classic V1 kind, which every reader of every table may be given.
 *
 * Source: Delta protocol, "Checkpoints", "Checkpoint Schema", "Last Checkpoint File".
 */
import {
  type Clock,
  isBoathouseError,
  printJson,
  type Random,
  type RetryPolicy,
  retry,
} from '../../base/index.ts';
import type { Storage } from '../../storage/index.ts';
import { actionJson } from '../action-json.ts';
import type { RemoveFile } from '../actions.ts';
import { type DataType, field, primitive, type StructType } from '../schema.ts';
import { checkpointInterval, tombstoneRetentionMs } from '../table-properties.ts';
import { readLastCheckpoint } from './checkpoint-read.ts';
import { checkpointPath, lastCheckpointPath } from './log-files.ts';
import type { CheckpointRow, ParquetRows } from './parquet-rows.ts';
import type { Snapshot } from './snapshot.ts';

/** What became of the checkpoint after a commit. None of these fails the commit. */
export type CheckpointOutcome =
  | { readonly kind: 'not-due' }
  | { readonly kind: 'written'; readonly path: string }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Writes a checkpoint when `snapshot`'s version is one of those that get one. Never throws. */
export async function checkpointIfDue(
  storage: Storage,
  snapshot: Snapshot,
  rows: ParquetRows,
  clock: Clock,
  random: Random,
): Promise<CheckpointOutcome> {
  const isDue = snapshot.version > 0 && snapshot.version % checkpointInterval(snapshot.metadata) === 0;
  if (!isDue) return { kind: 'not-due' };
  if (snapshot.metadata.configuration.get('delta.checkpoint.writeStatsAsStruct')?.toLowerCase() === 'true') {
    return {
      kind: 'skipped',
      reason: 'the table wants statistics as a struct (delta.checkpoint.writeStatsAsStruct)',
    };
  }
  try {
    const isTrouble = (error: unknown): boolean => isBoathouseError(error) && error.retryable;
    const path = await retry(policy, clock, random, isTrouble, () =>
      writeCheckpoint(storage, snapshot, rows, clock.nowMs()),
    );
    return { kind: 'written', path };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

/**
 * Writes the checkpoint of `snapshot` and points `_last_checkpoint` at it, unless that points further on.
 *
 * Several may write the same one at once: each writes the same state, and the last file wins.
 *
 * @param nowMs decides which tombstones have expired.
 */
export async function writeCheckpoint(
  storage: Storage,
  snapshot: Snapshot,
  rows: ParquetRows,
  nowMs: number,
): Promise<string> {
  const path = checkpointPath(snapshot.version);
  const content = checkpointRows(snapshot, nowMs);
  const { sizeBytes } = await rows.write(storage, path, checkpointSchema(snapshot), content);
  const last = await readLastCheckpoint(storage);
  if (last === undefined || last <= snapshot.version) {
    const pointer = {
      version: snapshot.version,
      size: content.length,
      sizeInBytes: sizeBytes,
      numOfAddFiles: snapshot.files.size,
    };
    await storage.put(lastCheckpointPath, new TextEncoder().encode(printJson(pointer)));
  }
  return path;
}

/** The rows of the checkpoint of `snapshot`, one action each. Pure. */
export function checkpointRows(snapshot: Snapshot, nowMs: number): CheckpointRow[] {
  const keptSinceMs = nowMs - tombstoneRetentionMs(snapshot.metadata);
  const isKept = (remove: RemoveFile): boolean => (remove.deletedAtMs ?? 0) > keptSinceMs;
  const withStats = writesStatsAsJson(snapshot);
  const rows: CheckpointRow[] = [actionJson(snapshot.protocol), actionJson(snapshot.metadata)];
  for (const transaction of snapshot.transactions.values()) rows.push(actionJson(transaction));
  for (const domain of snapshot.domains.values()) rows.push(actionJson(domain));
  for (const remove of snapshot.tombstones.values()) {
    if (!isKept(remove)) continue;
    // Tombstones in a checkpoint carry neither tags nor, being about to go, a change of data.
    const { tags: _tags, ...rest } = remove;
    rows.push(actionJson({ ...rest, dataChange: false }));
  }
  for (const file of snapshot.files.values()) {
    const { stats, ...rest } = file;
    const kept = withStats && stats !== undefined ? { ...rest, stats } : rest;
    // A checkpoint is state, not news: nothing in it changes data.
    rows.push(actionJson({ ...kept, dataChange: false }));
  }
  return rows;
}

/** The columns of the checkpoint of `snapshot`, in Delta's types. Pure. */
export function checkpointSchema(snapshot: Snapshot): StructType {
  const stats = writesStatsAsJson(snapshot) ? [field('stats', text)] : [];
  return struct([
    [
      'txn',
      struct([
        ['appId', text],
        ['version', long],
        ['lastUpdated', long],
      ]),
    ],
    ['add', { kind: 'struct', fields: [...addFields, ...stats] }],
    [
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
  ]);
}

function writesStatsAsJson(snapshot: Snapshot): boolean {
  return snapshot.metadata.configuration.get('delta.checkpoint.writeStatsAsJson')?.toLowerCase() !== 'false';
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

const policy: RetryPolicy = { attemptsMax: 3, delayMsMin: 20, delayMsMax: 500 };
