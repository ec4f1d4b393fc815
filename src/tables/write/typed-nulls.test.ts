/** Nulls without a type, wherever a value is given to a column. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeltaTable } from '../delta-table.ts';

let folder: string;
let table: DeltaTable;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'boathouse-nulls-'));
  table = await DeltaTable.create(path.join(folder, 't'), {
    schema: 'id INT, day DATE, days ARRAY<DATE>, at STRUCT<x: BIGINT, day: DATE>',
  });
  await table.append({
    sql: "SELECT 1 AS id, DATE '2024-01-01' AS day, [DATE '2024-01-01'] AS days, {x: 5::BIGINT, day: DATE '2024-01-01'} AS at",
  });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function rows(): Promise<string[]> {
  const found = await table.toRows();
  return found
    .map(({ id, day, days, at }) =>
      [id, day, Array.isArray(days) ? `[${days.join()}]` : days, at === null ? null : 'struct'].join('|'),
    )
    .sort();
}

describe('a null without a type', () => {
  it.each([
    ['a date', { day: 'NULL' }, '1||[2024-01-01]|struct'],
    ['a date, by CASE', { day: 'CASE WHEN id = 1 THEN NULL END' }, '1||[2024-01-01]|struct'],
    ['a list', { days: 'NULL' }, '1|2024-01-01||struct'],
    ['a list without elements', { days: '[]' }, '1|2024-01-01|[]|struct'],
    ['a list of one', { days: '[NULL]' }, '1|2024-01-01|[]|struct'],
    ['a struct', { at: 'NULL' }, '1|2024-01-01|[2024-01-01]|'],
    ['a member', { at: '{x: 7, day: NULL}' }, '1|2024-01-01|[2024-01-01]|struct'],
  ])('is given to %s by UPDATE', async (_, set, wanted) => {
    await table.update({ set });
    expect(await rows()).toEqual([wanted]);
  });

  it('is given by what MERGE sets and by its source', async () => {
    await table
      .merge({
        source: { sql: 'SELECT i AS id, NULL AS day, [] AS days, NULL AS at FROM range(1, 3) t(i)' },
        on: 'source.id = target.id',
      })
      .whenMatchedUpdate({ set: { day: 'NULL' } })
      .whenNotMatchedInsertAll()
      .execute();
    expect(await rows()).toEqual(['1||[2024-01-01]|struct', '2||[]|']);
  });

  it('is appended, also where other rows of the query have values', async () => {
    await table.append({ sql: 'SELECT 2 AS id, NULL AS day, [] AS days, NULL AS at;' });
    await table.append({
      sql: 'SELECT 3 AS id, NULL AS day, [NULL] AS days, {x: 1, day: NULL} AS at -- the last',
    });
    expect((await rows()).slice(1)).toEqual(['2||[]|', '3||[]|struct']);
  });

  it.each([
    [{ day: '1 /* no null */' }, /'day' .* date, .* INTEGER/],
    [{ days: '[1, NULL]' }, /'days' .* INTEGER\[\]/],
  ])('is told from the number in %j', async (set, problem) => {
    await expect(table.update({ set })).rejects.toMatchObject({
      code: 'tables.assignment-type',
      message: expect.stringMatching(problem),
    });
  });
});
