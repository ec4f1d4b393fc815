/**
 * Which simulated host the running code belongs to, wherever a call leads: for the clock, the randomness and
 * the storage that code takes when it is given none.
 *
 * Nothing here may import what the tests replace by it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock, Random } from '../../../src/base/index.ts';
import type { Storage, StorageOptions } from '../../../src/storage/index.ts';

/** What a host has of its own. */
export interface Ambient {
  readonly clock: Clock;
  readonly random: Random;
  /** The storage rooted at `uri`, as this host reaches it; undefined for one that isn't simulated. */
  open(uri: string): Storage | undefined;
}

/** The host of the running code. */
export const ambient: AsyncLocalStorage<Ambient> = new AsyncLocalStorage<Ambient>();

/** `base` with the machine's clock and randomness replaced by those of the running host. */
export function simulatedBase<T extends object>(base: T): T {
  const { systemClock, systemRandom } = base as unknown as { systemClock: Clock; systemRandom: Random };
  const clock = (): Clock => ambient.getStore()?.clock ?? systemClock;
  const random = (): Random => ambient.getStore()?.random ?? systemRandom;
  const simulatedClock: Clock = {
    nowMs: () => clock().nowMs(),
    sleep: (ms) => clock().sleep(ms),
    every: (ms, work) => {
      const stop = clock().every?.(ms, work);
      if (stop === undefined) throw new Error('a simulated clock repeats');
      return stop;
    },
  };
  const simulatedRandom: Random = { uuid: () => random().uuid(), fraction: () => random().fraction() };
  return { ...base, systemClock: simulatedClock, systemRandom: simulatedRandom };
}

/** `storage` with `openStorage` giving the running host's own. */
export function simulatedOpening<T extends object>(storage: T): T {
  const { openStorage } = storage as unknown as {
    openStorage: (uri: string, options?: StorageOptions) => Storage;
  };
  return {
    ...storage,
    openStorage: (uri: string, options?: StorageOptions): Storage =>
      ambient.getStore()?.open(uri) ?? openStorage(uri, options),
  };
}
