/** Whether everything that an earlier read looked at is as it was. */
import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { systemClock } from '../base/index.ts';
import { type FileRow, type FolderRow, fileRow, type InputRecord, kindOf, readFolder } from './disk.ts';
import type { SourceFile } from './project.ts';
import { sourceText } from './read-text.ts';

/** Whether a record still holds, and how sure it was from the outside alone. */
export type InputsState =
  | { readonly kind: 'changed' }
  /** Nothing has changed, and nothing needed to be opened to see it. */
  | { readonly kind: 'same' }
  /** Nothing has changed, but files had to be opened: `record` says how they look now. */
  | { readonly kind: 'touched'; readonly record: InputRecord }
  /** A few files hold something else, and that is all that has changed. */
  | { readonly kind: 'edited'; readonly record: InputRecord; readonly edits: readonly FileEdit[] };

/** What a source file holds now, and its checksum. */
export type FileEdit = Pick<SourceFile, 'path' | 'text' | 'sha256'>;

/** With more than these it takes no longer to read everything. */
const editsMax = 32;

/**
 * Compares `record` with the disk. A file or folder whose size, times and inode are the recorded ones is
 * taken to be the same, unless it was changed so shortly before it was read that a later change could
 * have left the same times; then, and when they differ, its content decides.
 *
 * Costs a stat for each file and folder. Environment variables aren't looked at: `environmentHash` is.
 *
 * @param skewMs how far the disk's clock is behind ours, zero or negative.
 */
export function compareInputs(record: InputRecord, skewMs: number): InputsState {
  const readAtMs = record.readAtMs + Math.min(0, skewMs);
  const nowMs = systemClock.nowMs();
  const touched = new Map<FileRow | FolderRow, FileRow | FolderRow>();
  const edits: FileEdit[] = [];
  for (const row of record.files) {
    const [path, sizeBytes, modifiedMs, changedMs, inode, sha256] = row;
    const info = look(path);
    if (info === undefined) return changed;
    if (
      info.size === sizeBytes &&
      info.mtimeMs === modifiedMs &&
      info.ctimeMs === changedMs &&
      info.ino === inode &&
      isSettled(modifiedMs, changedMs, readAtMs)
    ) {
      continue;
    }
    const now = readRow(path);
    // A file that is known by its size alone has no hash.
    if (now === undefined || sha256 === '') return changed;
    if (now.row[5] !== sha256) {
      const source = sourceText(now.bytes);
      if (source === undefined || edits.length === editsMax) return changed;
      edits.push({ path, ...source });
    }
    touched.set(row, now.row);
  }
  for (const row of record.folders) {
    const [path, modifiedMs, changedMs, inode, listing] = row;
    const info = look(path);
    if (info === undefined) return changed;
    if (
      info.mtimeMs === modifiedMs &&
      info.ctimeMs === changedMs &&
      info.ino === inode &&
      isSettled(modifiedMs, changedMs, readAtMs)
    ) {
      continue;
    }
    const now = listedRow(path);
    if (now === undefined || now[4] !== listing) return changed;
    touched.set(row, now);
  }
  if (!record.kinds.every(([path, kind]) => kindOf(path) === kind)) return changed;
  if (!record.realPaths.every(([path, real]) => realPathOf(path) === real)) return changed;
  if (touched.size === 0) return { kind: 'same' };
  const renew = <T extends FileRow | FolderRow>(row: T): T => (touched.get(row) as T | undefined) ?? row;
  const renewed: InputRecord = {
    ...record,
    readAtMs: nowMs,
    files: record.files.map(renew),
    folders: record.folders.map(renew),
  };
  return edits.length === 0
    ? { kind: 'touched', record: renewed }
    : { kind: 'edited', record: renewed, edits };
}

/** One hash of what `names` are set to; it tells unset from empty. */
export function environmentHash(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): string {
  return hash('sha256', JSON.stringify(names.map((name) => [name, env[name] ?? null])));
}

/** Both records, as one read that began with the earlier. */
export function joinInputs(a: InputRecord, b: InputRecord): InputRecord {
  return {
    readAtMs: Math.min(a.readAtMs, b.readAtMs),
    files: [...a.files, ...b.files],
    folders: [...a.folders, ...b.folders],
    kinds: [...a.kinds, ...b.kinds],
    realPaths: [...a.realPaths, ...b.realPaths],
    env: [...new Set([...a.env, ...b.env])].sort(),
  };
}

const changed: InputsState = { kind: 'changed' };

/**
 * Whether a change after the read must have moved the times. File systems that keep parts of a
 * millisecond step their clock every few milliseconds; others may keep two seconds as one.
 */
function isSettled(modifiedMs: number, changedMs: number, readAtMs: number): boolean {
  const stepMs = Number.isInteger(changedMs) ? 2000 : 50;
  return Math.max(modifiedMs, changedMs) + stepMs < readAtMs;
}

function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function readRow(path: string): { readonly row: FileRow; readonly bytes: Buffer } | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const info = fstatSync(file);
      const bytes = readFileSync(file);
      return { row: fileRow(path, info, bytes), bytes };
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function listedRow(path: string): FolderRow | undefined {
  try {
    return readFolder(path).row;
  } catch {
    return undefined;
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
