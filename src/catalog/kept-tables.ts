/**
 * Copies of the published file that keep the rows of its tables, one for each state of them.
 *
 * A generation that has tables names such a copy, so that it can be read, branched from and rolled back to for as long
 * as it is kept. Runs that leave the tables alone name the copy of the run before.
 */
import { type Random, systemRandom } from '../base/index.ts';
import { branchOf } from './branch-place.ts';
import type { Generation } from './generation.ts';
import type { CatalogLog } from './generation-log.ts';

/**
 * Copies the staged file to where nobody changes it. Shares its blocks where the file system can; not a link, because
 * other programs may write to the published file in place.
 *
 * @param staged relative to the folder of the log, closed.
 * @returns the copy's path, relative to the folder of the log.
 */
export async function keepTables(
  log: CatalogLog,
  staged: string,
  random: Random = systemRandom,
): Promise<string> {
  const kept = `${folderOf(log)}${random.uuid()}.duckdb`;
  await log.storage.download(staged, await log.storage.prepareWrite(kept));
  await log.storage.finishWrite(kept);
  return kept;
}

/** Removes the copies that none of `generations` names. One that was made lately may be about to be named. */
export async function dropTables(
  log: CatalogLog,
  generations: readonly Pick<Generation, 'files'>[],
  olderThanMs: number,
): Promise<number> {
  const named = new Set(
    generations.flatMap(({ files }) => files.flatMap(({ staged, kept }) => [staged, kept ?? ''])),
  );
  const left: string[] = [];
  for await (const { path, modifiedMs } of log.storage.list(folderOf(log))) {
    if (!named.has(path) && modifiedMs < olderThanMs) left.push(path);
  }
  if (left.length > 0) await log.storage.removeAll(left);
  return left.length;
}

function folderOf(log: CatalogLog): string {
  return branchOf(log) === undefined ? '_boathouse/catalog/files/' : 'catalog/files/';
}
