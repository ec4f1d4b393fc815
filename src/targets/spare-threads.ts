/** Threads that no node uses: batches of a microbatch model run on them beside its own. */

/** How many things a run does at once, nodes and batches. */
export class SpareThreads {
  readonly #threads: number;
  #busy = 0;

  /** @param threads that the run may use, at least one. */
  constructor(threads: number) {
    this.#threads = threads;
  }

  /** A node begins: the runner has seen to it that there is a thread for it. */
  enter(): void {
    this.#busy += 1;
  }

  /** A thread for a batch, if one is idle; to be given back with `leave`. */
  tryEnter(): boolean {
    if (this.#busy >= this.#threads) return false;
    this.#busy += 1;
    return true;
  }

  /** The node or batch is done. */
  leave(): void {
    this.#busy -= 1;
  }
}
