/** What time it is by the clock that stamps a store's objects. */
import type { Storage } from './storage.ts';

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
