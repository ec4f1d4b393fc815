import { describe, expect, it } from 'vitest';
import { fixedClock, seededRandom } from './clock.ts';
import { delayMs, retry } from './retry.ts';

const policy = { attemptsMax: 3, delayMsMin: 100, delayMsMax: 150 };

describe('retry', () => {
  it('returns the first success', async () => {
    const clock = fixedClock(0);
    const result = await retry(
      policy,
      clock,
      seededRandom(1),
      () => true,
      async (attempt) => {
        if (attempt < 3) throw new Error('again');
        return attempt;
      },
    );
    expect(result).toBe(3);
    expect(clock.nowMs()).toBeGreaterThanOrEqual(125);
    expect(clock.nowMs()).toBeLessThanOrEqual(250);
  });

  it('gives up after its last attempt with the last error', async () => {
    let calls = 0;
    const work = async (): Promise<never> => {
      calls += 1;
      throw new Error(`failure ${calls}`);
    };
    await expect(retry(policy, fixedClock(0), seededRandom(1), () => true, work)).rejects.toThrow(
      'failure 3',
    );
  });

  it('does not try again what is not retryable', async () => {
    let calls = 0;
    const work = async (): Promise<never> => {
      calls += 1;
      throw new Error('final');
    };
    await expect(retry(policy, fixedClock(0), seededRandom(1), () => false, work)).rejects.toThrow('final');
    expect(calls).toBe(1);
  });

  it('never waits longer than its longest delay', () => {
    for (let attempt = 1; attempt < 40; attempt += 1) {
      expect(delayMs(policy, attempt, seededRandom(attempt))).toBeLessThanOrEqual(150);
    }
  });
});
