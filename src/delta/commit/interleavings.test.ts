import { describe, expect, it } from 'vitest';
import { type Clock, fixedClock, isBoathouseError, type Random, seededRandom } from '../../base/index.ts';
import { MemoryStorage, type Storage } from '../../storage/index.ts';
import { removeOf } from '../actions.ts';
import { createTestTable, intercept, livePaths, readTestTable, testAdd, testCommit } from '../contract.ts';
import type { Snapshot } from '../log/snapshot.ts';

describe('many writers, interleaved by a seed', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => [seed]))(
    'seed %i: every commit lands once, or says that it lost',
    async (seed) => {
      const memory = new MemoryStorage('', fixedClock(0));
      const random = seededRandom(seed);
      await createTestTable(memory, { 'delta.checkpointInterval': '3' });
      const turns = new Turns(random);
      const landed: { version: number; paths: string[]; removed: string[] }[] = [];
      const writer = async (name: string): Promise<void> => {
        const clock: Clock = { nowMs: () => 1_700_000_000_000, sleep: () => turns.next() };
        const own = seededRandom(seed * 1000 + Number(name));
        const storage = intercept(memory, () => turns.next(), seed % 2 === 0 ? undefined : own);
        for (let n = 0; n < 3; n += 1) {
          const table = await readPatiently(storage, turns);
          const overwrites = own.fraction() < 0.3;
          const removed = overwrites ? [...table.files.values()] : [];
          const path = `${name}-${n}`;
          try {
            const made = await testCommit(storage, {
              readSnapshot: table,
              actions: [...removed.map((file) => removeOf(file, 1_700_000_000_000)), testAdd(path)],
              read: overwrites ? 'whole-table' : 'none',
              clock,
              random: own,
            });
            landed.push({ version: made.version, paths: [path], removed: removed.map((file) => file.path) });
          } catch (error) {
            // Only an overwrite may lose for good: appends commute.
            if (!(overwrites && isBoathouseError(error, 'delta.commit-conflict'))) throw error;
          }
        }
      };
      await turns.run(Array.from({ length: 4 }, (_, i) => () => writer(String(i))));

      landed.sort((a, b) => a.version - b.version);
      expect(landed.map(({ version }) => version)).toEqual(landed.map((_, i) => i + 1));
      const live = new Set<string>();
      for (const { paths, removed } of landed) {
        // An overwrite removes exactly what stood before it: nothing appended meanwhile survives or is missed.
        if (removed.length > 0) expect([...live].sort()).toEqual([...removed].sort());
        for (const path of removed) live.delete(path);
        for (const path of paths) live.add(path);
      }
      expect(livePaths(await readTestTable(memory))).toEqual([...live].sort());
    },
  );
});

async function readPatiently(storage: Storage, turns: Turns): Promise<Snapshot> {
  for (;;) {
    try {
      return await readTestTable(storage);
    } catch (error) {
      if (!isBoathouseError(error) || !error.retryable) throw error;
      await turns.next();
    }
  }
}

/** Lets one task at a time go on, chosen by a seed: the same seed gives the same interleaving. */
class Turns {
  readonly #waiting: (() => void)[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async run(tasks: readonly (() => Promise<void>)[]): Promise<void> {
    let running = tasks.length;
    const all = Promise.allSettled(
      tasks.map((task) =>
        this.next()
          .then(task)
          .finally(() => {
            running -= 1;
          }),
      ),
    );
    while (running > 0) {
      const [resume] = this.#waiting.splice(Math.floor(this.#random.fraction() * this.#waiting.length), 1);
      resume?.();
      // Long enough for whatever doesn't wait for a turn of its own.
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const result of await all) if (result.status === 'rejected') throw result.reason;
  }
}
