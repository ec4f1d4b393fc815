/** Time and randomness as dependencies, so that a test decides them. */
import { randomBytes, randomUUID } from 'node:crypto';

/** Time as a dependency, so that tests decide how it passes. */
export interface Clock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
  /**
   * Calls `work` every `ms` milliseconds until the function that it gives is called. Nobody's process stays
   * alive for it. A clock without it leaves that to the machine's.
   */
  every?(ms: number, work: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock & Required<Pick<Clock, 'every'>> = {
  nowMs: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  every: (ms, work) => {
    const timer = setInterval(work, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** A clock that stands at `startMs` and moves only by `sleep`, which returns at once. */
export function fixedClock(startMs: number): Clock {
  let now = startMs;
  return {
    nowMs: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
}

/** Randomness as a dependency. */
export interface Random {
  /** A version 4 UUID in lower case. */
  uuid(): string;
  /** A number from 0 up to, not including, 1. */
  fraction(): number;
}

/** The machine's randomness. */
export const systemRandom: Random = {
  uuid: () => randomUUID(),
  fraction: () => randomBytes(4).readUInt32LE(0) / 2 ** 32,
};

/** The same numbers in every run, from `seed`: for tests and generated examples. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(fraction() * 16).toString(16)).join('');
  return { fraction, uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}` };
}
