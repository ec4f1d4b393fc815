/**
 * The files of external relations, written where nobody looks.
 *
 * A query's rows go to `_boathouse/pins/<output>/<id>/` beside the output. Those files never change:
 * the catalog's views read them, so a reader sees one state for as long as it keeps its generation.
 * `external-swap.ts` puts them in the output's place.
 */
import { lstat, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import type { WarehouseColumn } from '../compiler/index.ts';
import { quoteIdentifier, quoteLiteral, type Session } from '../duckdb/index.ts';
import { discardInBucket, somethingInBucket, stageInBucket } from './bucket-files.ts';
import { externalFailed, recoverSwaps } from './external-swap.ts';
import { filesBelow, linkTree, syncAll } from './file-trees.ts';
import { pinFolderOf } from './output-leftovers.ts';
import type { ExternalOutput } from './plan.ts';
import { keepFiles, type StandingFiles } from './standing-files.ts';
import { isBucketPlace, type StorageAccess } from './storage-access.ts';

/** Rows on disk that are not in place yet. */
export interface StagedExternal {
  /** Where the immutable files are; undefined for a remote output. */
  readonly folder: string | undefined;
  /** Absolute paths (or URLs), in name order. */
  readonly files: readonly string[];
  readonly rows: number;
  /** How many of the files were there before. */
  readonly kept?: number;
  /** The sizes of files in a bucket that were written just now, by URL. */
  readonly sizes?: ReadonlyMap<string, number>;
}

/**
 * Streams the query once into files of a folder of its own.
 *
 * @param id never used before for this output.
 * @throws targets.external-failed when the folder can't be made; duckdb.* when the query fails.
 */
export async function stageExternal(
  session: Session,
  query: string,
  output: ExternalOutput,
  id: string,
  access: StorageAccess,
  keep?: FilesToKeep,
): Promise<StagedExternal> {
  if (keep !== undefined) return await stageBeside(session, query, output, id, access, keep);
  if (isBucketPlace(output.location)) return await stageInBucket(session, query, output, id, access);
  if (output.isRemote) return await copyTo(session, query, output, output.location, undefined);
  const folder = join(pinFolderOf(output.location), id);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw externalFailed(output.location, cause);
  }
  try {
    await recoverSwaps(dirname(output.location), Date.now());
    const to = output.isDirectory ? folder : join(folder, basename(output.location));
    if (output.append) await linkTree(output.location, folder);
    const staged = await copyTo(session, query, output, to, folder);
    // An append keeps what was there; its files are pinned with the new ones.
    const files = output.append || output.isDirectory ? await filesBelow(folder) : staged.files;
    if (files.length === 0 && !output.isDirectory) throw new Error('the query wrote no file');
    await syncAll(files);
    return { ...staged, files };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Files that are there, and which of them stay when these new ones come beside them. */
export interface FilesToKeep {
  readonly standing: StandingFiles;
  /** @param inside where the new files are in their folder. */
  readonly stays: (file: string, inside: readonly string[]) => boolean;
}

/** Stages new files, under names that no other has, and the ones that stay beside them. */
async function stageBeside(
  session: Session,
  query: string,
  output: ExternalOutput,
  id: string,
  access: StorageAccess,
  { standing, stays }: FilesToKeep,
): Promise<StagedExternal> {
  const unique = { ...output, copyOptions: `${output.copyOptions}, append true` };
  const staged = await stageExternal(session, query, unique, id, access);
  const { folder } = staged;
  if (folder === undefined) return staged;
  const inside = staged.files.map((file) =>
    file
      .slice(folder.length + 1)
      .split(sep)
      .join('/'),
  );
  try {
    const staying = standing.files.filter((file) => stays(file, inside));
    const kept = await keepFiles(standing, staying, folder, access);
    return { ...staged, files: [...staged.files, ...kept].sort(), kept: kept.length };
  } catch (error) {
    await discardStaged(staged, output, access);
    throw error;
  }
}

/** Removes what was staged: its node failed. */
export async function discardStaged(
  staged: StagedExternal,
  output: ExternalOutput,
  access: StorageAccess,
): Promise<void> {
  if (isBucketPlace(output.location)) await discardInBucket(staged, output, access);
  else if (staged.folder !== undefined) await rm(staged.folder, { recursive: true, force: true });
}

/**
 * The SELECT over the files of an external relation.
 *
 * @param columns the query's own; needed when there are no rows or the files are partitioned.
 */
export function externalSelect(
  output: ExternalOutput,
  staged: Pick<StagedExternal, 'files' | 'rows' | 'kept'>,
  columns: readonly WarehouseColumn[],
  more: { readonly fileAs?: string } = {},
): string {
  const list = columns.map((column) => quoteIdentifier(column.name)).join(', ');
  if (staged.files.length === 0) {
    const keyed = new Set(output.partitionBy.map((name) => name.toLowerCase()));
    const ordered = [
      ...columns.filter(({ name }) => !keyed.has(name.toLowerCase())),
      ...columns.filter(({ name }) => keyed.has(name.toLowerCase())),
    ];
    const nulls = ordered.map((column) => `cast(null as ${column.type}) as ${quoteIdentifier(column.name)}`);
    return `select ${nulls.join(', ')} where false`;
  }
  const isTypedByFile = output.format === 'parquet';
  const options = [...output.readOptions];
  if (staged.rows === 0 && !isTypedByFile && !output.append && (staged.kept ?? 0) === 0) {
    // Files without rows say nothing about types.
    const types = columns.map((column) => `${quoteLiteral(column.name)}: ${quoteLiteral(column.type)}`);
    options.push(`columns = {${types.join(', ')}}`);
  }
  if (!options.some((option) => option.startsWith('hive_'))) {
    options.push(`hive_partitioning = ${output.partitionBy.length > 0}`);
  }
  const { fileAs } = more;
  if (fileAs !== undefined) options.push(`filename = ${quoteLiteral(fileAs)}`);
  const files = staged.files.map(quoteLiteral).join(', ');
  const from = `read_${output.format}([${files}], ${options.join(', ')})`;
  if (output.partitionBy.length === 0) return `select * from ${from}`;
  // Folders above may look like partitions, too; only the output's own are columns of it.
  const isKey = new Set(output.partitionBy.map((name) => name.toLowerCase()));
  const keys = columns.filter((column) => isKey.has(column.name.toLowerCase()));
  const rest = columns.filter((column) => !isKey.has(column.name.toLowerCase()));
  const casts = keys.map(
    (column) => `cast(${quoteIdentifier(column.name)} as ${column.type}) as ${quoteIdentifier(column.name)}`,
  );
  if (list === '') return `select * from ${from}`;
  const file = fileAs === undefined ? [] : [fileAs];
  return `select ${[...rest.map((column) => quoteIdentifier(column.name)), ...casts, ...file].join(', ')} from ${from}`;
}

/** Whether anything stands at a location: a file, or a folder with files in it. */
export async function somethingAt(location: string, access: StorageAccess): Promise<boolean> {
  if (isBucketPlace(location)) return await somethingInBucket(location, access);
  try {
    const info = await lstat(location);
    return info.isDirectory() ? (await filesBelow(location)).length > 0 : true;
  } catch {
    return false;
  }
}

/** The option that lets COPY into a folder that is there, where none says so. */
export function overwriting({ isDirectory, append, copyOptions }: ExternalOutput): readonly string[] {
  if (!isDirectory || /\bappend true$/.test(copyOptions)) return [];
  return [append ? 'append true' : 'overwrite_or_ignore true'];
}

async function copyTo(
  session: Session,
  query: string,
  output: ExternalOutput,
  to: string,
  folder: string | undefined,
): Promise<StagedExternal> {
  const options = [
    output.copyOptions,
    'return_files true',
    // The folder is ours alone, but DuckDB refuses any that is there.
    ...overwriting(output),
  ];
  const { rows } = await session.query(`copy (\n${query}\n) to ${quoteLiteral(to)} (${options.join(', ')})`);
  const [count, files] = rows[0] ?? [];
  return {
    folder,
    files: (Array.isArray(files) ? files.map(String) : [to]).sort(),
    rows: Number(count ?? 0),
  };
}
