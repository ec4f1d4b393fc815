/** Every log of a lake: the main one and those of its branches. */
import { openStorage, type Storage, type StorageOptions } from '../storage/index.ts';
import { type BranchHead, listHeads } from './branch-heads.ts';
import { branchFolder } from './branch-place.ts';
import type { CatalogRelation, Generation } from './generation.ts';
import { type CatalogLog, listGenerations, readIfThere } from './generation-log.ts';

/** What the logs of a lake need. */
export interface LakeLogs {
  readonly heads: readonly BranchHead[];
  /** The relations of every generation that is kept, of all logs. */
  readonly ofLogs: readonly (readonly CatalogRelation[])[];
}

/**
 * What every log of the lake at `root` needs. A branch that was deleted needs its files until they are removed.
 *
 * Costs a listing and a read of each generation for each log.
 *
 * @param except a log that is left out, by its root URI: whose needs the caller knows.
 */
export async function lakeLogs(
  root: Storage,
  storageOptions: StorageOptions = {},
  except?: string,
): Promise<LakeLogs> {
  const heads = await listHeads(root);
  const logs: CatalogLog[] = [
    { storage: root },
    ...heads.map(({ name }) => ({
      root,
      storage: openStorage(branchFolder({ name, root: root.uri }), storageOptions),
    })),
  ];
  const ofLogs: (readonly CatalogRelation[])[] = [];
  for (const log of logs) {
    if (log.storage.uri === except) continue;
    for (const generation of await generationsOf(log)) ofLogs.push(generation.relations);
  }
  return { heads, ofLogs };
}

async function generationsOf(log: CatalogLog): Promise<readonly Generation[]> {
  const numbers = await listGenerations(log);
  const all = await Promise.all(numbers.map((number) => readIfThere(log, number)));
  return all.filter((generation) => generation !== undefined);
}
