/**
 * A query's rows into a Delta table: staged as Parquet by one streaming COPY, then committed.
 *
 * The query runs once and its rows pass straight into files: nothing is materialised before. Until the
 * commit nobody sees the files; when anything fails they are removed.
 */
import path from 'node:path';
import { isBoathouseError, type Json, systemClock, systemRandom } from '../base/index.ts';
import {
  type Action,
  type AddFile,
  assertWritable,
  commitActions,
  printSchema,
  protocolFor,
  protocolUpgradeFor,
  readSnapshot,
  removeOf,
  type Snapshot,
} from '../delta/index.ts';
import { quoteIdentifier, quoteLiteral, type Session } from '../duckdb/index.ts';
import { openStorage, type Storage } from '../storage/index.ts';
import { parseCopyResult, type WrittenFile } from './copy-result.ts';
import { tablesErrors } from './errors.ts';
import { duckdbParquetRows } from './parquet-rows.ts';
import { indexedColumnsMax, nullsIn, statsJson } from './stats.ts';
import type { WriteOptions, WriteResult } from './write-options.ts';
import { plannedMetadata, planSchema, type SchemaPlan, stagingSql } from './write-schema.ts';

/** Files are closed near this size. */
const targetFileSizeBytesDefault = 100 * 1024 * 1024;

/**
 * Writes the rows of `query`, run in `session`, to the table at `tableUri`.
 *
 * Atomic: readers see all of the rows or none, and a failed write leaves the table as it was. Appends
 * commute with other appends; an overwrite loses to any commit made since it began.
 *
 * @throws tables.already-exists, tables.schema-mismatch, tables.partition-mismatch, tables.unsupported-type,
 * tables.null-in-required-column, delta.commit-conflict, delta.unsupported-feature, delta.append-only, duckdb.*
 */
export async function writeQueryToDelta(
  session: Session,
  query: string,
  tableUri: string,
  options: WriteOptions = {},
): Promise<WriteResult> {
  const storage = openStorage(tableUri, options.storageOptions);
  const snapshot = await readIfThere(storage);
  const mode = options.mode ?? 'error';
  if (snapshot !== undefined && mode === 'error') {
    throw tablesErrors['already-exists']({ table: storage.uri, version: snapshot.version });
  }
  if (snapshot !== undefined && mode === 'ignore') {
    const { version } = snapshot;
    return {
      version,
      kind: 'ignored',
      rows: 0,
      filesAdded: 0,
      filesRemoved: 0,
      bytesAdded: 0,
      uri: storage.uri,
    };
  }
  if (snapshot !== undefined) assertWritable(storage.uri, snapshot.protocol, snapshot);
  const columns = await session.describe(query);
  const plan = planSchema(storage.uri, snapshot, columns, options);
  const random = options.random ?? systemRandom;
  const metadata = plannedMetadata(snapshot, plan, printSchema(plan.schema), {
    id: random.uuid(),
    nowMs: (options.clock ?? systemClock).nowMs(),
    options,
  });
  // Refused before any row is written, rather than after.
  const protocol = snapshot
    ? protocolUpgradeFor(storage.uri, snapshot.protocol, metadata, plan.schema)
    : protocolFor(storage.uri, metadata, plan.schema);
  const staged = await stage(session, storage, stagingSql(query, plan), plan, {
    signal: options.signal,
    writeId: random.uuid(),
    targetFileSizeBytes: options.targetFileSizeBytes ?? targetSizeOf(snapshot) ?? targetFileSizeBytesDefault,
  });
  try {
    assertNoForbiddenNulls(storage.uri, plan, staged);
    const indexed = Number(
      metadata.configuration.get('delta.dataSkippingNumIndexedCols') ?? indexedColumnsMax,
    );
    const adds = await finish(storage, staged, plan, indexed);
    const removes =
      mode === 'overwrite' && snapshot !== undefined
        ? [...snapshot.files.values()].map((file) => removeOf(file, (options.clock ?? systemClock).nowMs()))
        : [];
    const actions: Action[] = [
      ...(snapshot?.protocol === protocol ? [] : [protocol]),
      ...(plan.changes ? [metadata] : []),
      ...removes,
      ...adds,
    ];
    const rows = staged.reduce((sum, file) => sum + file.rows, 0);
    const bytes = adds.reduce((sum, file) => sum + file.sizeBytes, 0);
    const isBlindAppend = mode === 'append' && snapshot !== undefined && !plan.changes;
    const { version } = await commitActions(storage, {
      readSnapshot: snapshot,
      actions,
      operation: {
        name: options.operation ?? (snapshot === undefined ? 'CREATE TABLE AS SELECT' : 'WRITE'),
        parameters: { mode: modeNames[mode], partitionBy: [...plan.partitionColumns] },
        metrics: {
          numFiles: adds.length,
          numOutputRows: rows,
          numOutputBytes: bytes,
          numRemovedFiles: removes.length,
        },
      },
      isBlindAppend,
      read: mode === 'overwrite' ? 'whole-table' : 'none',
      rows: duckdbParquetRows,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
      random,
      commitMetadata: (options.commitMetadata ?? {}) as Readonly<Record<string, Json>>,
    });
    return {
      version,
      kind: snapshot === undefined ? 'created' : 'written',
      rows,
      filesAdded: adds.length,
      filesRemoved: removes.length,
      bytesAdded: bytes,
      uri: storage.uri,
    };
  } catch (error) {
    if (isSafeToRemove(error)) await discard(storage, staged);
    throw error;
  }
}

