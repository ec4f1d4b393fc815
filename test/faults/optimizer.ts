/** A program that optimizes a table at an agreed time, and says what came of it. */
import { writeSync } from 'node:fs';
import { optimize, TableHandle } from '../../src/tables/index.ts';

/** What the program is told. */
export interface OptimizerTask {
  readonly table: string;
  /** When all begin, in milliseconds since 1970. */
  readonly atMs: number;
  /** Commits after each of so many bytes. */
  readonly batchSizeBytes?: number;
  readonly targetSizeBytes?: number;
  /** Stands still so long whenever files were written and aren't committed yet: to be killed. */
  readonly pauseMs?: number;
}

const task = JSON.parse(process.argv[2] ?? '') as OptimizerTask;
const { table, atMs, batchSizeBytes, targetSizeBytes } = task;
const handle = await TableHandle.open(table);
await new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - Date.now())));
const result = await optimize(
  handle,
  undefined,
  {
    ...(batchSizeBytes === undefined ? {} : { batchSizeBytes }),
    ...(targetSizeBytes === undefined ? {} : { targetSizeBytes, minFileSizeBytes: targetSizeBytes }),
  },
  {
    onProgress: ({ done, total }) => {
      writeSync(1, `wrote ${done} of ${total}\n`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, task.pauseMs ?? 0);
    },
  },
);
process.stdout.write(`${result.changed ? 'changed' : 'unchanged'} ${result.metrics.numBatches}\n`);
