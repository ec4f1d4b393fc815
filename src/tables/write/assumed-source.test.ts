/** Appends whose columns are taken for granted until the rows say otherwise: the outcome is as if they had been asked for. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeltaTable } from '../delta-table.ts';

let folder: string;
let table: DeltaTable;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'boathouse-assumed-'));
  table = await DeltaTable.create(path.join(folder, 't'), {
    schema: 'id BIGINT, name STRING, s STRUCT<a: INT>',
  });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const fitting = "SELECT 1::BIGINT AS id, 'x' AS name, {'a': 1} AS s";

describe('an append to an open table', () => {
  it.each([
    ['takes just the columns of the table', fitting, 1],
    ['takes them with a comment at the end', `${fitting} -- so`, 1],
    ['takes a query that begins with FROM', `FROM (${fitting})`, 1],
    ['takes columns in another order', "SELECT 'x' AS name, {'a': 1} AS s, 1::BIGINT AS id", 1],
    ['takes names in other letters', "SELECT 1::BIGINT AS ID, 'x' AS Name, {'a': 1} AS s", 1],
    ['takes narrower numbers', "SELECT 1::SMALLINT AS id, 'x' AS name, {'a': 1} AS s", 1],
    ['takes no rows', `${fitting} LIMIT 0`, 0],
  ] satisfies [string, string, number][])('%s', async (_, sql, rows) => {
    expect((await table.append({ sql })).rows).toBe(rows);
    const read = await table.toRows({ columns: ['id', 'name'] });
    expect(read).toEqual(rows === 0 ? [] : [{ id: 1n, name: 'x' }]);
    expect(await table.toRows({ where: 's.a = 1' })).toHaveLength(rows);
  });

  it.each([
    ['a column too many', `SELECT *, 1 AS extra FROM (${fitting})`, 'tables.schema-mismatch'],
    [
      'a column too many and no rows',
      `SELECT *, 1 AS extra FROM (${fitting}) LIMIT 0`,
      'tables.schema-mismatch',
    ],
    ['a column missing', "SELECT 1::BIGINT AS id, 'x' AS name", 'tables.schema-mismatch'],
    ['another type', "SELECT 'one' AS id, 'x' AS name, {'a': 1} AS s", 'tables.schema-mismatch'],
    [
      'another type and no rows',
      "SELECT 'one' AS id, 'x' AS name, {'a': 1} AS s LIMIT 0",
      'tables.schema-mismatch',
    ],
    ['another nested type', "SELECT 1::BIGINT AS id, 'x' AS name, {'a': 'b'} AS s", 'tables.schema-mismatch'],
    ['one column twice', `SELECT *, 1::BIGINT AS id FROM (${fitting})`, 'tables.duplicate-column'],
    ['text that is no query by itself', `${fitting}) UNION ALL (${fitting}`, 'duckdb.parser'],
    ['a table that is not there', 'SELECT * FROM nowhere', 'duckdb.catalog'],
  ] satisfies [string, string, string][])(
    'refuses %s, before and after rows that fit',
    async (_, sql, code) => {
      await expect(table.append({ sql })).rejects.toMatchObject({ code });
      expect((await table.append({ sql: fitting })).rows).toBe(1);
      await expect(table.append({ sql })).rejects.toMatchObject({ code });
      expect(table.version).toBe(1);
      expect(await table.toRows()).toHaveLength(1);
    },
  );

  it('tells the error of a query that fails on a row', async () => {
    const sql = "SELECT error('row ' || range)::BIGINT AS id, 'x' AS name, {'a': 1} AS s FROM range(1)";
    await expect(table.append({ sql })).rejects.toThrow(/row 0/);
    expect(table.version).toBe(0);
  });

  it('asks again when the columns of the table have changed', async () => {
    await table.append({ sql: fitting });
    await table.alter({ kind: 'add-column', column: { name: 'more', type: 'INT' } });
    await expect(table.append({ sql: fitting })).rejects.toMatchObject({ code: 'tables.schema-mismatch' });
    expect((await table.append({ sql: `SELECT *, 2 AS more FROM (${fitting})` })).rows).toBe(1);
    expect(await table.toRows({ where: 'more = 2' })).toHaveLength(1);
  });
});
