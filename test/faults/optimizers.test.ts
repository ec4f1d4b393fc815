/** Programs that put the same files together at the same time, and one that is killed half-way. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { history } from '../../src/delta/index.ts';
import { DeltaTable, optimize, TableHandle, writeDelta } from '../../src/tables/index.ts';
import type { OptimizerTask } from './optimizer.ts';
import { Workers } from './workers.ts';

let workers: Workers;
let folder: string;
beforeAll(async () => {
  workers = await Workers.build('optimizer.ts');
  folder = mkdtempSync(join(tmpdir(), 'boathouse-optimizers-'));
});
afterAll(() => {
  workers.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function tableOf(name: string, files: number, partitions = 1): Promise<string> {
  const table = join(folder, name);
  for (let file = 0; file < files; file += 1) {
    await writeDelta(
      table,
      [
        { id: file * 2, part: file % partitions },
        { id: file * 2 + 1, part: file % partitions },
      ],
      { mode: 'append', ...(partitions > 1 && file === 0 ? { partitionBy: ['part'] } : {}) },
    );
  }
  return table;
}

async function ids(table: string): Promise<number[]> {
  const rows = await (await DeltaTable.open(table)).toRows();
  return rows.map((row) => Number(row['id'])).sort((a, b) => a - b);
}

async function operations(table: string): Promise<number> {
  const { storage } = await TableHandle.open(table);
  return (await history(storage)).filter(({ operation }) => operation === 'OPTIMIZE').length;
}

describe('compactions in processes of their own', () => {
  it('of the same files: exactly one is committed, and no row is lost or doubled', async () => {
    const table = await tableOf('same', 30);
    const before = await ids(table);
    const task: OptimizerTask = { table, atMs: Date.now() + 1500 };
    const all = await Promise.all([1, 2, 3].map(() => workers.run(task)));
    const outcomes = all.map(({ lines }) => lines.at(-1)).sort();
    expect(outcomes).toEqual(['changed 1', 'unchanged 0', 'unchanged 0']);
    expect(await operations(table)).toBe(1);
    expect(await ids(table)).toEqual(before);
    expect((await TableHandle.open(table)).snapshot.files.size).toBe(1);
  });

  it('killed half-way keep the batches that were committed, and the next one does the rest', async () => {
    const table = await tableOf('killed', 40, 10);
    const before = await ids(table);
    const task: OptimizerTask = { table, atMs: 0, batchSizeBytes: 1, targetSizeBytes: 1500, pauseMs: 1000 };
    let batches = 0;
    const { signal } = await workers.run(task, (line, child) => {
      if (line.startsWith('wrote')) batches += 1;
      // The first is committed by the time the second is written.
      if (batches === 2) child.kill('SIGKILL');
    });
    expect(signal).toBe('SIGKILL');
    expect(await operations(table)).toBeGreaterThan(0);
    expect(await ids(table)).toEqual(before);
    await optimize(await TableHandle.open(table), undefined, {
      targetSizeBytes: 1500,
      minFileSizeBytes: 1500,
    });
    const { snapshot } = await TableHandle.open(table);
    expect(snapshot.files.size).toBeLessThanOrEqual(20);
    expect(await ids(table)).toEqual(before);
  });
});
