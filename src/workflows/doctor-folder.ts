/** A folder of this machine: what runs need of the disk below it. */
import { constants } from 'node:fs';
import { access, link, mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { systemRandom } from '../base/index.ts';
import type { Finding } from '../storage/index.ts';

/** Looks at the folder, or at the nearest one above it that is there. What is made is removed. */
export async function examineFolder(wanted: string): Promise<readonly Finding[]> {
  const taken: Finding[] = [];
  const go = async (name: string, hint: string, look: () => Promise<string>): Promise<boolean> => {
    try {
      taken.push({ name, ok: true, found: await look() });
      return true;
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      taken.push({ name, ok: false, found, hint });
      return false;
    }
  };
  const folder = await nearest(resolve(wanted));
  const probe = join(folder, `.boathouse-doctor-${systemRandom.uuid()}`);
  try {
    const isWritable = await go(
      'write',
      `Check who owns ${folder} and its permissions (ls -ld), and that it isn't mounted read-only.`,
      async () => {
        await mkdir(probe);
        const file = await open(join(probe, 'a'), 'wx');
        try {
          await file.writeFile('x');
          await file.sync();
        } finally {
          await file.close();
        }
        return folder === resolve(wanted)
          ? `${folder}, made durable by fsync`
          : `${folder}; the rest is made by the first run`;
      },
    );
    if (!isWritable) return taken;
    await go('rename', 'Files are put in place by renaming: use a disk that can.', async () => {
      await rename(join(probe, 'a'), join(probe, 'b'));
      return 'works';
    });
    await hardLink(taken, probe);
    await go('free space', 'Free space on this disk, or choose another folder.', async () => {
      const { bavail, bsize } = await statfs(folder);
      const freeBytes = bavail * bsize;
      const shown = `${(freeBytes / 1e9).toFixed(1)} GB`;
      if (freeBytes < 100e6) throw new Error(`only ${shown} are left`);
      return shown;
    });
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
  return taken;
}

/** Without them versions are created in another, slower way, so that is no failure. */
async function hardLink(taken: Finding[], probe: string): Promise<void> {
  try {
    await link(join(probe, 'b'), join(probe, 'c'));
    taken.push({ name: 'hard links', ok: true, found: 'work' });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    taken.push({ name: 'hard links', ok: true, found: `not here (${why}): slower ways are taken` });
  }
}

async function nearest(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    const isThere = await access(at, constants.F_OK).then(
      () => true,
      () => false,
    );
    if (isThere || dirname(at) === at) return at;
  }
}
