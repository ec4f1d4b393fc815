/**
 * Files of about the wanted size in partitioned tables.
 *
 * The engine writes a partition as one file however large it grows, and, with more partitions than it keeps
 * files open for, as many small ones. Both are mended from the files themselves, never from the query: a
 * large file is read once more and split, the fragments of a partition are read once more and put together.
 * Only such files are; memory stays bounded.
 */
import path from 'node:path';
import { quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import { globSafe } from '../read/locate-file.ts';
import type { CopyRequest } from './copy-files.ts';
import type { WrittenFile } from './copy-result.ts';

/** Files to go on with, and files that others stand for now. */
export interface EvenedFiles {
  readonly kept: readonly WrittenFile[];
  readonly dropped: readonly WrittenFile[];
}

/** What a further COPY does otherwise than the first. */
export interface CopyAgain extends Pick<CopyRequest, 'select' | 'partitionBy'> {
  /** Absolute; the first one's unless given. */
  readonly root?: string;
}

/** A file this many times the wanted size is split; below, two would each be too small. */
const tooLarge = 1.5;

/** Files read by one statement at most. */
const filesReadMax = 2000;

/** `files` with those split or joined that need it. */
export async function evenPartitions(
  files: readonly WrittenFile[],
  request: CopyRequest,
  copyAgain: (again: CopyAgain) => Promise<WrittenFile[]>,
): Promise<EvenedFiles> {
  const { partitionBy, targetFileSizeBytes } = request;
  if (partitionBy.length === 0) return { kept: files, dropped: [] };
  const kept: WrittenFile[] = [];
  const dropped: WrittenFile[] = [];
  const scattered: WrittenFile[] = [];
  for (const group of byPartition(files)) {
    const small = group.filter((file) => file.sizeBytes < targetFileSizeBytes / 2);
    const isScattered = small.length > 1;
    for (const file of group) {
      if (isScattered && small.includes(file)) scattered.push(file);
      else if (file.sizeBytes > targetFileSizeBytes * tooLarge) {
        const parts = await copyAgain({
          select: `SELECT * FROM ${reading([file])}`,
          partitionBy: [],
          root: path.dirname(file.file),
        });
        kept.push(...parts.map((part) => ({ ...part, partition: file.partition })));
        dropped.push(file);
      } else kept.push(file);
    }
  }
  for (let next = 0; next < scattered.length; next += filesReadMax) {
    const some = scattered.slice(next, next + filesReadMax);
    kept.push(...(await copyAgain({ select: joined(some, partitionBy), partitionBy })));
    dropped.push(...some);
  }
  return { kept, dropped };
}

/** The rows of the files in the order of their partitions, so that the engine has few files open at once. */
function joined(files: readonly WrittenFile[], partitionBy: readonly string[]): string {
  const values = files.map((file) => {
    const texts = partitionBy.map((key) => textSql(file.partition.get(key) ?? null));
    return `(${[quoteLiteral(file.file), ...texts].join(', ')})`;
  });
  const names = partitionBy.map(quoteIdentifier).join(', ');
  // The values are the log's own texts; the folders' names would lose some.
  return `SELECT data.* EXCLUDE (filename), ${names} FROM ${reading(files, ', filename = true')} AS data
    JOIN (VALUES ${values.join(', ')}) AS log(file, ${names}) ON data.filename = log.file ORDER BY ${names}`;
}

function reading(files: readonly WrittenFile[], more = ''): string {
  const paths = files.map(({ file }) => quoteLiteral(globSafe(file)));
  return `read_parquet([${paths.join(', ')}], hive_partitioning = false${more})`;
}

/** A literal can't hold a zero byte, and a text can. */
function textSql(text: string | null): string {
  return text === null ? 'CAST(NULL AS VARCHAR)' : text.split('\0').map(quoteLiteral).join(' || chr(0) || ');
}

function byPartition(files: readonly WrittenFile[]): WrittenFile[][] {
  const groups = new Map<string, WrittenFile[]>();
  for (const file of files) {
    const key = JSON.stringify([...file.partition]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [file]);
    else group.push(file);
  }
  return [...groups.values()];
}
