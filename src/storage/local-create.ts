/**
 * Create-if-absent on a local file system: the one primitive under every shared write.
 *
 * With hard links: a finished, synced temporary file is linked to the name. The link either makes the
 * name or fails because it is there, in one step, and what it names is whole. A writer killed
 * anywhere leaves a temporary file and nothing else.
 *
 * Without (some SMB mounts): the name is created exclusively, with a NUL in place of its first byte
 * until everything else is durable. Objects never begin with NUL, so a reader tells an unfinished
 * object (empty, or with the NUL) from a whole one; other Delta readers fail to parse it rather than
 * take half of it for all.
 */
import { open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LocalDisk } from './local-disk.ts';
import { codeOf } from './local-errors.ts';
import { syncFolder, writeTemporary } from './local-temporary.ts';
import type { PutOutcome } from './storage.ts';

/**
 * Creates `file` holding `bytes` unless something has that name. Durable when it says `created`.
 *
 * @param makeLink the system's `link`; tests put in one that lies as network mounts do.
 */
export async function createIfAbsent(
  file: string,
  bytes: Uint8Array,
  links: 'auto' | 'never',
  disk: LocalDisk = new LocalDisk(),
  makeLink: LocalDisk['link'] = (path, newPath) => disk.link(path, newPath),
): Promise<PutOutcome> {
  if (await exists(disk, file)) return { kind: 'taken' };
  if (links === 'auto') {
    const outcome = await createByLink(disk, file, bytes, makeLink);
    if (outcome !== 'no-links') return outcome;
  }
  return createByMarking(disk, file, bytes);
}

async function createByLink(
  disk: LocalDisk,
  file: string,
  bytes: Uint8Array,
  makeLink: LocalDisk['link'],
): Promise<PutOutcome | 'no-links'> {
  const folder = dirname(file);
  const temporary = await writeTemporary(disk, folder, bytes);
  try {
    try {
      await makeLink(temporary, file);
    } catch (error) {
      // On NFS the reply can be lost and the repeated request fail. The temporary file's name is ours
      // alone, so a second link to it can only be the one we asked for.
      const linked = (await disk.stat(temporary)).nlink === 2;
      if (!linked) {
        if (codeOf(error) === 'EEXIST') return { kind: 'taken' };
        if (noLinks.has(codeOf(error) ?? '')) return 'no-links';
        throw error;
      }
    }
    await settled(syncFolder(disk, folder));
    return { kind: 'created' };
  } finally {
    await disk.unlink(temporary).catch(() => undefined);
  }
}

/** What file systems without hard links answer. EPERM is Linux's word for it (vfat, some FUSE). */
const noLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK', 'UNKNOWN']);

async function createByMarking(disk: LocalDisk, file: string, bytes: Uint8Array): Promise<PutOutcome> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, 'wx');
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return { kind: 'taken' };
    throw error;
  }
  let whole = false;
  try {
    const marked = Uint8Array.from(bytes);
    marked[0] = 0;
    await handle.writeFile(marked);
    await handle.sync();
    // One byte can't be torn. From here on the object is whole for every reader.
    await handle.write(bytes.subarray(0, 1), 0, 1, 0);
    whole = true;
    await settled(handle.sync());
  } finally {
    await handle.close();
    // The name was ours alone, and nobody takes an unfinished object for a commit: give it back.
    if (!whole) await unlink(file).catch(() => undefined);
  }
  await settled(syncFolder(disk, dirname(file)));
  return { kind: 'created' };
}

/**
 * What follows once the name is there. A failure now (even a full disk) must not read as "nothing was
 * created": it becomes an I/O error, by which storage says that it can't tell.
 */
export async function settled(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw Object.assign(new Error(`created, but not known to be durable: ${problem}`, { cause }), {
      code: 'EIO',
    });
  }
}

async function exists(disk: LocalDisk, file: string): Promise<boolean> {
  return disk.stat(file).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
}
