/** One at a time, in the order asked, within this process. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `work` once everything asked before it has ended, however that ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
