/**
 * Which files of a table the lakes around it still need: those of every generation that is kept, and of every branch.
 *
 * A lake is known by its `_boathouse` folder in a folder above the table. What its generations show, readers read
 * without asking the table's log, and a branch's tables are clones that name this one's files. Only what is needed
 * here is read of a generation; what it means is told in `catalog/`.
 */
import { isBoathouseError } from '../../base/index.ts';
import { readSnapshot } from '../../delta/index.ts';
import {
  inParallel,
  openStorage,
  type Storage,
  type StorageOptions,
  warnOfStorage,
} from '../../storage/index.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { maintainErrors } from './errors.ts';
import { pathsOf } from './needed-files.ts';
import type { Relative } from './table-folder.ts';

/** A relation as a generation tells it, as far as it matters here. */
interface HeldRelation {
  readonly sql?: unknown;
  readonly location?: unknown;
  readonly deltaVersion?: unknown;
}

/**
 * The files of the table, relative to it, that lakes above its folder need.
 *
 * Costs a listing for each folder above; in a lake a read of each generation of each branch, and of the table's log
 * for each version that they show.
 *
 * @throws tables.unreadable-lake, storage.*, delta.corrupt-log: when it can't be told what is needed, nothing may be deleted
 */
export async function heldByLakes(
  table: Storage,
  relative: Relative,
  storageOptions: StorageOptions = {},
): Promise<ReadonlySet<string>> {
  const held = new Set<string>();
  for (const root of foldersAbove(table.uri)) {
    const lake = openStorage(root, storageOptions);
    const relations = await relationsOf(lake).catch((error: unknown) => {
      // Keys are often good for a part of a bucket only. Who may not look above it has published nothing there.
      if (lake.isLocal || !isBoathouseError(error, 'storage.no-permission')) throw error;
      const what = `${root} may not be listed, so files that a lake there needs aren't kept for it`;
      warnOfStorage('storage.no-permission', what);
      return [];
    });
    if (relations.length > 0) await hold(table, relative, relations, storageOptions, held);
  }
  return held;
}

async function hold(
  table: Storage,
  relative: Relative,
  relations: readonly HeldRelation[],
  storageOptions: StorageOptions,
  held: Set<string>,
): Promise<void> {
  const versions = new Map<string, Set<number | undefined>>();
  const add = (path: string): void => {
    const inside = relative(path);
    if (inside !== undefined) held.add(inside);
  };
  for (const { sql, location, deltaVersion } of relations) {
    // What a view reads is there to be read, also when the log doesn't reach back to its version any more.
    if (typeof sql === 'string')
      for (const [, path = ''] of sql.matchAll(/'((?:[^']|'')*)'/g)) addText(path, add);
    if (typeof location !== 'string' || typeof deltaVersion !== 'number') continue;
    const isClone = /\/_boathouse\/branches\//.test(location);
    if (!isClone && uriOf(location) !== table.uri) continue;
    const known = versions.get(location) ?? new Set(isClone ? [undefined] : []);
    known.add(deltaVersion);
    versions.set(location, known);
  }
  for (const [location, wanted] of versions) {
    const storage = openStorage(location, storageOptions);
    for (const version of wanted) await addVersion(storage, version, add);
  }
}

/** What can't be opened here is not this table. */
function uriOf(location: string): string | undefined {
  try {
    return openStorage(location).uri;
  } catch (error) {
    if (isBoathouseError(error)) return undefined;
    throw error;
  }
}

/** Texts of a statement that name a place; others are of the user's. */
function addText(text: string, add: (path: string) => void): void {
  if (/^(?:\/|[A-Za-z]:[\\/]|[a-z][a-z0-9+]*:\/\/)/.test(text)) add(text.replaceAll("''", "'"));
}

async function addVersion(
  storage: Storage,
  version: number | undefined,
  add: (path: string) => void,
): Promise<void> {
  try {
    const rows = duckdbParquetRows;
    const snapshot = await readSnapshot(storage, { rows, ...(version === undefined ? {} : { version }) });
    for (const file of snapshot.files.values()) {
      for (const path of pathsOf(file)) add(absoluteOf(path, storage));
    }
  } catch (error) {
    // The log was cleaned up, or the table is gone: the statement alone tells what is read.
    if (isBoathouseError(error, 'delta.no-such-version') || isBoathouseError(error, 'delta.not-a-table'))
      return;
    throw error;
  }
}

function absoluteOf(path: string, storage: Storage): string {
  return /^(?:\/|[a-z][a-z0-9+]*:)/i.test(path) ? path : storage.locate(path);
}

/** The relations of every generation of the lake, on every branch, and of what branches began with. */
async function relationsOf(lake: Storage): Promise<readonly HeldRelation[]> {
  const relations: HeldRelation[] = [];
  const take = async (path: string, keys: readonly string[]): Promise<void> => {
    const document = await readDocument(lake, path);
    for (const key of keys) {
      const found = document?.[key];
      if (Array.isArray(found)) relations.push(...(found as readonly HeldRelation[]));
    }
  };
  const takeAll = (paths: readonly string[]): Promise<unknown> =>
    inParallel(paths, (path) => take(path, ['relations']));
  await takeAll(await numbered(lake, '_boathouse/catalog/'));
  // What a rollback that is at work is about to show again.
  for await (const { path } of lake.list('_boathouse/holds/')) await take(path, ['relations']);
  for await (const { path } of lake.list('_boathouse/heads/')) {
    const name = /([^/]+)\.json$/.exec(path)?.[1];
    if (name === undefined) continue;
    await take(path, ['base', 'own']);
    await takeAll(await numbered(lake, `_boathouse/branches/${name}/catalog/`));
  }
  return relations;
}

async function numbered(lake: Storage, folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const { path } of lake.list(folder)) if (/\/\d{20}\.json$/.test(path)) paths.push(path);
  return paths;
}

async function readDocument(lake: Storage, path: string): Promise<Record<string, unknown> | undefined> {
  let text: string;
  try {
    text = new TextDecoder().decode(await lake.read(path));
  } catch (error) {
    // A sweep was faster: what it no longer keeps isn't needed.
    if (isBoathouseError(error, 'storage.not-found')) return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw maintainErrors['unreadable-lake']({ path: lake.locate(path) }, { cause });
  }
}

/** The folders above a table, the nearest first; in a bucket down to the bucket itself. */
function foldersAbove(uri: string): readonly string[] {
  const [, start = '', path = ''] = /^(file:\/\/|[a-z0-9]+:\/\/[^/]+)(\/.*)?$/i.exec(uri) ?? [];
  const folders: string[] = [];
  for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
    const folder = `${start}${path.slice(0, end)}`;
    folders.push(end === 0 && start === 'file://' ? 'file:///' : folder);
    if (end === 0) break;
  }
  return folders;
}
