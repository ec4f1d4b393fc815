/**
 * Whether a folder's disk answers at once.
 *
 * A call that waits for the disk costs a few microseconds; one by way of the thread pool costs thirty times
 * that, which is most of what reading a log of thousands of small files would cost. But a mount over a network
 * must not hold up everything else in the process. So small reads wait for the disk as long as it answers
 * promptly, and go by the pool for a while after it repeatedly didn't.
 */
import { setImmediate } from 'node:timers/promises';

/** What is known of one folder's disk. */
export class Promptness {
  #strikes = 0;
  #pausedUntilMs = 0;
  #turnBeganMs = 0;

  /**
   * What `work`, which waits for the disk, gives; undefined where it shouldn't wait for this one.
   *
   * Gives way to others of the process every few milliseconds.
   */
  async attempt<T extends object>(work: () => T): Promise<T | undefined> {
    let now = performance.now();
    if (now < this.#pausedUntilMs) return undefined;
    if (now - this.#turnBeganMs > turnMs) {
      await setImmediate();
      now = performance.now();
      this.#turnBeganMs = now;
    }
    try {
      return work();
    } finally {
      this.#judge(now, performance.now());
    }
  }

  #judge(beganMs: number, endedMs: number): void {
    if (endedMs - beganMs < slowMs) {
      this.#strikes = 0;
      return;
    }
    this.#strikes += 1;
    if (this.#strikes < strikesMax) return;
    this.#pausedUntilMs = endedMs + pauseMs;
    // After the pause one slow answer is enough.
    this.#strikes = strikesMax - 1;
  }
}

/** A busy machine makes a prompt disk look slow now and then, but hardly ever this often in a row. */
const strikesMax = 3;
const slowMs = 4;
const pauseMs = 10_000;
const turnMs = 8;
