/** Folders of files: listed, linked, made durable. */
import { constants } from 'node:fs';
import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { sync } from '../catalog/index.ts';

/** Every file in the folder and in those below it, in name order; none when it isn't there. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Every file below `from`, linked under `to`, with the folders it is in. */
export async function linkTree(from: string, to: string): Promise<void> {
  for (const file of await filesBelow(from)) await linkOrCopy(file, join(to, relative(from, file)));
}

/** The file under a second name. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await link(from, to);
  } catch {
    // Not every file system has links: a copy costs space, and means the same.
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}

/** Makes files or folders durable, a few at a time. */
export async function syncAll(paths: readonly string[]): Promise<void> {
  const open = [...paths];
  const worker = async (): Promise<void> => {
    for (let path = open.pop(); path !== undefined; path = open.pop()) await sync(path);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
