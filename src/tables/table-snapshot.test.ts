import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeltaTable } from './index.ts';
import { withScratchSession } from './scratch.ts';

let folder = '';
let table: DeltaTable;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'boathouse-selected-'));
  table = await DeltaTable.create(path.join(folder, 'orders'), {
    schema: 'id BIGINT, day DATE, Name STRING, made TIMESTAMP',
    partitionBy: ['day'],
  });
  for (const part of [0, 1, 2, 3]) {
    await table.append({
      sql: `select ${part * 10} + i as id, date '2026-01-01' + ${part % 2} as day, 'n' || i as Name,
        timestamptz '2026-01-01 00:00:00Z' + to_hours(${part}) as made from range(10) t(i)`,
    });
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ids = async (options: Parameters<DeltaTable['toRows']>[0]): Promise<number[]> =>
  (await table.toRows(options)).map((row) => Number(row['id'])).sort((a, b) => a - b);

describe('a condition on what is read', () => {
  it.each([
    ['id = 13', [13], 1],
    ["day = date '2026-01-02' and Name = 'n3'", [13, 33], 2],
    ['target.id between 9 and 10', [9, 10], 2],
    ['id > 1000', [], 0],
    ['id = 13 -- of the second', [13], 1],
    ['id = 1 or id = 38', [1, 38], 2],
    ['id % 20 = 1', [1, 21], 4],
    ["made = timestamptz '2026-01-01 02:00:00Z' and id = 25", [25], 1],
    ['false', [], 0],
  ])('%s', async (where, expected, files) => {
    expect(await ids({ where })).toEqual(expected);
    const relation = await table.relation({ where });
    expect(relation.files).toHaveLength(files);
    const rows = await withScratchSession((session) => session.query(relation.sql));
    expect(rows.rows).toHaveLength(expected.length);
    expect((await table.toArrow({ where })).numRows).toBe(expected.length);
  });

  it('opens no other file', async () => {
    const other = await DeltaTable.convert(path.join(folder, 'orders'));
    const broken = await other.clone(path.join(folder, 'broken'));
    await broken.append({
      sql: "select 99 as id, date '2026-01-01' as day, 'x' as Name, null::timestamptz as made",
    });
    const added = (await broken.relation({ where: 'id = 99' })).files;
    expect(added).toHaveLength(1);
    await truncate(path.join(folder, 'broken', added[0]?.path ?? ''), 3);
    expect(await broken.toRows({ where: 'id = 13', columns: ['id'] })).toEqual([{ id: 13n }]);
    await expect(broken.toRows({ where: 'id >= 39' })).rejects.toMatchObject({ code: 'tables.damaged-file' });
  });

  it('leaves out no file by a time whose zone is not known yet', async () => {
    const where = "made = timestamp '2026-01-01 02:00:00'";
    expect((await table.relation({ where })).files).toHaveLength(4);
  });

  it.each([
    ['id', 'tables.not-an-expression'],
    ["id = 1, 'x'", 'tables.not-an-expression'],
    ['nothing = 1', 'duckdb.binder'],
    ['id = = 1', 'duckdb.parser'],
  ])('refuses %s', async (where, code) => {
    await expect(table.toRows({ where })).rejects.toMatchObject({ code });
    await expect(table.relation({ where })).rejects.toMatchObject({ code });
  });
});

describe('a struct whose members were all exchanged', () => {
  it.each(['name', 'id'])('has null members in files from before, columns mapped by %s', async (mode) => {
    const made = await DeltaTable.create(path.join(folder, `exchanged-${mode}`), {
      schema: 'id INT, s STRUCT<a: INT, b: STRING>',
      properties: { 'delta.columnMapping.mode': mode },
    });
    await made.append({ sql: "select 1 as id, {'a': 1, 'b': 'x'} as s union all select 2, null" });
    expect((await made.relation()).sql).not.toContain('VARIANT');
    await made.alter([
      { kind: 'add-column', column: { name: 'c', type: 'TIMESTAMP' }, parent: ['s'] },
      { kind: 'drop-column', column: ['s', 'a'] },
      { kind: 'drop-column', column: ['s', 'b'] },
    ]);
    await made.append({ sql: "select 3 as id, {'c': timestamptz '2026-01-01 00:00:00Z'} as s" });
    const sorted = async () => {
      const { sql } = await made.relation();
      const shown = `SELECT id, s IS NULL, epoch(s.c) FROM (${sql}) ORDER BY id`;
      return (await withScratchSession((session) => session.query(shown))).rows;
    };
    const expected = [
      [1, false, null],
      [2, true, null],
      [3, false, 1767225600],
    ];
    expect(await sorted()).toEqual(expected);
    await made.update({ set: { id: 'id + 10' }, where: 's is null or s.c is null' });
    expect(await sorted()).toEqual([expected[2], [11, false, null], [12, true, null]]);
    await made.optimize();
    expect(await sorted()).toEqual([expected[2], [11, false, null], [12, true, null]]);
  });
});

describe('columns that are read', () => {
  it('are those named, in that order, as the table spells them; the condition may be about others', async () => {
    const where = 'id = 13';
    expect(await table.toRows({ where, columns: ['NAME', 'day'] })).toMatchObject([{ Name: 'n3' }]);
    const relation = await table.relation({ columns: ['NAME', 'day'] });
    expect(relation.columns.map(({ name }) => name)).toEqual(['Name', 'day']);
    expect(relation.files).toHaveLength(4);
    const arrow = await table.toArrow({ columns: ['day'], limit: 3 });
    expect([arrow.numCols, arrow.numRows]).toEqual([1, 3]);
    expect(await ids({ where: 'id < 15', limit: 2 })).toHaveLength(2);
  });

  it.each([[['nope']], [['id', 'ID']], [[]]])('refuses %j', async (columns) => {
    await expect(table.toRows({ columns })).rejects.toMatchObject({ code: 'tables.bad-option' });
  });

  it('says which files the whole table is', async () => {
    expect((await table.relation()).files).toEqual(table.files());
  });
});
