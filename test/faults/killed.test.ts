/** Landing processes killed at any moment: nothing half, nothing lost that was said to be landed. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/index.ts';
import { DeltaTable, writeDelta } from '../../src/tables/index.ts';
import { Landers, Reader } from './processes.ts';

const rowsPerBatch = 20_000;
const roundsMin = 6;
const timeMs = 12_000;

let landers: Landers;
let reader: Reader;
let folder: string;
beforeAll(async () => {
  landers = await Landers.build();
  reader = await Reader.open();
  folder = mkdtempSync(join(tmpdir(), 'boathouse-killed-'));
});
afterAll(async () => {
  await reader.close();
  landers.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('leave the table whole, whenever they are killed', async () => {
  const seed = Date.now();
  const random = seededRandom(seed);
  const table = join(folder, 'table');
  const told = new Set<string>();
  const deadlineMs = Date.now() + timeMs;
  let killed = 0;
  for (let round = 0; round < roundsMin || Date.now() < deadlineMs; round += 1) {
    const kill = (child: ChildProcess): unknown =>
      setTimeout(() => child.kill('SIGKILL'), 350 * random.fraction());
    const results = await Promise.all(
      // One within its first write, which may be the table's; the other after that, so that some are told.
      [{ started: kill }, { landed: kill }].map((when, which) =>
        landers.run(
          {
            table,
            doing: 'write',
            mode: 'append',
            writer: `w${round}.${which}`,
            batches: 1000,
            rowsPerBatch,
            // Kills fall into the writing of checkpoints too.
            configuration: { 'delta.checkpointInterval': '3' },
          },
          when,
        ),
      ),
    );
    for (const { batches, error, signal } of results) {
      expect(error, `seed ${seed}, round ${round}`).toBeUndefined();
      if (signal === 'SIGKILL') killed += 1;
      for (const batch of batches) told.add(batch);
    }
    const found = await reader.batches(table, rowsPerBatch);
    const missing = [...told].filter((batch) => !found.includes(batch));
    expect(missing, `seed ${seed}, round ${round}: said to be landed, and not there`).toEqual([]);
    // Each writer may have died after its commit and before it was told.
    expect(found.length - told.size, `seed ${seed}, round ${round}`).toBeLessThanOrEqual(killed);
  }
  expect(killed).toBeGreaterThan(roundsMin);
  expect(told.size).toBeGreaterThan(0);

  const found = await reader.batches(table, rowsPerBatch);
  const history = await (await DeltaTable.open(table)).history();
  expect(history.map(({ version }) => version)).toEqual(found.map((_, i) => found.length - 1 - i));
  const { version } = await writeDelta(
    table,
    { sql: `SELECT 'last' AS batch, i AS n, hash(i) AS filler FROM range(${rowsPerBatch}) t(i)` },
    { mode: 'append' },
  );
  expect(version).toBe(found.length);
  expect(await reader.batches(table, rowsPerBatch)).toHaveLength(found.length + 1);
});
