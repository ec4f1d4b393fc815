/** A disk that fills up at any point of a write: an error that says so, and a table that stands. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BoathouseError, isBoathouseError } from '../../src/base/index.ts';
import { DeltaTable, type WriteOptions, writeDelta } from '../../src/tables/index.ts';
import { TinyDisk } from './tiny-disk.ts';

const mounted = TinyDisk.mount(8);
const disk = mounted instanceof TinyDisk ? mounted : undefined;
const why = typeof mounted === 'string' ? ` (skipped: ${mounted})` : '';

describe.skipIf(disk === undefined)(`a full disk${why}`, () => {
  const { path = '' } = disk ?? {};
  const table = join(path, 'table');
  const temporary = process.env['TMPDIR'];
  beforeAll(() => mkdirSync(path, { recursive: true }));
  afterEach(() => {
    disk?.drain();
    rmSync(table, { recursive: true, force: true });
    if (temporary === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temporary;
  });
  afterAll(() => disk?.remove());

  const counts = async (): Promise<Record<string, number>> => {
    const found: Record<string, number> = {};
    for (const { batch } of await (await DeltaTable.open(table)).toRows()) {
      found[String(batch)] = (found[String(batch)] ?? 0) + 1;
    }
    return found;
  };
  const dataFiles = (): number =>
    readdirSync(table, { recursive: true, encoding: 'utf8' }).filter((name) => /(^|\/)part-[^/]*$/.test(name))
      .length;
  const rows = (batch: string, count: number) => ({
    sql: `SELECT '${batch}' AS batch, hash(i) AS filler FROM range(${count}) t(i)`,
  });
  const failing = async (work: Promise<unknown>): Promise<BoathouseError> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!isBoathouseError(error)) throw error ?? new Error('it was to fail');
    return error;
  };

  it.each([
    ['append', {}],
    ['overwrite', {}],
    ['append', { partitionBy: ['batch'] }],
  ] satisfies [WriteOptions['mode'], WriteOptions][])(
    'stops an %s %j with a hint, leaves no file and every row',
    async (mode, more) => {
      await writeDelta(table, rows('first', 1000), more);
      const error = await failing(writeDelta(table, rows('big', 4_000_000), { mode }));
      expect(error.code).toMatch(/^(duckdb|storage)\.no-space$/);
      expect(error.hint).toContain('Free space');
      expect(await counts()).toEqual({ first: 1000 });
      expect(dataFiles()).toBe(1);
      await writeDelta(table, rows('second', 500), { mode: 'append' });
      expect(await counts()).toEqual({ first: 1000, second: 500 });
    },
  );

  it('may fill up anywhere: a write is whole or was never there, and the table takes the next one', async () => {
    const expected: Record<string, number> = {};
    const add = async (batch: string): Promise<void> => {
      await writeDelta(table, rows(batch, 800), {
        mode: 'append',
        configuration: { 'delta.checkpointInterval': '4' },
      });
      expected[batch] = 800;
    };
    await add('start');
    const codes = new Set<string>();
    for (const freeKilobytes of [0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64]) {
      disk?.fill(freeKilobytes);
      try {
        await add(`with ${freeKilobytes}`);
      } catch (error) {
        expect(isBoathouseError(error), String(error)).toBe(true);
        const { code, hint } = error as BoathouseError;
        codes.add(code);
        expect([code, hint]).toEqual([
          expect.stringMatching(/no-space$/),
          expect.stringContaining('Free space'),
        ]);
      }
      expect(await counts()).toEqual(expected);
      expect(dataFiles()).toBe(Object.keys(expected).length);
      disk?.drain();
    }
    expect([...codes].sort()).toEqual(['duckdb.no-space', 'storage.no-space']);
    await add('end');
    expect(await counts()).toEqual(expected);
  });

  it.each([
    [
      'a MERGE',
      (opened: DeltaTable) =>
        opened
          .merge({
            source: { sql: "SELECT 'merged' AS batch, i AS filler FROM range(0, 400000, 2) t(i)" },
            on: 'source.filler = target.filler',
          })
          .whenMatchedUpdateAll()
          .whenNotMatchedInsertAll()
          .execute(),
    ],
    [
      'an UPDATE',
      (opened: DeltaTable) => opened.update({ set: { batch: "'updated'" }, where: 'filler % 2 = 0' }),
    ],
    ['a DELETE', (opened: DeltaTable) => opened.delete('filler % 2 = 0')],
    ['an OPTIMIZE', (opened: DeltaTable) => opened.optimize()],
  ] satisfies [string, (table: DeltaTable) => Promise<unknown>][])(
    'during %s leaves every row as it was, and no file',
    async (_, run) => {
      for (const configuration of [{}, { 'delta.enableChangeDataFeed': 'true' }]) {
        const some = (first: number) => ({
          sql: `SELECT 'first' AS batch, i AS filler FROM range(${first}, ${first + 150_000}) t(i) ORDER BY hash(i)`,
        });
        await writeDelta(table, some(0), { configuration });
        await writeDelta(table, some(150_000), { mode: 'append' });
        const files = readdirSync(table, { recursive: true, encoding: 'utf8' }).sort();
        for (const freeKilobytes of [0, 60, 400]) {
          disk?.fill(freeKilobytes);
          const error = await failing((async () => run(await DeltaTable.open(table)))());
          expect(error.code).toMatch(/^(duckdb|storage)\.no-space$/);
          expect(error.hint).toContain('Free space');
          disk?.drain();
          const left = readdirSync(table, { recursive: true, encoding: 'utf8' }).sort();
          expect(left.filter((name) => !files.includes(name))).toEqual([]);
          expect(await counts()).toEqual({ first: 300_000 });
        }
        await run(await DeltaTable.open(table));
        rmSync(table, { recursive: true, force: true });
      }
    },
  );

  it('under the temporary folder stops rows that stream, and says so', async () => {
    process.env['TMPDIR'] = path;
    disk?.fill(3000);
    async function* many(): AsyncGenerator<{ batch: string; filler: string }> {
      for (let i = 0; i < 400_000; i += 1) yield { batch: 'streamed', filler: String(Math.sin(i)).repeat(4) };
    }
    const error = await failing(writeDelta(`${process.cwd()}/.cache/never-made`, many()));
    expect(error.code).toMatch(/^duckdb\.(no-space|out-of-memory)$/);
    expect(error.hint).toBeDefined();
  });
});
