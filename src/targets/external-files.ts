/**
 * The files of external relations: written where nobody looks, then put in place at once.
 *
 * A query's rows go to `_boathouse/pins/<output>/<id>/` beside the output. Those files never change:
 * the catalog's views read them, so a reader sees one state for as long as it keeps its generation.
 * The output itself gets hard links to them (copies where links can't be had), under another name
 * first, and by one rename.
 */
import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { WarehouseColumn } from '../compiler/index.ts';
import { quoteIdentifier, quoteLiteral, type Session } from '../duckdb/index.ts';
import { targetErrors } from './errors.ts';
import type { ExternalOutput } from './plan.ts';

/** Rows on disk that are not in place yet. */
export interface StagedExternal {
  /** Where the immutable files are; undefined for a remote output. */
  readonly folder: string | undefined;
  /** Absolute paths (or URLs), in name order. */
  readonly files: readonly string[];
  readonly rows: number;
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
): Promise<StagedExternal> {
  if (output.isRemote) return await copyTo(session, query, output, output.location, undefined);
  const folder = join(dirname(output.location), '_boathouse', 'pins', basename(output.location), id);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw failed(output.location, cause);
  }
  try {
    const to = output.isDirectory ? folder : join(folder, basename(output.location));
    if (output.append) await linkTree(output.location, folder);
    const staged = await copyTo(session, query, output, to, folder);
    // An append keeps what was there; its files are pinned with the new ones.
    const files = output.append || output.isDirectory ? await filesBelow(folder) : staged.files;
    return { ...staged, files };
  } catch (error) {
    await discardStaged({ folder, files: [], rows: 0 });
    throw error;
  }
}

/** Removes what was staged: its node failed. */
export async function discardStaged(staged: StagedExternal): Promise<void> {
  if (staged.folder !== undefined) await rm(staged.folder, { recursive: true, force: true });
}

/**
 * Puts staged files in the place of what was at the output's location.
 *
 * A file is replaced by one rename. A folder takes two, with the old one aside in between and back in
 * its place if the second fails; readers of the catalog see neither. Files that are not part of the
 * output any more are gone.
 *
 * @throws targets.external-failed, targets.external-overlap when a folder holds what isn't the output's.
 */
export async function swapExternal(
  staged: StagedExternal,
  output: ExternalOutput,
  id: string,
): Promise<void> {
  if (output.isRemote || staged.folder === undefined) return;
  const { location } = output;
  const aside = join(dirname(location), '_boathouse', `.old-${basename(location)}-${id}`);
  const incoming = join(dirname(location), `.${basename(location)}.${id}.tmp`);
  try {
    if (output.isDirectory) {
      await checkReplaceable(output);
      await mkdir(incoming, { recursive: true });
      for (const file of staged.files) await linkOrCopy(file, join(incoming, relative(staged.folder, file)));
    } else {
      const [file] = staged.files;
      if (file === undefined) throw new Error('the query wrote no file');
      await sync(file);
      await linkOrCopy(file, incoming);
    }
    await replace(incoming, location, aside, output.isDirectory);
  } catch (error) {
    await rm(incoming, { recursive: true, force: true });
    throw failed(location, error);
  }
}

/**
 * The SELECT over the files of an external relation.
 *
 * @param columns the query's own; needed when there are no rows or the files are partitioned.
 */
export function externalSelect(
  output: ExternalOutput,
  staged: Pick<StagedExternal, 'files' | 'rows'>,
  columns: readonly WarehouseColumn[],
): string {
  const list = columns.map((column) => quoteIdentifier(column.name)).join(', ');
  if (staged.files.length === 0) {
    const nulls = columns.map((column) => `cast(null as ${column.type}) as ${quoteIdentifier(column.name)}`);
    return `select ${nulls.join(', ')} where false`;
  }
  const isTypedByFile = output.format === 'parquet';
  const options = [...output.readOptions];
  if (staged.rows === 0 && !isTypedByFile && !output.append) {
    // Files without rows say nothing about types.
    const types = columns.map((column) => `${quoteLiteral(column.name)}: ${quoteLiteral(column.type)}`);
    options.push(`columns = {${types.join(', ')}}`);
  }
  if (!options.some((option) => option.startsWith('hive_'))) {
    options.push(`hive_partitioning = ${output.partitionBy.length > 0}`);
  }
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
  return `select ${[...rest.map((column) => quoteIdentifier(column.name)), ...casts].join(', ')} from ${from}`;
}

/** Whether anything stands at a location: a file, or a folder with files in it. */
export async function somethingAt(location: string): Promise<boolean> {
  try {
    const info = await lstat(location);
    return info.isDirectory() ? (await filesBelow(location)).length > 0 : true;
  } catch {
    return false;
  }
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
    ...(output.isDirectory ? [output.append ? 'append true' : 'overwrite_or_ignore true'] : []),
  ];
  const { rows } = await session.query(`copy (\n${query}\n) to ${quoteLiteral(to)} (${options.join(', ')})`);
  const [count, files] = rows[0] ?? [];
  return {
    folder,
    files: (Array.isArray(files) ? files.map(String) : [to]).sort(),
    rows: Number(count ?? 0),
  };
}

/** Refuses to replace a folder that holds anything but files of this output. */
async function checkReplaceable(output: ExternalOutput): Promise<void> {
  const endings = new Set([output.extension, '.parquet', '.csv', '.json', '.gz', '.zst']);
  for (const file of await filesBelow(output.location)) {
    const name = basename(file);
    if (relative(output.location, file).split(sep).includes('_boathouse')) {
      throw overlap(output, 'another relation has its files inside that folder');
    }
    const isData = [...endings].some((ending) => name.endsWith(ending));
    if (!isData && !name.startsWith('.')) throw overlap(output, `it holds ${name}, which no relation wrote`);
  }
}

function overlap(output: ExternalOutput, problem: string): Error {
  return targetErrors['external-overlap']({ location: output.location, problem });
}

async function replace(
  incoming: string,
  location: string,
  aside: string,
  isDirectory: boolean,
): Promise<void> {
  const old = await lstat(location).catch(() => undefined);
  if (!isDirectory && !old?.isDirectory()) {
    await rename(incoming, location);
  } else {
    await mkdir(dirname(aside), { recursive: true });
    if (old) await rename(location, aside);
    try {
      await rename(incoming, location);
    } catch (error) {
      if (old) await rename(aside, location);
      throw error;
    }
    await rm(aside, { recursive: true, force: true });
  }
  await sync(dirname(location));
}

/** Every file of the output so far, linked under `folder`, with the folders it is in. */
async function linkTree(location: string, folder: string): Promise<void> {
  for (const file of await filesBelow(location)) {
    await linkOrCopy(file, join(folder, relative(location, file)));
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await link(from, to);
  } catch {
    // Not every file system has links: a copy costs space, and means the same.
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function failed(location: string, cause: unknown): Error {
  if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('targets.')) return cause;
  const problem = cause instanceof Error ? cause.message : String(cause);
  return targetErrors['external-failed']({ location, problem }, { cause });
}
