/** Temporary files of local writers: written whole and synced before they get their name, swept when orphaned. */
import { randomUUID } from 'node:crypto';
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalDisk } from './local-disk.ts';
import { codeOf } from './local-errors.ts';

const begin = '.boathouse-';
const end = '.tmp';

/** Whether `name` is that of a temporary file, which isn't an object. */
export function isTemporary(name: string): boolean {
  return name.startsWith(begin) && name.endsWith(end);
}

/** A name for a temporary file, which `sweepTemporaries` knows. */
export function temporaryName(unique: string): string {
  return `${begin}${process.pid}-${unique}${end}`;
}

/** Writes `bytes` to a new temporary file in `folder`, durable when it returns. Gives its path. */
export async function writeTemporary(disk: LocalDisk, folder: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, temporaryName(randomUUID()));
  let isOurs = false;
  try {
    await disk.withFile(path, 'wx', async (file) => {
      isOurs = true;
      await disk.write(file, bytes);
      await disk.sync(file);
    });
  } catch (error) {
    if (isOurs) await unlink(path).catch(() => undefined);
    throw error;
  }
  return path;
}

/** Makes the entries of `folder` durable, where the file system knows how: some mounts and Windows don't. */
export async function syncFolder(disk: LocalDisk, folder: string): Promise<void> {
  try {
    await disk.withFile(folder, 'r', (file) => disk.sync(file));
  } catch (error) {
    if (!cannotSync.has(codeOf(error) ?? '')) throw error;
  }
}

const cannotSync = new Set([
  'EINVAL',
  'EPERM',
  'EISDIR',
  'EACCES',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EBADF',
]);

/**
 * Removes temporary files in `folder` older than `ageMs`: their writers are dead. Says how many.
 * What can't be looked at or removed is left; sweeping is a courtesy and never fails a write.
 */
export async function sweepTemporaries(folder: string, ageMs: number): Promise<number> {
  let removed = 0;
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(isTemporary)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (!found || Date.now() - found.mtimeMs < ageMs) continue;
    if (
      await unlink(path).then(
        () => true,
        () => false,
      )
    )
      removed += 1;
  }
  return removed;
}
