/**
 * What somebody is about to publish again: `_boathouse/holds/<maker>.json`, beside the logs.
 *
 * A rollback publishes what an old generation needs. A sweep may find that generation too old meanwhile, and would
 * remove what the next one names. So a rollback says first what it will need and looks afterwards whether the generation is
 * still there; a sweep removes generations first and looks afterwards what is held. One of both sees the other.
 */
import { markedName, type Random, systemRandom } from '../base/index.ts';
import type { Storage } from '../storage/index.ts';
import type { CatalogRelation, Generation, PublishedFile } from './generation.ts';

/** What is held. */
export interface Hold {
  readonly relations: readonly CatalogRelation[];
  /** Published files of a log, whose paths are relative to its folder. */
  readonly files: readonly PublishedFile[];
  /** The log's root. */
  readonly log: string;
}

/** Says that what `generation` needs is about to be named again. @returns what ends that */
export async function holdGeneration(
  root: Storage,
  log: Storage,
  { relations, files }: Generation,
  random: Random = systemRandom,
): Promise<() => Promise<void>> {
  const path = `${folder}${markedName(random.uuid())}.json`;
  const hold: Hold = { relations, files, log: log.uri };
  await root.put(
    path,
    new TextEncoder().encode(`${JSON.stringify({ boathouse: 'hold', format: 1, ...hold })}\n`),
  );
  return async () => {
    // What is left goes with the next sweep, a day later.
    await root.remove(path).catch(() => undefined);
  };
}

/**
 * What is held in the lake at `root`. Those of processes that haven't ended their work within a day are removed.
 *
 * @param nowMs by the store's clock or one that is behind.
 */
export async function readHolds(root: Storage, nowMs: number): Promise<readonly Hold[]> {
  const holds: Hold[] = [];
  for await (const { path, modifiedMs } of root.list(folder)) {
    if (modifiedMs < nowMs - dayMs) {
      await root.remove(path);
      continue;
    }
    const bytes = await root.read(path).catch(() => undefined);
    if (bytes !== undefined) holds.push(JSON.parse(new TextDecoder().decode(bytes)) as Hold);
  }
  return holds;
}

const folder = '_boathouse/holds/';
const dayMs = 86_400_000;
