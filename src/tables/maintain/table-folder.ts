/**
 * What stands in a table's folder: data files, change files and deletion vectors, and the folders they are in.
 * Links are never followed out of the folder, and hidden folders are not looked at.
 */
import { type Dirent, realpathSync } from 'node:fs';
import { readdir, realpath, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAbsoluteFilePath, type Metadata, physicalName, type StructType } from '../../delta/index.ts';
import type { FileInfo, Storage } from '../../storage/index.ts';

/** A folder below a table's. */
export interface Folder {
  readonly path: string;
  readonly modifiedMs: number;
}

/** Says which names in a table's folder aren't its data: those that begin with `_` or `.`, but for change files and partitions. Pure. */
export function hiddenNames(metadata: Metadata, schema: StructType): (path: string) => boolean {
  const starts = ['_change_data'];
  for (const name of metadata.partitionColumns) {
    const field = schema.fields.find((candidate) => candidate.name === name);
    starts.push(`${name}=`, `${encodeURIComponent(name)}=`);
    if (field !== undefined) starts.push(`${physicalName(field, metadata)}=`);
  }
  const isHidden = (name: string): boolean =>
    /^[_.]/.test(name) &&
    !starts.some((start) => (start.endsWith('=') ? name.startsWith(start) : name === start));
  return (file) => file.split('/').some(isHidden);
}

/**
 * The files of the table's folder that aren't hidden and that `isWanted`, by path. What stands in the folder of
 * another table below this one is that table's. Costs a listing of all of it.
 */
export async function listFiles(
  storage: Storage,
  isHidden: (path: string) => boolean,
  isWanted: (info: FileInfo) => boolean,
): Promise<Map<string, FileInfo>> {
  const files = new Map<string, FileInfo>();
  const tables = new Set<string>();
  for await (const info of storage.list('')) {
    const log = info.path.indexOf(`/${logFolder}/`);
    if (log >= 0) tables.add(info.path.slice(0, log));
    else if (!isHidden(info.path) && isWanted(info)) files.set(info.path, info);
  }
  // A table's log may be listed after its files.
  if (tables.size > 0) for (const file of [...files.keys()]) if (isBelow(file, tables)) files.delete(file);
  return files;
}

const logFolder = '_delta_log';

function isBelow(file: string, folders: ReadonlySet<string>): boolean {
  for (let end = file.lastIndexOf('/'); end > 0; end = file.lastIndexOf('/', end - 1)) {
    if (folders.has(file.slice(0, end))) return true;
  }
  return false;
}

/** The table's own folder as an absolute path; undefined where folders are only parts of names. */
function localRoot(storage: Storage): string | undefined {
  return storage.uri.startsWith('file:') ? fileURLToPath(storage.uri) : undefined;
}

/** Folders that aren't hidden nor another table's, and what links among the files lead to inside the table. */
export interface FolderTree {
  /** Every folder after those it holds. */
  readonly folders: readonly Folder[];
  /** Relative to the table. */
  readonly linkTargets: ReadonlySet<string>;
}

/** The folders below the table's, where it has any. */
export async function readFolders(
  storage: Storage,
  isHidden: (path: string) => boolean,
): Promise<FolderTree> {
  const root = localRoot(storage);
  const folders: Folder[] = [];
  const linkTargets = new Set<string>();
  if (root === undefined) return { folders, linkTargets };
  const realRoot = await realpath(root);
  const walk = async (folder: string, isOurs: boolean): Promise<void> => {
    const whole = path.join(root, folder);
    const entries = await readdir(whole, { withFileTypes: true }).catch((): Dirent[] => []);
    const staysOurs = isOurs && (folder === '' || !entries.some((entry) => entry.name === logFolder));
    for (const entry of entries) {
      const below = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (isHidden(below)) continue;
      if (entry.isDirectory()) await walk(below, staysOurs);
      if (entry.isSymbolicLink()) {
        const target = await realpath(path.join(root, below)).catch(() => undefined);
        const inside = target === undefined ? undefined : relativePath(realRoot, target);
        if (inside !== undefined) linkTargets.add(inside);
      }
    }
    if (folder === '' || !staysOurs) return;
    const found = await stat(whole).catch(() => undefined);
    if (found !== undefined) folders.push({ path: folder, modifiedMs: found.mtimeMs });
  };
  await walk('', true);
  return { folders, linkTargets };
}

/** Removes those of `folders` that are empty by now, deepest first as given; says how many. */
export async function removeEmpty(storage: Storage, folders: readonly Folder[]): Promise<number> {
  const root = localRoot(storage);
  if (root === undefined) return 0;
  let removed = 0;
  for (const folder of folders) {
    // Fails for whatever isn't an empty folder, and then nothing happened.
    const isGone = await rmdir(path.join(root, folder.path)).then(
      () => true,
      () => false,
    );
    if (isGone) removed += 1;
  }
  return removed;
}

/** Turns a path of the log into one relative to the table; undefined for what stands elsewhere. */
export type Relative = (logPath: string) => string | undefined;

/**
 * How the log's paths lead into the table's folder: also by its absolute name, and by whatever other name links
 * give it.
 */
export async function relativeTo(storage: Storage): Promise<Relative> {
  const root = localRoot(storage);
  if (root === undefined) {
    const start = `${storage.uri.replace(/\/+$/, '')}/`;
    return (logPath) => {
      if (!isAbsoluteFilePath(logPath)) return logPath;
      return logPath.startsWith(start) ? decoded(logPath.slice(start.length)) : undefined;
    };
  }
  const realRoot = await realpath(root).catch(() => root);
  const realFolders = new Map<string, string>();
  const realFolder = (folder: string): string => {
    let real = realFolders.get(folder);
    if (real === undefined) {
      try {
        real = realpathSync(folder);
      } catch {
        // A folder that isn't there holds nothing that could be meant.
        real = folder;
      }
      realFolders.set(folder, real);
    }
    return real;
  };
  return (logPath) => {
    if (!isAbsoluteFilePath(logPath)) return logPath;
    const whole = absolutePath(logPath);
    if (whole === undefined) return undefined;
    const { dir, base } = path.parse(whole);
    return relativePath(root, whole) ?? relativePath(realRoot, path.join(realFolder(dir), base));
  };
}

function absolutePath(uri: string): string | undefined {
  if (uri.startsWith('/')) return path.resolve(uri);
  if (!/^file:/i.test(uri)) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    // Not a well-formed URI, so it is taken as it stands: what may be meant stays.
    return path.resolve(uri.replace(/^file:\/*/i, '/'));
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function relativePath(root: string, whole: string): string | undefined {
  const inside = path.relative(root, whole);
  if (inside === '' || inside.startsWith('..') || path.isAbsolute(inside)) return undefined;
  return inside.split(path.sep).join('/');
}
