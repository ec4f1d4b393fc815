import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Database,
  Decimal,
  formatSqlValue,
  queryToArrow,
  type SqlValue,
  Timestamp,
} from '../../duckdb/index.ts';
import { DeltaTable, writeDelta } from '../index.ts';
import { rowsBufferedMax } from './rows-staging.ts';

let folder: string;
let next = 0;
const fresh = (): string => {
  next += 1;
  return path.join(folder, `t${next}`);
};
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-tables-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The rows as text, sorted: order isn't part of a table. */
async function rowsOf(table: string, version?: number): Promise<string[]> {
  const opened = await DeltaTable.open(table, version === undefined ? {} : { version });
  const show = (row: Record<string, SqlValue>): string =>
    Object.values(row)
      .map((value) => formatSqlValue(value))
      .join('|');
  return (await opened.toRows()).map(show).sort();
}

function dataFiles(table: string): string[] {
  return readdirSync(table, { recursive: true, encoding: 'utf8' }).filter(
    (f) => f.endsWith('.parquet') && !f.includes('_delta_log'),
  );
}

describe('writeDelta', () => {
  it('types objects by looking at them, nested ones too', async () => {
    const table = fresh();
    const rows = [
      {
        i: 1,
        f: 1,
        t: 'a',
        b: true,
        at: new Date(1),
        n: null,
        s: { x: 1 },
        l: [1, 2.5],
        m: new Map([['k', 1]]),
        by: new Uint8Array([7]),
      },
      { i: 2, f: 0.5, big: 2n ** 63n - 1n, s: { x: 2, y: [{ z: 'q' }] }, d: new Decimal(150n, 5, 2) },
    ];
    const result = await writeDelta(table, rows);
    expect(result).toMatchObject({ version: 0, kind: 'created', rows: 2, filesAdded: 1, filesRemoved: 0 });
    const opened = await DeltaTable.open(table);
    expect((await opened.columns()).map((c) => `${c.name} ${c.type}`)).toEqual([
      'i BIGINT',
      'f DOUBLE',
      't VARCHAR',
      'b BOOLEAN',
      'at TIMESTAMP WITH TIME ZONE',
      'n VARCHAR',
      's STRUCT("x" BIGINT, "y" STRUCT("z" VARCHAR)[])',
      'l DOUBLE[]',
      'm MAP(VARCHAR, BIGINT)',
      'by BLOB',
      'big BIGINT',
      'd DECIMAL(5,2)',
    ]);
    const [first, second] = await opened.toRows();
    expect(first).toMatchObject({
      i: 1n,
      f: 1,
      at: new Timestamp(1000n, 'us', true),
      n: null,
      l: [1, 2.5],
      by: new Uint8Array([7]),
      big: null,
    });
    expect(second).toMatchObject({ big: 2n ** 63n - 1n, d: new Decimal(150n, 5, 2), m: null });
  });

  it('takes an async iterable as it needs it, never more than a batch ahead', async () => {
    let given = 0;
    let largestGap = 0;
    let stagedAtLeast = 0;
    async function* rows(): AsyncGenerator<{ i: number; late?: { x: number } }> {
      for (let i = 0; i < 3 * rowsBufferedMax + 5; i += 1) {
        given += 1;
        if (given % rowsBufferedMax === 1) stagedAtLeast = given - 1;
        largestGap = Math.max(largestGap, given - stagedAtLeast);
        yield i < 2 * rowsBufferedMax ? { i } : { i: i + 0.5, late: { x: i } };
      }
    }
    const table = fresh();
    expect((await writeDelta(table, rows())).rows).toBe(3 * rowsBufferedMax + 5);
    expect(largestGap).toBeLessThanOrEqual(rowsBufferedMax);
    const columns = await (await DeltaTable.open(table)).columns();
    expect(columns.map((c) => c.type)).toEqual(['DOUBLE', 'STRUCT("x" BIGINT)']);
  });

  it('stops a generator that fails, and leaves the table as it was', async () => {
    const table = fresh();
    await writeDelta(table, [{ a: 1 }]);
    const before = dataFiles(table);
    async function* broken(): AsyncGenerator<{ a: number }> {
      yield { a: 2 };
      throw new Error('the source broke');
    }
    await expect(writeDelta(table, broken(), { mode: 'append' })).rejects.toThrow('the source broke');
    expect([await rowsOf(table), dataFiles(table)]).toEqual([['1'], before]);
  });

  it('takes Arrow tables and IPC bytes', async () => {
    const database = await Database.open();
    const session = await database.session();
    const arrow = await queryToArrow(session, "SELECT 1 AS a, 1.50::DECIMAL(5,2) AS d, ['x'] AS l");
    const { tableToIPC } = await import('apache-arrow');
    const table = fresh();
    await writeDelta(table, arrow);
    await writeDelta(table, tableToIPC(arrow, 'stream'), { mode: 'append' });
    await writeDelta(table, tableToIPC(arrow, 'file'), { mode: 'append' });
    expect(await rowsOf(table)).toEqual(['1|1.50|[x]', '1|1.50|[x]', '1|1.50|[x]']);
    await database.close();
  });

  it('reads other Delta tables in a query, at a version too', async () => {
    const [source, table] = [fresh(), fresh()];
    await writeDelta(source, [{ a: 1 }]);
    await writeDelta(source, [{ a: 2 }], { mode: 'append' });
    await writeDelta(table, {
      sql: `SELECT a, 'now' w FROM delta_scan('${source}') UNION ALL SELECT a, 'then' FROM delta_scan('${source}', version => 0)`,
    });
    expect(await rowsOf(table)).toEqual(['1|now', '1|then', '2|now']);
  });

  it.each([
    ['append', ['1', '2']],
    ['overwrite', ['2']],
    ['ignore', ['1']],
  ] as const)('with mode %s leaves %j', async (mode, rows) => {
    const table = fresh();
    await writeDelta(table, [{ a: 1 }]);
    const result = await writeDelta(table, [{ a: 2 }], { mode });
    expect(await rowsOf(table)).toEqual(rows);
    expect(result.kind).toBe(mode === 'ignore' ? 'ignored' : 'written');
    expect(await rowsOf(table, 0)).toEqual(['1']);
  });

  it('refuses an existing table unless told otherwise, before reading a row', async () => {
    const table = fresh();
    await writeDelta(table, [{ a: 1 }]);
    async function* untouched(): AsyncGenerator<{ a: number }> {
      expect.fail('no row was to be asked for');
      yield { a: 1 };
    }
    await expect(writeDelta(table, untouched())).rejects.toMatchObject({ code: 'tables.already-exists' });
    expect((await writeDelta(table, untouched(), { mode: 'ignore' })).kind).toBe('ignored');
  });

  it.each([
    ['a column the table lacks', [{ a: 1, b: 'x', c: 1 }], /'c' \(BIGINT\) is not in the table/],
    ['a column of another type', [{ a: 'text', b: 'x' }], /'a' is long in the table and VARCHAR in the rows/],
  ])('names %s', async (_, rows, message) => {
    const table = fresh();
    await writeDelta(table, [{ a: 1, b: 'x' }]);
    await expect(writeDelta(table, rows, { mode: 'append' })).rejects.toMatchObject({
      code: 'tables.schema-mismatch',
      message: expect.stringMatching(message),
    });
    expect(dataFiles(table)).toHaveLength(1);
  });

  it('names a column that a query lacks, but reads a key that objects lack as null', async () => {
    const table = fresh();
    await writeDelta(table, [{ a: 1, b: 'x' }]);
    await expect(writeDelta(table, { sql: 'SELECT 1::BIGINT a' }, { mode: 'append' })).rejects.toMatchObject({
      message: expect.stringContaining("column 'b' is missing"),
    });
    await writeDelta(table, [{ a: 2 }], { mode: 'append' });
    expect(await rowsOf(table)).toEqual(['1|x', '2|NULL']);
  });

  it('merges schemas, inside structs too, and reads older files with nulls', async () => {
    const table = fresh();
    await writeDelta(table, [{ a: 1, s: { x: 1 } }]);
    await writeDelta(table, [{ a: 2, s: { x: 2, y: 'new' }, b: true }], {
      mode: 'append',
      schemaMode: 'merge',
    });
    expect(await rowsOf(table)).toEqual(["1|{'x': 1, 'y': NULL}|NULL", "2|{'x': 2, 'y': new}|true"]);
  });

  it('replaces schema and partitioning when told to', async () => {
    const table = fresh();
    await writeDelta(table, [{ a: 1 }]);
    const options = { mode: 'overwrite', schemaMode: 'overwrite', partitionBy: ['p'] } as const;
    expect(await writeDelta(table, [{ z: 'q', p: 1 }], options)).toMatchObject({
      version: 1,
      filesRemoved: 1,
    });
    expect(await rowsOf(table)).toEqual(['q|1']);
    expect((await DeltaTable.open(table)).metadata.partitionColumns).toEqual(['p']);
    await expect(
      writeDelta(table, [{ z: 'q', p: 1 }], { mode: 'append', partitionBy: ['z'] }),
    ).rejects.toMatchObject({
      code: 'tables.partition-mismatch',
    });
  });

  it("fits what was only inferred to the table's types, and fails when a value doesn't", async () => {
    const table = fresh();
    await writeDelta(table, {
      sql: "SELECT 1::TINYINT i, 1.25::DECIMAL(9,2) d, DATE '2020-01-01' AS day, 1::DOUBLE AS f",
    });
    await writeDelta(table, [{ i: 7, d: '9.99', day: '2024-02-29', f: 3 }], { mode: 'append' });
    expect(await rowsOf(table)).toEqual(['1|1.25|2020-01-01|1', '7|9.99|2024-02-29|3']);
    await expect(writeDelta(table, [{ i: 700 }], { mode: 'append' })).rejects.toMatchObject({
      code: 'duckdb.conversion',
    });
  });

  it.each([
    ['SELECT INTERVAL 1 DAY AS v', 'tables.unsupported-type', /'v' is INTERVAL/],
    ["SELECT TIME '10:00:00' AS v", 'tables.unsupported-type', /'v' is TIME/],
    ['SELECT {a: union_value(k := 1)} AS v', 'tables.unsupported-type', /'v.a' is UNION/],
    ['SELECT 1 AS a, 2 AS "A"', 'tables.duplicate-column', /'A'/],
    ['SELECT 1 AS p', 'tables.bad-partition-column', /no column would be left/],
  ])('refuses %j by name', async (sql, code, message) => {
    const partitionBy = sql.endsWith(' p') ? ['p'] : [];
    await expect(writeDelta(fresh(), { sql }, { partitionBy })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('keeps the schema of a table that is emptied', async () => {
    const table = fresh();
    await writeDelta(table, [{ a: 1, b: 'x' }]);
    await writeDelta(table, [], { mode: 'overwrite' });
    const opened = await DeltaTable.open(table);
    expect([opened.files(), await opened.toRows()]).toEqual([[], []]);
    expect((await opened.columns()).map((c) => c.type)).toEqual(['BIGINT', 'VARCHAR']);
    await expect(writeDelta(fresh(), [])).rejects.toMatchObject({ code: 'tables.no-columns' });
  });

  it.each([
    ['a number', [1], 'tables.bad-row', /row 1 .* it is a number/],
    ['null', [{ a: 1 }, null], 'tables.bad-row', /row 2 .* it is null/],
    ['an array', [[1, 2]], 'tables.bad-row', /row 1 .* it is an array/],
    [
      'an invalid Date',
      [{ a: 1 }, { a: new Date(Number.NaN) }],
      'tables.bad-row',
      /row 2 .*'a' is an invalid/,
    ],
    ['an invalid Date inside', [{ a: [new Date('?')] }], 'tables.bad-row', /row 1/],
    ['two spellings of a name', [{ a: 1 }, { A: 2 }], 'tables.duplicate-column', /'A'/],
    ['an object instead of rows', { a: 1 }, 'tables.bad-rows', /an object/],
    ['text instead of rows', 'a,b', 'tables.bad-rows', /a string/],
    ['nothing instead of rows', undefined, 'tables.bad-rows', /undefined/],
    ['rows without any value', [{}, {}], 'tables.no-columns', /without any value/],
  ])('refuses %s by name', async (_, rows, code, message) => {
    await expect(writeDelta(fresh(), rows as never)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it.each([
    [{ mode: 'Append' }, /mode is 'Append'; expected append, overwrite/],
    [{ mode: 'append', schemaMode: 'overwrite' }, /schemaMode is 'overwrite'; expected merge/],
    [{ schemaMode: 'replace' }, /schemaMode is 'replace'/],
  ])('refuses the options %j', async (options, message) => {
    await expect(writeDelta(fresh(), [{ a: 1 }], options as never)).rejects.toMatchObject({
      code: 'tables.bad-option',
      message: expect.stringMatching(message),
    });
  });

  it('takes objects without keys as rows of nulls', async () => {
    const table = fresh();
    await writeDelta(table, [{ a: 1 }]);
    expect((await writeDelta(table, [{}, {}], { mode: 'append' })).rows).toBe(2);
    expect(await rowsOf(table)).toEqual(['1', 'NULL', 'NULL']);
  });

  it('never drops the digits of a bigint for a fraction that comes later', async () => {
    async function* rows(first: bigint): AsyncGenerator<{ a: number | bigint }> {
      for (let i = 0; i < rowsBufferedMax; i += 1) yield { a: i === 7 ? first : 1 };
      yield { a: 0.5 };
    }
    await expect(writeDelta(fresh(), rows(2n ** 60n + 1n))).rejects.toMatchObject({
      code: 'tables.mixed-types',
      details: { column: 'a', row: 8 },
    });
    expect((await writeDelta(fresh(), rows(2n ** 60n))).rows).toBe(rowsBufferedMax + 1);
  });

  it('says which row mixes types', async () => {
    await expect(writeDelta(fresh(), [{ a: 1 }, { a: { b: 1 } }])).rejects.toMatchObject({
      code: 'tables.mixed-types',
      details: { column: 'a', row: 2 },
    });
  });
});
