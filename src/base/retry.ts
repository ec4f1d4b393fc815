/** Trying again, with a limit on every wait. */
import { assert } from './assert.ts';
import type { Clock, Random } from './clock.ts';

/** How often and how long to try again. Every loop that waits on the outside world takes one. */
export interface RetryPolicy {
  readonly attemptsMax: number;
  /** Wait before the second attempt; doubles after each further one, up to `delayMsMax`. */
  readonly delayMsMin: number;
  readonly delayMsMax: number;
}

/**
 * What `work` returns, tried again while it throws what `isRetryable` accepts.
 *
 * Waits between half of and the whole delay, so that writers that lost together don't meet again.
 * The last error is thrown as it is.
 */
export async function retry<T>(
  policy: RetryPolicy,
  clock: Clock,
  random: Random,
  isRetryable: (error: unknown) => boolean,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  assert(policy.attemptsMax >= 1, 'a retry policy allows at least one attempt');
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt >= policy.attemptsMax || !isRetryable(error)) throw error;
      await clock.sleep(delayMs(policy, attempt, random));
    }
  }
}

/** The wait after attempt number `attempt` (from 1) failed, in milliseconds. */
export function delayMs(policy: RetryPolicy, attempt: number, random: Random): number {
  const whole = Math.min(policy.delayMsMax, policy.delayMsMin * 2 ** (attempt - 1));
  return whole / 2 + (whole / 2) * random.fraction();
}
