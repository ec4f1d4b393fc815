/**
 * Parquet files by one streaming COPY: whole and durable, seen by nobody yet.
 *
 * Every file of a write has the write's id in its name, so that one that fails finds its own leftovers.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { quoteIdentifier, quoteLiteral, type Session } from '../../duckdb/index.ts';
import type { FileInfo, Storage } from '../../storage/index.ts';
import { parseCopyResult, type WrittenFile } from './copy-result.ts';
import { evenPartitions } from './even-partitions.ts';

/** What is copied, and where to. */
export interface CopyRequest {
  readonly select: string;
  /** Columns of `select` that become folders. */
  readonly partitionBy: readonly string[];
  readonly copyOptions: readonly string[];
  /** Below the table's folder: '' or `_change_data`. */
  readonly folder: string;
  /** What a file's name begins with: `part`, `cdc`. */
  readonly prefix: string;
  readonly writeId: string;
  readonly targetFileSizeBytes: number;
  readonly signal: AbortSignal | undefined;
}

/** A file that is written whole and durable, its path relative to the table. */
export interface CopiedFile {
  readonly written: WrittenFile;
  readonly info: FileInfo;
}

/** Files made durable at once. */
const syncsMax = 8;

/**
 * Runs the COPY. On failure what was written is removed.
 *
 * @throws duckdb.*, storage.*
 */
export async function copyFiles(
  session: Session,
  storage: Storage,
  request: CopyRequest,
): Promise<CopiedFile[]> {
  const { folder, prefix, writeId } = request;
  const below = folder === '' ? '' : `${folder}/`;
  // Makes the folder, and says which absolute path it has.
  const root = path.dirname(await storage.prepareWrite(`${below}${prefix}-${writeId}`));
  try {
    if (request.partitionBy.length > 0) await keepFilesOpen(session);
    const copied = await runCopy(session, root, request);
    const written = await evenPartitions(copied, request, (again) =>
      runCopy(session, again.root ?? root, { ...request, ...again }),
    );
    const relative = (file: WrittenFile): WrittenFile => ({
      ...file,
      file: below + path.relative(root, file.file).split(path.sep).join('/'),
    });
    for (const file of written.dropped) await storage.remove(relative(file).file);
    return await makeDurable(storage, written.kept.map(relative));
  } catch (error) {
    // What went wrong is told; that something couldn't be tidied up after it as well is not.
    await removeLeftovers(storage, root, below, writeId).catch(() => undefined);
    throw error;
  }
}

/**
 * With more partitions than the engine keeps open at once it begins a new file at every turn. It holds
 * little for an open one. Where settings are locked, the files are put together afterwards.
 */
async function keepFilesOpen(session: Session): Promise<void> {
  if (session.inTransaction) return;
  await session.run('SET GLOBAL partitioned_write_max_open_files = 1000').catch(() => undefined);
}

async function runCopy(session: Session, root: string, request: CopyRequest): Promise<WrittenFile[]> {
  const { partitionBy, prefix, writeId } = request;
  const options = [
    'FORMAT parquet',
    'RETURN_STATS',
    'APPEND',
    `FILENAME_PATTERN ${quoteLiteral(`${prefix}-${writeId}-{uuid}`)}`,
    ...request.copyOptions,
    // The engine takes one or the other.
    partitionBy.length > 0
      ? `PARTITION_BY (${partitionBy.map(quoteIdentifier).join(', ')})`
      : `FILE_SIZE_BYTES ${Math.max(1, Math.floor(request.targetFileSizeBytes))}`,
  ];
  const sql = `COPY (${request.select}) TO ${quoteLiteral(root)} (${options.join(', ')})`;
  return parseCopyResult(await session.query(sql, undefined, { signal: request.signal }));
}

/** Files without rows are dropped. */
async function makeDurable(storage: Storage, written: readonly WrittenFile[]): Promise<CopiedFile[]> {
  const staged: CopiedFile[] = [];
  for (const file of written) if (file.rows === 0) await storage.remove(file.file);
  const kept = written.filter((file) => file.rows > 0);
  const infos = await finishAll(storage, kept);
  kept.forEach((file, i) => {
    staged.push({ written: file, info: infos[i] as FileInfo });
  });
  return staged;
}

/** Several at a time; when one fails, those that were finished are removed with it. */
async function finishAll(storage: Storage, files: readonly WrittenFile[]): Promise<FileInfo[]> {
  const infos: FileInfo[] = [];
  let next = 0;
  const finisher = async (): Promise<void> => {
    for (let i = next++; i < files.length; i = next++) {
      infos[i] = await storage.finishWrite((files[i] as WrittenFile).file);
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(syncsMax, files.length) }, finisher));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed === undefined) return infos;
  const finished = infos.filter((info) => info !== undefined).map(({ path: one }) => one);
  if (!storage.isLocal) await storage.removeAll(finished).catch(() => undefined);
  throw failed.reason;
}

/** What the COPY wrote below `root`, on this machine whatever the storage is, and what was finished of it. */
async function removeLeftovers(
  storage: Storage,
  root: string,
  below: string,
  writeId: string,
): Promise<void> {
  const names = await readdir(root, { recursive: true }).catch(() => []);
  for (const name of names) {
    if (name.includes(writeId)) await storage.abandonWrite(below + name.split(path.sep).join('/'));
  }
}

/** Removes files that nobody refers to, as far as that is possible. */
export async function removeFiles(storage: Storage, files: readonly CopiedFile[]): Promise<void> {
  for (const { info } of files) await storage.remove(info.path).catch(() => undefined);
}
