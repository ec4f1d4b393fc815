import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, formatSqlValue, type SqlValue } from '../../duckdb/index.ts';
import { DeltaTable, openDeltaRelation, writeDelta, writeQueryToDelta } from '../index.ts';

let folder: string;
let next = 0;
const fresh = (): string => {
  next += 1;
  return path.join(folder, `t${next}`);
};
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-queries-'));
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

describe('writeQueryToDelta', () => {
  let database: Database;
  beforeAll(async () => {
    database = await Database.open();
  });
  afterAll(() => database.close());

  it('removes its files when the query fails half way', async () => {
    const session = await database.session();
    const table = fresh();
    const sql = "SELECT i, CASE WHEN i = 900000 THEN error('late') ELSE i END e FROM range(1000000) t(i)";
    await expect(writeQueryToDelta(session, sql, table)).rejects.toMatchObject({
      message: expect.stringContaining('late'),
    });
    expect(dataFiles(table)).toEqual([]);
    await expect(DeltaTable.open(table)).rejects.toMatchObject({ code: 'delta.not-a-table' });
  });

  it('splits files near the target size', async () => {
    const session = await database.session();
    const table = fresh();
    const result = await writeQueryToDelta(session, 'SELECT hash(i) h FROM range(1000000) t(i)', table, {
      targetFileSizeBytes: 1024 * 1024,
    });
    expect(result.filesAdded).toBeGreaterThan(3);
    expect(await session.value(`SELECT count(*) FROM (${(await openDeltaRelation(table)).sql})`)).toBe(
      1_000_000n,
    );
  });

  it('writes more partitions than get a branch each, and reads them by the log', async () => {
    const session = await database.session();
    const table = fresh();
    const sql = "SELECT i, if(i % 100 = 0, NULL, 'p ' || (i % 100)) AS p FROM range(1000) t(i)";
    await writeQueryToDelta(session, sql, table, { partitionBy: ['p'] });
    const { sql: relation } = await openDeltaRelation(table);
    expect((await session.query(`(${relation}) EXCEPT ALL (${sql})`)).rows).toEqual([]);
    expect(await session.value(`SELECT count(*) FROM (${relation}) WHERE p IS NULL`)).toBe(10n);
  });

  it('keeps partition values that SQL, folders or Hive would take for something else', async () => {
    const session = await database.session();
    const table = fresh();
    const names = `SELECT * FROM (VALUES (1, '__HIVE_DEFAULT_PARTITION__'), (2, NULL), (3, 'NULL'), (4, 'a' || chr(0) || 'b'),
      (5, '%2F'), (6, '\u{1f600}'), (7, '''; --'), (8, '..')) t(i, p)`;
    await writeQueryToDelta(session, names, table, { partitionBy: ['p'] });
    const { sql: relation } = await openDeltaRelation(table);
    expect((await session.query(`(${names}) EXCEPT ALL (${relation})`)).rows).toEqual([]);
    expect(await session.value(`SELECT count(*) FROM (${relation})`)).toBe(8n);
  });

  it('partitions by doubles, dates beyond the calendar, and bytes', async () => {
    const session = await database.session();
    for (const values of [
      "('-0.0'::DOUBLE), ('nan'::DOUBLE), ('-inf'::DOUBLE), (1e300::DOUBLE), (NULL)",
      "(DATE '0001-01-01'), (DATE '12024-01-01'), (DATE '0044-03-15 (BC)')",
      "('abc'::BLOB), ('\\x01\\x02'::BLOB), ('\\xC3\\xBC'::BLOB)",
    ]) {
      const table = fresh();
      const sql = `SELECT 1 AS i, v AS p FROM (VALUES ${values}) t(v)`;
      await writeQueryToDelta(session, sql, table, { partitionBy: ['p'] });
      const { sql: relation } = await openDeltaRelation(table);
      expect((await session.query(`(${sql}) EXCEPT ALL (${relation})`)).rows).toEqual([]);
    }
  });

  it('counts rows that bring nothing but partition values', async () => {
    const session = await database.session();
    const table = fresh();
    await writeQueryToDelta(session, "SELECT 1 AS a, 'x' AS p", table, { partitionBy: ['p'] });
    const more = "SELECT 'y' AS p FROM range(3)";
    await writeQueryToDelta(session, more, table, { mode: 'append', schemaMode: 'merge' });
    expect(await rowsOf(table)).toEqual(['1|x', 'NULL|y', 'NULL|y', 'NULL|y']);
  });

  it('reads a table whose every column is for partitioning', async () => {
    const table = fresh();
    await writeDelta(table, { sql: "SELECT i AS a, 'x' AS p FROM range(3) t(i)" }, { partitionBy: ['p'] });
    const { readFileSync, writeFileSync } = await import('node:fs');
    const log = path.join(table, '_delta_log', `${'0'.repeat(20)}.json`);
    const text = readFileSync(log, 'utf8')
      .replace('"partitionColumns":["p"]', '"partitionColumns":["a","p"]')
      .replace('"partitionValues":{"p":"x"}', '"partitionValues":{"p":"x","a":"7"}');
    writeFileSync(log, text);
    expect(await rowsOf(table)).toEqual(['7|x', '7|x', '7|x']);
  });

  it('takes the target size from the properties of the table it creates', async () => {
    const session = await database.session();
    const result = await writeQueryToDelta(session, 'SELECT hash(i) h FROM range(1000000) t(i)', fresh(), {
      configuration: { 'delta.targetFileSize': '1mb' },
    });
    expect(result.filesAdded).toBeGreaterThan(3);
  });

  it.each([
    [{ 'delta.enableChangeDataFed': 'true' }, 'tables.unknown-property', /enableChangeDataFeed/],
    [{ 'delta.appendOnly': 'yes' }, 'tables.bad-property', /true or false/],
    [{ 'delta.columnMapping.maxColumnId': '7' }, 'tables.internal-property', /maxColumnId/],
  ])('refuses %j for the table it creates', async (configuration, code, says) => {
    const session = await database.session();
    const table = fresh();
    const failure = await writeQueryToDelta(session, 'SELECT 1 AS a', table, { configuration }).catch(
      (error: { code: string; message: string; hint?: string }) => error,
    );
    expect(failure).toMatchObject({ code });
    expect(`${'message' in failure ? `${failure.message} ${failure.hint}` : ''}`).toMatch(says);
    expect(await DeltaTable.isDeltaTable(table)).toBe(false);
  });

  it('spells properties of the table it creates as Delta does, and keeps those of users', async () => {
    const session = await database.session();
    const table = fresh();
    const configuration = {
      'DELTA.appendonly': 'TRUE',
      owner: 'Ops',
      'delta.feature.deletionVectors': 'supported',
    };
    await writeQueryToDelta(session, 'SELECT 1 AS a', table, { configuration });
    const { metadata, protocol } = await DeltaTable.open(table);
    expect(Object.fromEntries(metadata.configuration)).toEqual({ 'delta.appendOnly': 'true', owner: 'Ops' });
    expect(protocol.writerFeatures).toContain('deletionVectors');
  });

  it('takes a query that ends in a semicolon, or in a comment', async () => {
    const session = await database.session();
    const table = fresh();
    await writeQueryToDelta(session, 'SELECT 1 AS a;\n', table);
    await writeQueryToDelta(session, 'SELECT 2 AS a -- the last word', table, { mode: 'append' });
    expect(await rowsOf(table)).toEqual(['1', '2']);
  });

  it('runs the query once', async () => {
    const session = await database.session();
    await session.run('CREATE SEQUENCE runs');
    await writeQueryToDelta(session, "SELECT nextval('runs') AS n FROM range(10)", fresh());
    expect(await session.value("SELECT nextval('runs')")).toBe(11n);
  });

  it('refuses a null where the table allows none', async () => {
    const session = await database.session();
    const table = fresh();
    await writeDelta(table, [{ a: 1 }]);
    const { readFileSync, writeFileSync } = await import('node:fs');
    const log = path.join(table, '_delta_log', `${'0'.repeat(20)}.json`);
    writeFileSync(log, readFileSync(log, 'utf8').replace('\\"nullable\\":true', '\\"nullable\\":false'));
    await expect(
      writeQueryToDelta(session, 'SELECT NULL::BIGINT AS a', table, { mode: 'append' }),
    ).rejects.toMatchObject({
      code: 'tables.missing-value',
      details: { column: 'a', row: '{"a":null}' },
    });
    expect(dataFiles(table)).toHaveLength(1);
  });
});
