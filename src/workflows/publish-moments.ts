/**
 * When readers see what a run makes: once at its end, after each node, or at its end if nothing has failed.
 *
 * Publishing needs the run's database to itself, so a run that publishes after each node lets nodes that run at
 * the same time end first. Nodes that are ready meanwhile wait.
 */
import type { NodeRunner } from '../runner/index.ts';
import type { NodeResult } from '../targets/index.ts';

/** Whether `results` have something that keeps a run from being shown, where only whole ones are. */
export function hasFailed(results: readonly NodeResult[]): boolean {
  const failed = new Set<NodeResult['status']>(['error', 'fail', 'skipped', 'partial success']);
  return results.some(({ status }) => failed.has(status));
}

/** `runner`, with `publish` called after each node that `isShown` names, while no node runs. */
export function publishingEach(
  runner: NodeRunner,
  isShown: (result: NodeResult) => boolean,
  publish: () => Promise<unknown>,
): NodeRunner {
  const gate = new Gate();
  return {
    runNode: async (uniqueId, signal) => {
      const result = await gate.shared(() => runner.runNode(uniqueId, signal));
      if (isShown(result)) await gate.alone(publish);
      return result;
    },
  };
}

/** Lets many in at once, or one alone, who comes before those that ask after it. */
class Gate {
  #inside = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #whenEmpty: (() => void) | undefined;

  async shared<T>(work: () => Promise<T>): Promise<T> {
    for (let turn = this.#turn; ; turn = this.#turn) {
      await turn;
      if (turn === this.#turn) break;
    }
    this.#inside += 1;
    try {
      return await work();
    } finally {
      this.#inside -= 1;
      if (this.#inside === 0) this.#whenEmpty?.();
    }
  }

  async alone(work: () => Promise<unknown>): Promise<void> {
    const mine = this.#turn.then(async () => {
      if (this.#inside > 0) {
        await new Promise<void>((empty) => {
          this.#whenEmpty = empty;
        });
      }
      this.#whenEmpty = undefined;
      await work();
    });
    this.#turn = mine.catch(() => undefined);
    await mine;
  }
}
