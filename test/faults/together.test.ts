/** Many processes on one table at once: appending, overwriting, reading; the table isn't there at first. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBoathouseError } from '../../src/base/index.ts';
import { formatSqlValue } from '../../src/duckdb/index.ts';
import { DeltaTable, writeDelta } from '../../src/tables/index.ts';
import type { LanderTask } from './lander.ts';
import { Landers, Reader } from './processes.ts';

const rowsPerBatch = 5000;

let landers: Landers;
let reader: Reader;
let folder: string;
beforeAll(async () => {
  landers = await Landers.build();
  reader = await Reader.open();
  folder = mkdtempSync(join(tmpdir(), 'boathouse-together-'));
});
afterAll(async () => {
  await reader.close();
  landers.remove();
  rmSync(folder, { recursive: true, force: true });
});

const task = (table: string, writer: string, more: Partial<LanderTask> = {}): LanderTask => ({
  table,
  doing: 'write',
  mode: 'append',
  writer,
  batches: 6,
  rowsPerBatch,
  configuration: { 'delta.checkpointInterval': '4' },
  ...more,
});

/** Reads until `work` is done; every state it meets must be whole. @returns how many it met */
async function readMeanwhile(table: string, work: Promise<unknown>): Promise<number> {
  let working = true;
  const end = work.finally(() => {
    working = false;
  });
  let seen = 0;
  while (working) {
    try {
      await reader.batches(table, rowsPerBatch);
      seen += 1;
    } catch (error) {
      if (!isBoathouseError(error, 'delta.not-a-table')) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await end;
  return seen;
}

describe('processes that land into one table', () => {
  it('that is not there yet all succeed, each row once, in one row of versions', async () => {
    const table = join(folder, 'appended');
    const writers = ['a', 'b', 'c', 'd'].map((writer) => landers.run(task(table, writer)));
    const seen = await readMeanwhile(table, Promise.all(writers));
    const landed = await Promise.all(writers);
    expect(landed.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
    const versions = landed.flatMap((each) => each.versions).sort((a, b) => a - b);
    expect(versions).toEqual(versions.map((_, i) => i));
    expect(versions).toHaveLength(24);
    const batches = landed.flatMap((each) => each.batches).sort();
    expect((await reader.batches(table, rowsPerBatch)).sort()).toEqual(batches);
    expect(seen).toBeGreaterThan(3);
  });

  it('while another overwrites it lose no row, and no overwritten row comes back', async () => {
    const table = join(folder, 'overwritten');
    const writers = [
      ...['a', 'b', 'c'].map((writer) => landers.run(task(table, writer))),
      landers.run(task(table, 'over', { mode: 'overwrite', batches: 3 })),
    ];
    await readMeanwhile(table, Promise.all(writers));
    const landed = await Promise.all(writers);
    expect(landed.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined]);
    const batchAt = new Map(
      landed.flatMap(({ batches, versions }) => batches.map((batch, i) => [versions[i] as number, batch])),
    );
    const versions = [...batchAt.keys()].sort((a, b) => a - b);
    expect(versions).toEqual(versions.map((_, i) => i));

    // One after the other, in the order of the versions: that is all that may have happened.
    let expected: string[] = [];
    for (const version of versions) {
      const batch = batchAt.get(version) as string;
      expected = batch.startsWith('over') ? [batch] : [...expected, batch];
      expect(await reader.batches(table, rowsPerBatch, version)).toEqual([...expected].sort());
    }
    const [latest] = await (await DeltaTable.open(table)).history();
    expect(latest?.version).toBe(versions.length - 1);
  });

  it('write whole checkpoints that point where they are', async () => {
    const log = join(folder, 'appended', '_delta_log');
    const pointer = JSON.parse(readFileSync(join(log, '_last_checkpoint'), 'utf8')) as { version: number };
    expect(pointer.version).toBe(20);
    for (let version = 0; version < 20; version += 1) {
      rmSync(join(log, `${String(version).padStart(20, '0')}.json`));
    }
    expect(await reader.batches(join(folder, 'appended'), rowsPerBatch)).toHaveLength(24);
  });
});

describe('rows that stream', () => {
  it('need little memory to land and to read, however many there are', async () => {
    const table = join(folder, 'streamed');
    // Held all at once they would take several times as much.
    const heapMegabytes = 40;
    const rows = 150_000;
    const stream = task(table, 's', { doing: 'stream', batches: 1, rowsPerBatch: rows });
    expect((await landers.run(stream, { heapMegabytes })).batches).toEqual(['s-0']);
    const read = await landers.run(task(table, 'r', { doing: 'read' }), { heapMegabytes });
    expect(read.output).toContain(`read ${rows}`);
  });
});

describe('a process in another time zone', () => {
  it('reads instants and wall clocks as UTC where the table has the other', async () => {
    const table = join(folder, 'times');
    await writeDelta(table, {
      sql: "SELECT DATE '2020-01-01' d, TIMESTAMP '2020-01-01 00:00:00' w, timezone('UTC', TIMESTAMP '2020-01-01') i",
    });
    await landers.run(task(table, 't', { doing: 'times' }), { env: { TZ: 'America/New_York' } });
    const rows = await (await DeltaTable.open(table)).toRows();
    const [d = null, w = null, i = null] = Object.values(
      rows.find(({ d }) => formatSqlValue(d ?? null) > '2021') ?? {},
    );
    const shown = [d, w, i].map((value) => formatSqlValue(value));
    expect(shown).toEqual(['2024-06-01', '2024-06-01 01:30:00', '2024-06-01 01:30:00+00']);
  });
});
