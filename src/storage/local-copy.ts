/** A second name, or a second copy, for a file in a local folder. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LocalDisk } from './local-disk.ts';
import { codeOf } from './local-errors.ts';
import { syncFolder, temporaryName } from './local-temporary.ts';

/**
 * Makes the bytes of `source` a file at `target`: whole for readers, durable when it returns.
 *
 * A target that was never used becomes a second link to the same file, which is immutable by its promise. One
 * that may be replaced gets bytes of its own, because other programs write into such files in place.
 */
export async function copyDurably(
  disk: LocalDisk,
  source: string,
  target: string,
  replaces: boolean,
): Promise<void> {
  if (!replaces && (await linked(disk, source, target))) return await syncFolder(disk, dirname(target));
  const temporary = join(dirname(target), temporaryName(randomUUID()));
  try {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    await disk.withFile(temporary, 'r+', (file) => disk.sync(file));
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(disk, dirname(target));
}

/** Whether the link could be made: some mounts know none, and one file has only so many. */
async function linked(disk: LocalDisk, source: string, target: string): Promise<boolean> {
  try {
    await disk.link(source, target);
    return true;
  } catch (error) {
    if (cannotLink.has(codeOf(error) ?? '')) return false;
    throw error;
  }
}

const cannotLink = new Set([
  'EPERM',
  'EXDEV',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EMLINK',
  'EACCES',
  'EINVAL',
]);