const modeNames = {
  append: 'Append',
  overwrite: 'Overwrite',
  error: 'ErrorIfExists',
  ignore: 'Ignore',
} as const;

async function readIfThere(storage: Storage): Promise<Snapshot | undefined> {
  try {
    return await readSnapshot(storage, { rows: duckdbParquetRows });
  } catch (error) {
    if (isBoathouseError(error, 'delta.not-a-table')) return undefined;
    throw error;
  }
}

function targetSizeOf(snapshot: Snapshot | undefined): number | undefined {
  const text = snapshot?.metadata.configuration.get('delta.targetFileSize');
  const match = /^(\d+)\s*([kmg]?)b?$/i.exec(text ?? '');
  if (!match) return undefined;
  return Number(match[1]) * 1024 ** ' kmg'.indexOf(match[2]?.toLowerCase() || ' ');
}

interface Staging {
  readonly signal: AbortSignal | undefined;
  /** In the name of every file of this write, so that a failed one finds its own leftovers. */
  readonly writeId: string;
  readonly targetFileSizeBytes: number;
}

/** Writes the Parquet files; on failure removes what was written. Paths in the result are relative to the table. */
async function stage(
  session: Session,
  storage: Storage,
  query: string,
  plan: SchemaPlan,
  staging: Staging,
): Promise<WrittenFile[]> {
  const pattern = `part-${staging.writeId}-{uuid}`;
  // Makes the table's folder, and says which absolute path it has.
  const root = path.dirname(await storage.prepareWrite(`part-${staging.writeId}`));
  const copyOptions = [
    'FORMAT parquet',
    'COMPRESSION snappy',
    'RETURN_STATS',
    'APPEND',
    `FILENAME_PATTERN ${quoteLiteral(pattern)}`,
    plan.partitionColumns.length > 0
      ? `PARTITION_BY (${plan.partitionColumns.map(quoteIdentifier).join(', ')})`
      : `FILE_SIZE_BYTES ${Math.max(1, Math.floor(staging.targetFileSizeBytes))}`,
  ];
  try {
    const result = await session.query(
      `COPY (${query}) TO ${quoteLiteral(root)} (${copyOptions.join(', ')})`,
      undefined,
      { signal: staging.signal },
    );
    return parseCopyResult(result).map((file) => ({ ...file, file: relativePath(root, file.file) }));
  } catch (error) {
    for await (const { path: leftover } of storage.list('')) {
      if (leftover.includes(staging.writeId)) await storage.remove(leftover);
    }
    throw error;
  }
}

function relativePath(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join('/');
}

/** Makes the files durable and describes them for the log. Files without rows are dropped. */
async function finish(
  storage: Storage,
  staged: readonly WrittenFile[],
  plan: SchemaPlan,
  indexedColumns: number,
): Promise<AddFile[]> {
  const adds: AddFile[] = [];
  for (const written of staged) {
    if (written.rows === 0) {
      await storage.remove(written.file);
      continue;
    }
    const info = await storage.finishWrite(written.file);
    adds.push({
      kind: 'add',
      path: written.file,
      partitionValues: new Map(
        plan.partitionColumns.map((name) => [name, written.partition.get(name) || null]),
      ),
      sizeBytes: info.sizeBytes,
      modifiedMs: Math.floor(info.modifiedMs),
      dataChange: true,
      stats: statsJson(written, plan.schema, indexedColumns),
    });
  }
  return adds;
}

function assertNoForbiddenNulls(table: string, plan: SchemaPlan, staged: readonly WrittenFile[]): void {
  for (const field of plan.schema.fields) {
    if (field.nullable) continue;
    const isPartition = plan.partitionColumns.includes(field.name);
    const rows = staged.reduce((sum, file) => {
      if (isPartition) return sum + ((file.partition.get(field.name) ?? '') === '' ? file.rows : 0);
      return sum + (nullsIn(file, field.name) ?? 0);
    }, 0);
    if (rows > 0) throw tablesErrors['null-in-required-column']({ table, column: field.name, rows });
  }
}

/** A commit that storage can't vouch for may stand: then its files must stay. */
function isSafeToRemove(error: unknown): boolean {
  return !isBoathouseError(error, 'storage.unreachable') && isBoathouseError(error);
}

async function discard(storage: Storage, staged: readonly WrittenFile[]): Promise<void> {
  for (const { file } of staged) await storage.remove(file).catch(() => undefined);
}
