/** What time it is by the clock that stamps a store's objects. */
import type { Clock } from '../base/index.ts';
import type { Storage } from './storage.ts';

/**
 * The time by whichever clock is behind, the host's or the store's: by it, nothing looks older than it is.
 * Differences within a few seconds don't count. Costs three requests.
 *
 * @param path as for `storeTimeMs`.
 */
export async function cautiousNowMs(storage: Storage, path: string, clock: Clock): Promise<number> {
  const ownMs = clock.nowMs();
  const storeMs = await storeTimeMs(storage, path);
  return storeMs < ownMs - stampMs ? storeMs : ownMs;
}

/** Stores stamp objects to the second, and file systems by a clock that ticks. */
const stampMs = 5_000;

/**
 * The store's own time, in milliseconds since 1970, not later than now.
 *
 * Whoever compares the age of objects with a clock of its own must know how far that is off. Costs a put, a
 * `stat` and a removal of the object at `path`, which is nobody else's.
 */
export async function storeTimeMs(storage: Storage, path: string): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    await storage.put(path, new TextEncoder().encode('What time is it?\n'));
    const info = await storage.stat(path);
    // Another one that asks may have removed it, having seen its time.
    if (info === undefined && attempt < attemptsMax) continue;
    await storage.remove(path);
    return info?.modifiedMs ?? 0;
  }
}

const attemptsMax = 5;
