/**
 * Threads for models, reused within one run: modules that models share are loaded once in each.
 *
 * A thread runs one model at a time, so what is printed meanwhile is that model's.
 */
import { Worker } from 'node:worker_threads';
import { threadFile } from './own-files.ts';

/** How long a thread waits for another model before it goes. */
const idleMs = 2000;

/** One thread, free for a model. */
export interface Thread {
  readonly worker: Worker;
  /** Gives it back, or ends it when it can't be trusted any more. */
  release(isSound: boolean): Promise<void>;
}

const idle = new Map<string, Worker[]>();

/** A thread for a model of the run `runId`: the modules it has loaded are of this very run. */
export function takeThread(runId: string): Thread {
  const worker = idle.get(runId)?.pop() ?? new Worker(threadFile(), { stdout: true, stderr: true });
  worker.ref();
  return {
    worker,
    release: async (isSound) => {
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
      for (const stream of [worker.stdout, worker.stderr]) stream.removeAllListeners('data');
      if (!isSound) {
        await worker.terminate();
        return;
      }
      // What still goes on in it can't hurt anybody.
      worker.on('error', () => undefined);
      worker.unref();
      const waiting = idle.get(runId) ?? [];
      waiting.push(worker);
      idle.set(runId, waiting);
      setTimeout(() => void retire(runId, worker), idleMs).unref();
    },
  };
}

async function retire(runId: string, worker: Worker): Promise<void> {
  const waiting = idle.get(runId) ?? [];
  const at = waiting.indexOf(worker);
  if (at === -1) return;
  waiting.splice(at, 1);
  if (waiting.length === 0) idle.delete(runId);
  await worker.terminate();
}
