/**
 * Pinned files as they are kept and go: each output has a folder of pins, and each state of it an entry there,
 * `…/_boathouse/pins/<output>/<entry>/`. In a folder or in a bucket.
 */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseMark, stateOf } from '../base/index.ts';
import { openBeside, type Storage } from '../storage/index.ts';

/** `…/_boathouse/pins/<output>`: the folder of all pins of one output, a path or a URI. */
export function pinFolderOf(pin: string): string {
  const [, folder] = /^(.*[\\/]_boathouse[\\/]pins[\\/][^\\/]+)[\\/]/.exec(pin) ?? [];
  return folder ?? dirname(dirname(pin));
}

/** The entry that a pinned file is in. */
export function pinEntryOf(pin: string): string {
  const folder = pinFolderOf(pin);
  const [name = ''] = pin.slice(folder.length + 1).split(/[\\/]/);
  return `${folder}/${name}`;
}

/**
 * The entries of `folder` whose makers are known to have ended, or haven't been heard of for a week. Names tell the
 * maker: see `markedName`.
 *
 * @param lake with whose options a bucket is opened.
 */
export async function abandonedPins(
  folder: string,
  lake: Storage,
  nowMs: number,
): Promise<readonly string[]> {
  if (!isRemote(folder)) return await abandonedIn(folder, nowMs);
  const storage = openBeside(lake, folder);
  const newestMs = new Map<string, number>();
  for await (const { path, modifiedMs } of storage.list('')) {
    const [name = ''] = path.split('/');
    newestMs.set(name, Math.max(newestMs.get(name) ?? 0, modifiedMs));
  }
  return [...newestMs].flatMap(([name, modifiedMs]) =>
    isAbandoned(name, () => modifiedMs < nowMs - weekMs) ? [`${folder}/${name}`] : [],
  );
}

/** Removes an entry with what is in it. Trouble is left to the next sweep. @returns whether it is gone */
export async function removeEntry(entry: string, lake: Storage): Promise<boolean> {
  try {
    if (isRemote(entry)) {
      const storage = openBeside(lake, entry);
      const paths: string[] = [];
      for await (const { path } of storage.list('')) paths.push(path);
      await storage.removeAll(paths);
      return paths.length > 0;
    }
    await rm(entry, { recursive: true });
    return true;
  } catch {
    return false;
  }
}

/** Removes the folder of an output's pins if nothing is in it; a bucket has no empty ones. */
export async function removeIfEmpty(folder: string): Promise<void> {
  if (!isRemote(folder)) await rmdir(folder).catch(() => undefined);
}

/**
 * The entries of a folder of this machine whose makers are known to have ended, or haven't been heard of for
 * `unheardMs`, a week unless given. Names tell the maker: see `markedName`.
 */
export async function abandonedIn(
  folder: string,
  nowMs: number,
  unheardMs: number = weekMs,
): Promise<readonly string[]> {
  const abandoned: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const isOld = await isOlder(path, nowMs - unheardMs);
    if (isAbandoned(name, () => isOld)) abandoned.push(path);
  }
  return abandoned;
}

const weekMs = 7 * 86_400_000;

function isAbandoned(name: string, isOld: () => boolean): boolean {
  const mark = parseMark(name);
  const state = mark === undefined ? 'unknown' : stateOf(mark);
  return state === 'gone' || (state === 'unknown' && isOld());
}

/** Whether nothing in the folder, nor the folder itself, has changed since. */
async function isOlder(path: string, thanMs: number): Promise<boolean> {
  try {
    const below = await readdir(path, { recursive: true }).catch(() => []);
    for (const name of ['', ...below]) {
      const { mtimeMs } = await stat(join(path, name));
      if (mtimeMs >= thanMs) return false;
    }
    return true;
  } catch {
    return false;
  }
}

function isRemote(place: string): boolean {
  return /^[a-z][a-z0-9+]+:\/\//i.test(place);
}
