import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTable } from '../alter/create-table.ts';
import { openDeltaCall } from '../read/open-call.ts';
import { rewriteDeltaScans } from '../read/rewrite-scans.ts';
import { openDeltaRelation } from '../read/scan.ts';
import { withScratchSession } from '../scratch.ts';
import { writeDelta } from '../write/write-delta.ts';
import { executeRows, type RowStatement } from './execute-rows.ts';
import { parseStatement } from './parse-statement.ts';
import type { StatementContext, StatementResult } from './statement-context.ts';
import { rewriteTimeTravel } from './time-travel.ts';

let folder: string;
let table: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'boathouse-sql-'));
  table = path.join(folder, 'orders');
  await writeDelta(table, {
    sql: "SELECT i::INTEGER AS id, 'n' || i AS name, DATE '2024-01-01' AS day FROM range(3) t(i)",
  });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** The statement run as a client would, and the rows of the table after it. */
async function run(
  sql: string,
  meanwhile?: () => Promise<unknown>,
): Promise<{ result: StatementResult; rows: unknown[] }> {
  const others = meanwhile === undefined ? [] : [meanwhile];
  return withScratchSession(async (session) => {
    const context: StatementContext = {
      session,
      locate: async (ref) => (ref.kind === 'path' ? ref.uri : path.join(folder, ref.parts.at(-1) ?? '')),
      placeNew: async () => table,
      resolve: async (text) => {
        const travelled = await rewriteTimeTravel(text, async (parts) => path.join(folder, parts.join('/')));
        const ready = await rewriteDeltaScans(travelled, openDeltaCall, session);
        if (text.includes('max(')) {
          const once = others.pop();
          await once?.();
        }
        return ready;
      },
      options: {},
    };
    const result = await executeRows(parseStatement(sql) as RowStatement, context);
    const after = await openDeltaRelation(table);
    const { rows } = await session.query(`SELECT id, name, day::VARCHAR FROM (${after.sql}) ORDER BY ALL`);
    return { result, rows: rows.map((row) => row.join(' ')) };
  });
}

