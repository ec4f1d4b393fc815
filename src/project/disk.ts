/**
 * The only way of this layer to the disk, which can tell afterwards what was looked at.
 *
 * Reading a project never waits: for thousands of small files that takes a fraction of what promises
 * cost. So what is read between the beginning and the end of one call belongs to that call.
 */
import { hash } from 'node:crypto';
import {
  closeSync,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { systemClock } from '../base/index.ts';

/** What stands at a path, links followed. */
export type Kind = 'file' | 'folder' | 'other' | 'none';

/** A file that was read: path, size in bytes, the times of its last change and of its inode's, inode, SHA-256. */
export type FileRow = readonly [string, number, number, number, number, string];

/** A folder that was listed: path, times as for files, inode, SHA-256 of the listing. */
export type FolderRow = readonly [string, number, number, number, string];

/** Everything a read looked at: as long as all of it is the same, the read would give the same. */
export interface InputRecord {
  /** When the read began, by this machine's clock. */
  readonly readAtMs: number;
  readonly files: readonly FileRow[];
  readonly folders: readonly FolderRow[];
  /** What was asked for and not opened. */
  readonly kinds: readonly (readonly [string, Kind])[];
  readonly realPaths: readonly (readonly [string, string])[];
  /** Environment variables that were looked at, set or not. */
  readonly env: readonly string[];
}

class Witness {
  readonly readAtMs: number = systemClock.nowMs();
  readonly files = new Map<string, FileRow>();
  readonly folders = new Map<string, FolderRow>();
  readonly kinds = new Map<string, Kind>();
  readonly realPaths = new Map<string, string>();
  readonly env = new Set<string>();

  record(): InputRecord {
    return {
      readAtMs: this.readAtMs,
      files: [...this.files.values()],
      folders: [...this.folders.values()],
      kinds: [...this.kinds],
      realPaths: [...this.realPaths],
      env: [...this.env].sort(),
    };
  }
}

let witness: Witness | undefined;

/** Does `work`, and says what it looked at. `work` must not wait, and must not watch within. */
export function watchReads<T>(work: () => T): { readonly value: T; readonly inputs: InputRecord } {
  const own = new Witness();
  witness = own;
  try {
    return { value: work(), inputs: own.record() };
  } finally {
    witness = undefined;
  }
}

/** `env`, whose variables count as looked at when they are asked for. */
export function watchedEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const own = witness;
  if (own === undefined) return env;
  return new Proxy(env, {
    get(target, name) {
      if (typeof name !== 'string') return undefined;
      own.env.add(name);
      return target[name];
    },
  });
}

/** A whole file. Throws what Node throws. */
export function readBytes(path: string): Buffer {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    witness?.kinds.set(path, kindOf(path));
    throw error;
  }
  try {
    // Looked at before it is read: a change in between shows as one after the read.
    const info = fstatSync(file);
    const bytes = readFileSync(file);
    witness?.files.set(path, fileRow(path, info, bytes));
    return bytes;
  } finally {
    closeSync(file);
  }
}

/** The size of a file that is known by its path alone; it counts as looked at. Throws what Node throws. */
export function fileSize(path: string): number {
  const info = statSync(path);
  witness?.files.set(path, [path, info.size, info.mtimeMs, info.ctimeMs, info.ino, '']);
  return info.size;
}

/** The row of a file with this content. */
export function fileRow(path: string, info: Stats, bytes: Uint8Array): FileRow {
  return [path, info.size, info.mtimeMs, info.ctimeMs, info.ino, hash('sha256', bytes)];
}

/** The entries of a folder. Throws what Node throws. */
export function listFolder(path: string): Dirent[] {
  try {
    const { row, entries } = readFolder(path);
    witness?.folders.set(path, row);
    return entries;
  } catch (error) {
    witness?.kinds.set(path, kindOf(path));
    throw error;
  }
}

/** A folder's entries and its row. Throws what Node throws. */
export function readFolder(path: string): { readonly row: FolderRow; readonly entries: Dirent[] } {
  const info = statSync(path);
  const entries = readdirSync(path, { withFileTypes: true });
  const listing = entries.map((entry) => `${entryKind(entry)}${entry.name}`).sort();
  return { row: [path, info.mtimeMs, info.ctimeMs, info.ino, hash('sha256', listing.join('\0'))], entries };
}

function entryKind(entry: Dirent): string {
  return entry.isFile() ? 'f' : entry.isDirectory() ? 'd' : entry.isSymbolicLink() ? 'l' : 'o';
}

/** What stands at `path`. */
export function kindAt(path: string): Kind {
  const kind = kindOf(path);
  witness?.kinds.set(path, kind);
  return kind;
}

/** `kindAt`, which nobody watches. */
export function kindOf(path: string): Kind {
  let info: Stats | undefined;
  try {
    info = statSync(path, { throwIfNoEntry: false });
  } catch {
    return 'none';
  }
  if (info === undefined) return 'none';
  return info.isFile() ? 'file' : info.isDirectory() ? 'folder' : 'other';
}

/** The path with every link followed. Throws what Node throws. */
export function realPath(path: string): string {
  const real = realpathSync(path);
  witness?.realPaths.set(path, real);
  return real;
}
