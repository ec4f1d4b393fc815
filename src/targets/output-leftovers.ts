/** What runs that died have left beside external outputs. */
import { rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { abandonedIn, logId } from '../catalog/index.ts';
import { recoverSwaps } from './external-swap.ts';

/** Where the immutable copies of an output are. */
export function pinFolderOf(location: string): string {
  return join(dirname(location), '_boathouse', 'pins', basename(location));
}

/**
 * Puts back what was set aside in the middle of a swap, beside each of the outputs.
 *
 * @returns the folders of their pins, for the catalog's sweep.
 */
export async function sweepOutputs(locations: readonly string[], nowMs: number): Promise<readonly string[]> {
  const local = locations.filter((location) => !/^[a-z][a-z0-9+]+:\/\//i.test(location));
  const remote = locations.flatMap((location) => {
    const [, folder, name] = /^(s3[an]?:\/\/.+)\/([^/]+)\/*$/i.exec(location) ?? [];
    return folder === undefined ? [] : [`${folder}/_boathouse/pins/${name}`];
  });
  for (const folder of new Set(local.map((location) => dirname(location)))) {
    await recoverSwaps(folder, nowMs);
  }
  return [...new Set([...local.map(pinFolderOf), ...remote])];
}

/**
 * Removes the pins that earlier runs of a target in memory have left when they died, and folders that
 * are empty then: nobody keeps a catalog of them.
 */
export async function removePins(locations: readonly string[], catalogUri: string): Promise<void> {
  for (const location of locations) {
    const folder = pinFolderOf(location);
    for (const pins of await abandonedIn(folder, Date.now())) {
      if (basename(pins).includes(`.${logId(catalogUri)}.`)) await rm(pins, { recursive: true, force: true });
    }
    for (const empty of [folder, dirname(folder), dirname(dirname(folder))]) {
      await rmdir(empty).catch(() => undefined);
    }
  }
}
