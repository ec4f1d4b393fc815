/** Taking the published file as a run begins with it: a private copy, and the generation it is of. */

import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  type CatalogLog,
  copyPublished,
  fileIn,
  fingerprint,
  type Generation,
  type PublishedCopy,
  readGeneration,
  settlePublished,
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
export async function takeCopy(
  log: CatalogLog,
  path: string,
  to: string,
  settles: boolean,
): Promise<TakenCopy> {
  let before = await readGeneration(log);
  for (let attempt = 1; ; attempt += 1) {
    if (settles) await settlePublished(before, path);
    const seen = await fingerprint(path);
    const copy = await copyPublished(path, to);
    const after = await readGeneration(log);
    const isSame = fileIn(before, basename(path))?.staged === fileIn(after, basename(path))?.staged;
    if ((isSame && (await fingerprint(path)) === seen) || attempt >= attemptsMax) {
      return { copy, generation: after, fingerprint: seen };
    }
    before = after;
    await rm(to, { force: true });
    await rm(`${to}.wal`, { force: true });
  }
}

/** A file that another program writes to all the time is never still; the last copy has to do. */
const attemptsMax = 20;
