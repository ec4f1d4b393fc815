/** What runs that died have left beside external outputs. */
import { basename, dirname, join } from 'node:path';
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
  for (const folder of new Set(local.map((location) => dirname(location)))) {
    await recoverSwaps(folder, nowMs);
  }
  return [...new Set(local.map(pinFolderOf))];
}
