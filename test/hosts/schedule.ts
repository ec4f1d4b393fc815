/** What happens to hosts, and when: decided by a seed alone. */
import { seededRandom } from '../../src/base/index.ts';
import type { Trouble } from '../stores/proxy.ts';

/** Something that happens to a whole host, so long after its process was started. */
export interface Blow {
  readonly kind: 'kill' | 'freeze' | 'cut';
  readonly afterMs: number;
  readonly lastsMs: number;
}

/** What one host has to go through. */
export interface HostSchedule {
  readonly blows: readonly Blow[];
  /** The trouble of its n-th request. */
  trouble(n: number): Trouble | undefined;
}

/** @param host counts from 0 */
export function scheduleOf(seed: number, host: number): HostSchedule {
  const random = seededRandom(seed * 31 + host);
  const kinds = ['kill', 'freeze', 'cut'] as const;
  const blows = Array.from({ length: 1 + Math.floor(random.fraction() * 3) }, (): Blow => {
    const kind = kinds[Math.floor(random.fraction() * kinds.length)] ?? 'kill';
    // Early enough to meet the process at work, which has to start first.
    return { kind, afterMs: 900 + random.fraction() * 3500, lastsMs: 200 + random.fraction() * 1200 };
  });
  /** How many of a hundred requests meet trouble. */
  const share = random.fraction() * 0.25;
  return {
    blows: blows.toSorted((a, b) => a.afterMs - b.afterMs),
    trouble: (n) => {
      const own = seededRandom((seed * 31 + host) * 100_003 + n);
      if (own.fraction() >= share) return undefined;
      const which = Math.floor(own.fraction() * 6);
      switch (which) {
        case 0:
          return { kind: 'lost-request' };
        case 1:
          return { kind: 'lost-reply' };
        case 2:
          return { kind: 'half-reply' };
        case 3:
          return { kind: 'busy' };
        // Later than the host waits for, which is a lost reply whose request arrives after all.
        case 4:
          return { kind: 'late', ms: 1500 };
        default:
          return { kind: 'late', ms: 50 + own.fraction() * 300 };
      }
    },
  };
}
