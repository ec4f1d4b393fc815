/**
 * Data files of a write before its commit: written by one streaming COPY, seen by nobody yet.
 *
 * Every file of a write has the write's id in its name, so that one that fails finds its own leftovers.
 */
import path from 'node:path';
import type { AddFile } from '../../delta/index.ts';
import { quoteIdentifier, quoteLiteral, type Session } from '../../duckdb/index.ts';
import type { FileInfo, Storage } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { parseCopyResult, type WrittenFile } from './copy-result.ts';
import { nullsIn, statsJson } from './stats.ts';
import type { SchemaPlan } from './write-schema.ts';

/** How files are written. */
export interface StageOptions {
  readonly signal: AbortSignal | undefined;
  readonly writeId: string;
  readonly targetFileSizeBytes: number;
}

/** A file that is written whole and durable, its path relative to the table. */
export interface StagedFile {
  readonly written: WrittenFile;
  readonly info: FileInfo;
}

/** Files made durable at once. */
const syncsMax = 8;

/**
 * Runs `query` and writes its rows below the table's folder. On failure what was written is removed.
 *
 * @throws duckdb.*, storage.*
 */
export async function stageFiles(
  session: Session,
  storage: Storage,
  query: string,
  partitionColumns: readonly string[],
  options: StageOptions,
): Promise<StagedFile[]> {
  // Makes the table's folder, and says which absolute path it has.
  const root = path.dirname(await storage.prepareWrite(`part-${options.writeId}`));
  const copyOptions = [
    'FORMAT parquet',
    'COMPRESSION snappy',
    'RETURN_STATS',
    'APPEND',
    `FILENAME_PATTERN ${quoteLiteral(`part-${options.writeId}-{uuid}`)}`,
    // The engine takes one or the other.
    partitionColumns.length > 0
      ? `PARTITION_BY (${partitionColumns.map(quoteIdentifier).join(', ')})`
      : `FILE_SIZE_BYTES ${Math.max(1, Math.floor(options.targetFileSizeBytes))}`,
  ];
  try {
    const result = await session.query(
      `COPY (${query}) TO ${quoteLiteral(root)} (${copyOptions.join(', ')})`,
      undefined,
      { signal: options.signal },
    );
    const written = parseCopyResult(result).map((file) => ({
      ...file,
      file: path.relative(root, file.file).split(path.sep).join('/'),
    }));
    return await makeDurable(storage, written);
  } catch (error) {
    // What went wrong is told; that something couldn't be tidied up after it as well is not.
    await removeLeftovers(storage, options.writeId).catch(() => undefined);
    throw error;
  }
}

/** Files without rows are dropped. */
async function makeDurable(storage: Storage, written: readonly WrittenFile[]): Promise<StagedFile[]> {
  const staged: StagedFile[] = [];
  for (const file of written) if (file.rows === 0) await storage.remove(file.file);
  const kept = written.filter((file) => file.rows > 0);
  for (let next = 0; next < kept.length; next += syncsMax) {
    const batch = kept.slice(next, next + syncsMax);
    const infos = await Promise.all(batch.map((file) => storage.finishWrite(file.file)));
    batch.forEach((file, i) => {
      staged.push({ written: file, info: infos[i] as FileInfo });
    });
  }
  return staged;
}

async function removeLeftovers(storage: Storage, writeId: string): Promise<void> {
  for await (const { path: leftover } of storage.list('')) {
    if (leftover.includes(writeId)) await storage.remove(leftover);
  }
}

/** Removes staged files, as far as that is possible: nothing refers to them. */
export async function discardFiles(storage: Storage, staged: readonly StagedFile[]): Promise<void> {
  for (const { info } of staged) await storage.remove(info.path).catch(() => undefined);
}

/**
 * The files as the log describes them. Pure.
 *
 * @param indexedColumns how many leaf columns get statistics.
 * @throws tables.null-in-required-column
 */
export function describeFiles(
  table: string,
  staged: readonly StagedFile[],
  plan: SchemaPlan,
  indexedColumns: number,
): AddFile[] {
  assertNoForbiddenNulls(table, plan, staged);
  return staged.map(({ written, info }) => ({
    kind: 'add',
    path: info.path,
    partitionValues: new Map(
      plan.partitionColumns.map((name) => [name, written.partition.get(name) ?? null]),
    ),
    sizeBytes: info.sizeBytes,
    modifiedMs: Math.floor(info.modifiedMs),
    dataChange: true,
    stats: statsJson(written, plan.schema, indexedColumns),
  }));
}

function assertNoForbiddenNulls(table: string, plan: SchemaPlan, staged: readonly StagedFile[]): void {
  for (const field of plan.schema.fields) {
    if (field.nullable) continue;
    const isPartition = plan.partitionColumns.includes(field.name);
    const rows = staged.reduce((sum, { written }) => {
      if (isPartition) return sum + ((written.partition.get(field.name) ?? null) === null ? written.rows : 0);
      return sum + (nullsIn(written, field.name) ?? 0);
    }, 0);
    if (rows > 0) throw tablesErrors['null-in-required-column']({ table, column: field.name, rows });
  }
}