describe('statements that change rows', () => {
  it.each([
    [
      "update delta.'$' set name = upper(name) where id = 1",
      ['0 n0 2024-01-01', '1 N1 2024-01-01', '2 n2 2024-01-01'],
      { num_affected_rows: 1n },
    ],
    [
      "update orders set name = orders.name || '!' where orders.id in (select 2)",
      ['0 n0 2024-01-01', '1 n1 2024-01-01', '2 n2! 2024-01-01'],
      { num_affected_rows: 1n },
    ],
    ['delete from orders as o where o.id > 0', ['0 n0 2024-01-01'], { num_affected_rows: 2n }],
    ['truncate table orders', [], { num_affected_rows: 3n }],
    [
      "insert into orders values (7, 'x', '2024-02-02')",
      ['0 n0 2024-01-01', '1 n1 2024-01-01', '2 n2 2024-01-01', '7 x 2024-02-02'],
      { num_affected_rows: 1n, num_inserted_rows: 1n },
    ],
    [
      "insert into orders (name, id) select 'y', 8",
      ['0 n0 2024-01-01', '1 n1 2024-01-01', '2 n2 2024-01-01', '8 y '],
      { num_affected_rows: 1n, num_inserted_rows: 1n },
    ],
    [
      "insert overwrite delta.'$' by name select 9::BIGINT as id, 'z' as name",
      ['9 z '],
      { num_affected_rows: 1n, num_inserted_rows: 1n },
    ],
    [
      "insert into orders replace where id = 2 select 2, 'two', null",
      ['0 n0 2024-01-01', '1 n1 2024-01-01', '2 two '],
      { num_affected_rows: 1n, num_inserted_rows: 1n },
    ],
    [
      "merge into orders t using (select id + 1 as id, name, day from delta.'$' version as of 0) s on t.id = s.id when matched and s.id = 1 then delete when matched then update set name = s.name when not matched then insert *",
      ['0 n0 2024-01-01', '2 n1 2024-01-01', '3 n2 2024-01-01'],
      { num_affected_rows: 3n, num_updated_rows: 1n, num_deleted_rows: 1n, num_inserted_rows: 1n },
    ],
    [
      'merge into orders using (select o.id, o.name || o.id as name from orders o, (values (1)) v(x) where o.id = v.x union all select 5, orders.name from orders where orders.id = 0) s on s.id = orders.id when matched then update set name = s.name when not matched then insert (id, name) values (s.id, s.name)',
      ['0 n0 2024-01-01', '1 n11 2024-01-01', '2 n2 2024-01-01', '5 n0 '],
      { num_affected_rows: 2n, num_updated_rows: 1n, num_deleted_rows: 0n, num_inserted_rows: 1n },
    ],
    [
      "insert overwrite orders select id * 10, name, day from delta_scan('$') where id > 0",
      ['10 n1 2024-01-01', '20 n2 2024-01-01'],
      { num_affected_rows: 2n, num_inserted_rows: 2n },
    ],
    [
      "insert into orders values (DEFAULT, 'x', default), (3, default, date '2024-02-02')",
      ['0 n0 2024-01-01', '1 n1 2024-01-01', '2 n2 2024-01-01', '3  2024-02-02', ' x '],
      { num_affected_rows: 2n, num_inserted_rows: 2n },
    ],
    [
      "insert overwrite orders partition (id = '1') select 'one', null",
      ['0 n0 2024-01-01', '1 one ', '2 n2 2024-01-01'],
      { num_affected_rows: 1n, num_inserted_rows: 1n },
    ],
    [
      "insert into orders partition (name, day = '2024-03-03') select 4, 'four'",
      ['0 n0 2024-01-01', '1 n1 2024-01-01', '2 n2 2024-01-01', '4 four 2024-03-03'],
      { num_affected_rows: 1n, num_inserted_rows: 1n },
    ],
    [
      "with new as (select * from delta.'$' where id = 2) insert into orders select id + 3, name, day from new",
      ['0 n0 2024-01-01', '1 n1 2024-01-01', '2 n2 2024-01-01', '5 n2 2024-01-01'],
      { num_affected_rows: 1n, num_inserted_rows: 1n },
    ],
    [
      'with s as (select 1 as id) merge into orders t using s on t.id = s.id when matched then delete',
      ['0 n0 2024-01-01', '2 n2 2024-01-01'],
      { num_affected_rows: 1n, num_updated_rows: 0n, num_deleted_rows: 1n, num_inserted_rows: 0n },
    ],
    [
      "merge into orders as t using (values (0, 'zero'), (null, 'none')) as s(id, name) on t.id <=> s.id when matched then update set name = s.name when not matched then insert (id, name) values (s.id, s.name)",
      ['0 zero 2024-01-01', '1 n1 2024-01-01', '2 n2 2024-01-01', ' none '],
      { num_affected_rows: 2n, num_updated_rows: 1n, num_deleted_rows: 0n, num_inserted_rows: 1n },
    ],
    [
      'merge into orders t using orders version as of 0 as s on t.id = s.id and s.id = 0 when matched then delete',
      ['1 n1 2024-01-01', '2 n2 2024-01-01'],
      { num_affected_rows: 1n, num_updated_rows: 0n, num_deleted_rows: 1n, num_inserted_rows: 0n },
    ],
  ])('%s', async (sql, rows, counts) => {
    const done = await run(sql.replaceAll('$', table));
    expect(done.rows).toEqual(rows);
    expect(
      Object.fromEntries(done.result.columns.map(({ name }, i) => [name, done.result.rows[0]?.[i]])),
    ).toEqual(counts);
    expect(done.result).toMatchObject({ changed: true, version: 1 });
  });

  it.each([
    ['delete from orders where id = (select max(id) from orders)', ['0', '1', '2']],
    [
      "update orders set id = id + 100 where id = (select max(id) from delta_scan('$'))",
      ['0', '1', '2', '110'],
    ],
    [
      'merge into orders t using (select 10 as id) s on t.id = s.id and t.id = (select max(id) from orders) when matched then delete',
      ['0', '1', '2'],
    ],
    [
      "insert overwrite orders select id, name, day from orders where id < (select max(id) from delta_scan('$'))",
      ['0', '1', '2'],
    ],
  ])('%s sees the rows that came just before it was planned', async (sql, ids) => {
    // Another writer commits after the statement has looked at the table for the first time.
    const meanwhile = (): Promise<unknown> =>
      writeDelta(table, { sql: "SELECT 10 AS id, 'x' AS name, NULL::DATE AS day" }, { mode: 'append' });
    const { rows } = await run(sql.replaceAll('$', table), meanwhile);
    expect(rows.map((row) => String(row).split(' ')[0])).toEqual(ids);
  });

  it('says what an INSERT lacks', async () => {
    await expect(run('insert into orders values (1, 2)')).rejects.toMatchObject({
      code: 'tables.bad-statement',
      message: 'INSERT: 3 columns (id, name, day) are to be filled, and the query has 2',
    });
    await expect(run('insert into orders (id, nme) values (1, 2)')).rejects.toMatchObject({
      message: expect.stringContaining("has no column 'nme'; it has id, name, day"),
    });
  });

  it('fills in what is DEFAULT: defaults as values, the rest as the table computes it', async () => {
    const { handle } = await createTable(path.join(folder, 'notes'), {
      schema:
        "id BIGINT GENERATED ALWAYS AS IDENTITY, note STRING DEFAULT 'none', n INT, twice INT GENERATED ALWAYS AS (n * 2)",
    });
    table = handle.uri;
    const rows = async (): Promise<readonly unknown[]> =>
      withScratchSession(async (session) => {
        const { sql } = await openDeltaRelation(table);
        return (await session.query(`SELECT id::INT, note, n, twice FROM (${sql}) ORDER BY id`)).rows;
      });
    const insert = (sql: string): Promise<StatementResult> =>
      withScratchSession((session) =>
        executeRows(parseStatement(sql) as RowStatement, {
          session,
          locate: async () => table,
          placeNew: async () => table,
          resolve: async (text) => text,
          options: {},
        }),
      );
    await insert("insert into notes values (default, default, 1, default), (default, 'x', 2, default)");
    await insert('insert into notes (note) values (default)');
    expect(await rows()).toEqual([
      [1, 'none', 1, 2],
      [2, 'x', 2, 4],
      [3, 'none', null, null],
    ]);
    await expect(insert('insert into notes (n, twice) values (1, default), (2, 4)')).rejects.toMatchObject({
      code: 'tables.bad-statement',
      message: expect.stringContaining("'twice' is computed by the table"),
    });
  });

  it.each([
    ["insert into orders (id) values ('abc')", "'id'", "'abc' of type VARCHAR"],
    ['insert into orders (id) select 3000000000', "'id'", "'3000000000' of type BIGINT"],
    ["insert into orders (name, day) values ('x', '2024-13-45')", "'day'", "'2024-13-45' of type VARCHAR"],
  ])('names the column and the value that does not fit it: %s', async (sql, column, value) => {
    await expect(run(sql)).rejects.toMatchObject({
      code: 'tables.assignment-value',
      message: expect.stringMatching(new RegExp(`${column}.*${value}`)),
    });
  });
});
