import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, type Session } from '../../duckdb/index.ts';
import { createTable } from '../alter/create-table.ts';
import { openDeltaRelation } from '../read/scan.ts';
import { TableHandle } from '../table-handle.ts';
import { writeQueryToDelta } from '../write/write-query.ts';
import { deleteRows } from './delete-rows.ts';
import { mergeRows } from './merge-rows.ts';
import { updateRows } from './update-rows.ts';

let folder: string;
let database: Database;
let next = 0;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-concurrent-'));
  database = await Database.open();
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function made(properties: Record<string, string>): Promise<string> {
  const uri = path.join(folder, `t${next++}`);
  await createTable(uri, { schema: 'id INT, v INT', properties });
  await using session = await database.session();
  await writeQueryToDelta(session, 'SELECT i::INT AS id, 0 AS v FROM range(8) t(i)', uri, { mode: 'append' });
  return uri;
}

/** Each piece of work with a handle and a session of its own, all begun on the same version. */
async function together(
  uri: string,
  work: readonly ((handle: TableHandle, session: Session) => Promise<unknown>)[],
): Promise<void> {
  const handles = await Promise.all(work.map(() => TableHandle.open(uri)));
  await Promise.all(
    work.map(async (one, index) => {
      await using session = await database.session();
      await one(handles[index] as TableHandle, session);
    }),
  );
}

async function rowsOf(uri: string): Promise<unknown[]> {
  await using session = await database.session();
  const { sql } = await openDeltaRelation(uri);
  return (await session.query(`SELECT id, v FROM (${sql}) ORDER BY id`)).rows.map((row) => [...row]);
}

describe.each([
  ['copies', {}],
  ['deletion vectors', { 'delta.enableDeletionVectors': 'true' }],
])('changes at once, in a table with %s', (_, properties: Record<string, string>) => {
  it('to the same row are all in the end', { timeout: 240_000 }, async () => {
    const uri = await made(properties);
    const add = (handle: TableHandle, session: Session): Promise<unknown> =>
      updateRows(handle, session, { set: { v: 'v + 1' }, where: 'id = 3' });
    await together(uri, [add, add, add, add, add]);
    expect((await rowsOf(uri))[3]).toEqual([3, 5]);
  });

  it('to different rows, and merges of the same new row, lose and double nothing', {
    timeout: 60_000,
  }, async () => {
    const uri = await made(properties);
    const upsert = (handle: TableHandle, session: Session): Promise<unknown> =>
      mergeRows(handle, session, {
        source: 'SELECT 100 AS id, 1 AS v',
        on: 'target.id = source.id',
        clauses: [
          { kind: 'matched-update', set: { v: 'target.v + source.v' } },
          { kind: 'not-matched-insert', values: 'all' },
        ],
      });
    await together(uri, [
      upsert,
      upsert,
      (handle, session) => updateRows(handle, session, { set: { v: '7' }, where: 'id = 1' }),
      (handle, session) => updateRows(handle, session, { set: { v: '8' }, where: 'id = 2' }),
      (handle, session) => deleteRows(handle, session, { where: 'id = 5' }),
    ]);
    expect(await rowsOf(uri)).toEqual([
      [0, 0],
      [1, 7],
      [2, 8],
      [3, 0],
      [4, 0],
      [6, 0],
      [7, 0],
      [100, 2],
    ]);
  });
});
