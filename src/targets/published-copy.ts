/** Taking the published file as a run begins with it: a private copy, and the generation it is of. */

import { rm } from 'node:fs/promises';
import { isBoathouseError } from '../base/index.ts';
import {
  fileIn,
  type Generation,
  type PublishedCopy,
  type PublishedPlace,
  readGeneration,
} from '../catalog/index.ts';

/** What a run begins with. */
export interface TakenCopy {
  /** What is beside the copy; undefined when nothing is published there. */
  readonly copy: PublishedCopy | undefined;
  /** The newest generation, which the copied file is of. */
  readonly generation: Generation | undefined;
  /** What the published file looked like when it was copied. */
  readonly fingerprint: string | undefined;
}

/**
 * Copies the published file to `to`, together with the generation that it is of: a publisher may put
 * both in place at any moment, so what is read before the copy has to hold after it.
 *
 * @param settles whether to finish what a dead publisher has begun; readers leave that to others.
 * @throws catalog.unreadable-file, catalog.unwritable-file
 */
export async function takeCopy(place: PublishedPlace, to: string, settles: boolean): Promise<TakenCopy> {
  const { log, name } = place;
  let before = await readGeneration(log);
  if (!place.isLocal) return await takeUnchanging(place, before, to, settles);
  for (let attempt = 1; ; attempt += 1) {
    if (settles) await place.settle(before);
    const seen = await place.look(before);
    const copy = await place.copy(before, to);
    const after = await readGeneration(log);
    const isSame = fileIn(before, name)?.staged === fileIn(after, name)?.staged;
    if ((isSame && (await place.look(after)) === seen) || attempt >= attemptsMax) {
      return { copy, generation: after, fingerprint: seen };
    }
    before = after;
    await rm(to, { force: true });
    await rm(`${to}.wal`, { force: true });
  }
}

/** In a bucket, what a generation names never changes; it may only be gone once a newer one stands. */
async function takeUnchanging(
  place: PublishedPlace,
  newest: Generation | undefined,
  to: string,
  settles: boolean,
): Promise<TakenCopy> {
  let generation = newest;
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (settles) await place.settle(generation);
      const copy = await place.copy(generation, to);
      return { copy, generation, fingerprint: copy && (await place.look(generation)) };
    } catch (error) {
      if (attempt >= attemptsMax || !isBoathouseError(error, 'storage.not-found')) throw error;
      const known = generation;
      generation = await readGeneration(place.log);
      if (known?.number === generation?.number) throw error;
    }
  }
}

/** A file that another program writes to all the time is never still; the last copy has to do. */
const attemptsMax = 20;
