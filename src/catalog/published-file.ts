/**
 * The published DuckDB file on disk: taking a private copy of it, and replacing it.
 *
 * Nobody of ours ever has the published path open, so copying it in this process can't drop a lock,
 * and replacing it disturbs no reader: whoever has the old file open keeps it.
 */
import { constants } from 'node:fs';
import { copyFile, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { catalogErrors } from './errors.ts';
import { fileIn, type Generation } from './generation.ts';

/** What a copy took. */
export interface PublishedCopy {
  /** Whether a write-ahead log was beside the file: someone writes to it, or died doing so. */
  readonly hasLog: boolean;
}

/**
 * Copies the published file, with its write-ahead log when there is one, to `to`.
 *
 * Shares the blocks instead of copying them where the file system can.
 *
 * @returns undefined when there is no published file.
 * @throws catalog.unreadable-file
 */
export async function copyPublished(path: string, to: string): Promise<PublishedCopy | undefined> {
  await mkdir(dirname(to), { recursive: true });
  if (!(await copyIfThere(path, to))) return undefined;
  return { hasLog: await copyIfThere(logOf(path), logOf(to)) };
}

/**
 * Puts the finished file `staged` in the place of `path`. Atomic for readers, durable when it returns.
 * Nothing happens when `staged` is gone: somebody else has finished it.
 *
 * A write-ahead log beside `path` belongs to the file that is replaced: left there, DuckDB would apply
 * it to the new one. It goes first, so that no moment has the new file with the old log.
 *
 * @param staged on the same file system, closed.
 * @throws catalog.unwritable-file
 */
export async function replacePublished(staged: string, path: string): Promise<void> {
  try {
    await sync(staged);
    await unlinkIfThere(logOf(path));
    await rename(staged, path);
    await sync(dirname(path));
  } catch (cause) {
    if (isMissing(cause) && !(await exists(staged))) return;
    throw catalogErrors['unwritable-file']({ path, problem: messageOf(cause) }, { cause });
  }
}

/** The write-ahead log that DuckDB keeps beside `path`. */
export function logOf(path: string): string {
  return `${path}.wal`;
}

/**
 * Finishes what a publisher has begun and not ended, dead or slow: the file of the newest generation
 * is put in its place. Costs one look at the disk when there is nothing to do.
 *
 * @throws catalog.unwritable-file
 */
export async function settlePublished(generation: Generation | undefined, path: string): Promise<void> {
  const state = fileIn(generation, basename(path));
  if (state === undefined) return;
  const staged = join(dirname(path), state.staged);
  if (await exists(staged)) await replacePublished(staged, path);
}

/** What tells one published file from the next without opening it. Undefined when there is none. */
export async function fingerprint(path: string): Promise<string | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${size}-${Math.floor(mtimeMs)}`;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw catalogErrors['unreadable-file']({ path, problem: messageOf(error) }, { cause: error });
  }
}

/** Removes the file; nothing happens when it is gone already. */
export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw catalogErrors['unreadable-file']({ path: from, problem: messageOf(error) }, { cause: error });
  }
}

/** Makes a file, or the entries of a folder, durable. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
