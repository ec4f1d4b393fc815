import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AddFile, RowSet } from '../../delta/index.ts';
import { Database, type Session } from '../../duckdb/index.ts';
import { deleteRows } from '../dml/delete-rows.ts';
import { updateRows } from '../dml/update-rows.ts';
import {
  append,
  createTable,
  openDeltaRelation,
  readChanges,
  TableHandle,
  transact,
  writeDelta,
} from '../index.ts';

let database: Database;
let session: Session;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-feed-'));
  database = await Database.open();
  session = await database.session();
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const feed = { 'delta.enableChangeDataFeed': 'true' };
const vectors = { 'delta.enableDeletionVectors': 'true' };
const mapped = (mode: 'name' | 'id'): Record<string, string> => ({ 'delta.columnMapping.mode': mode });

async function newTable(
  name: string,
  properties: Readonly<Record<string, string>>,
  partitionBy: readonly string[] = [],
): Promise<TableHandle> {
  const schema = 'id BIGINT, "the name" STRING, region STRING, inside STRUCT<x: INT>';
  const { handle } = await createTable(path.join(folder, name), { schema, partitionBy, properties });
  return handle;
}

const rows = (from: number, to: number): { sql: string } => ({
  sql: `SELECT i AS id, 'n' || i AS "the name", CASE WHEN i % 3 = 0 THEN NULL ELSE 'r/' || i % 3 END AS region, {'x': i::INTEGER} AS inside FROM range(${from}, ${to}) AS t(i)`,
});

/** Deletes rows of the table's first file by position, as a program that keeps no change files does. */
async function deletePositions(handle: TableHandle, positions: readonly number[]): Promise<void> {
  await transact(
    handle,
    {},
    async (snapshot) => {
      const file = [...snapshot.files.values()][0] as AddFile;
      return {
        kind: 'commit',
        draft: {
          actions: [],
          rowChanges: [{ file, deleted: RowSet.of(positions) }],
          operation: { name: 'DELETE', parameters: {} },
          read: 'whole-table',
          feedFromFiles: true,
          result: () => undefined,
          discard: async () => undefined,
        },
      };
    },
    () => undefined,
  );
}

/** What came and went in each version is the difference to the version before. */
async function expectReplays(handle: TableHandle): Promise<void> {
  const columns = 'id, "the name", region, inside';
  const last = (await handle.refresh()).version;
  for (let version = 1; version <= last; version += 1) {
    const [before, after] = [
      await openDeltaRelation(handle.uri, { version: version - 1 }),
      await openDeltaRelation(handle.uri, { version }),
    ];
    const changes = await readChanges(handle, { fromVersion: version, toVersion: version });
    await session.run(`CREATE OR REPLACE TEMP TABLE changes AS ${changes.sql}`);
    const came = `SELECT ${columns} FROM changes WHERE _change_type IN ('insert', 'update_postimage')`;
    const went = `SELECT ${columns} FROM changes WHERE _change_type IN ('delete', 'update_preimage')`;
    const replayed = `((${before.sql}) UNION ALL (${came}))`;
    const expected = `((${after.sql}) UNION ALL (${went}))`;
    const differs = await session.query(
      `(${replayed} EXCEPT ALL ${expected}) UNION ALL (${expected} EXCEPT ALL ${replayed})`,
    );
    expect({ version, differs: differs.rows }).toEqual({ version, differs: [] });
  }
}

const counts = async (sql: string): Promise<unknown[]> => {
  const { rows: found } = await session.query(
    `SELECT _commit_version, _change_type, count(*) FROM (${sql}) GROUP BY ALL ORDER BY ALL`,
  );
  return found.map(([version, type, count]) => [Number(version), type, Number(count)]);
};

describe('readChanges', () => {
  it.each([
    ['copies files', { ...feed }, []],
    ['keeps deletion vectors', { ...feed, ...vectors }, []],
    ['is partitioned', { ...feed, ...vectors }, ['region']],
    ['has columns mapped by name', { ...feed, ...mapped('name') }, ['region']],
    ['has columns mapped by id', { ...feed, ...vectors, ...mapped('id') }, ['region']],
    ['keeps commit times', { ...feed, 'delta.enableInCommitTimestamps': 'true' }, []],
  ])('tells what each version changed in a table that %s', async (name, properties, partitionBy) => {
    const handle = await newTable(name, properties, partitionBy);
    await append(handle, rows(0, 20));
    await append(handle, rows(20, 25));
    await deleteRows(handle, session, { where: 'id IN (3, 4, 21)' });
    await updateRows(handle, session, { set: { '"the name"': "'new'" }, where: 'id BETWEEN 5 AND 8' });
    await writeDelta(handle.uri, rows(100, 103), { mode: 'overwrite' });
    await expectReplays(handle);
    const changes = await readChanges(handle);
    expect(await counts(changes.sql)).toEqual([
      [1, 'insert', 20],
      [2, 'insert', 5],
      [3, 'delete', 3],
      [4, 'update_postimage', 4],
      [4, 'update_preimage', 4],
      [5, 'delete', 22],
      [5, 'insert', 3],
    ]);
    expect((await session.describe(changes.sql)).map((column) => column.name)).toEqual([
      ...['id', 'the name', 'region', 'inside', '_change_type', '_commit_version', '_commit_timestamp'],
    ]);
  });

  it('derives rows that went from the difference of two deletion vectors', async () => {
    const handle = await newTable('derived', { ...feed, ...vectors });
    await append(handle, rows(0, 5000));
    await deletePositions(handle, [0, 7, 4999]);
    await deletePositions(
      handle,
      Array.from({ length: 1000 }, (_, i) => 1000 + i * 2),
    );
    await expectReplays(handle);
    const { sql } = await readChanges(handle, { fromVersion: 2 });
    expect(await counts(sql)).toEqual([
      [2, 'delete', 3],
      [3, 'delete', 1000],
    ]);
    expect(
      await session.value(`SELECT list(id ORDER BY id) FROM (${sql}) WHERE _commit_version = 2`),
    ).toEqual([0n, 7n, 4999n]);
  });

  it('stays one plan of bounded size over many versions, and finds a version in it', async () => {
    const handle = await newTable('many', feed, ['region']);
    for (let i = 0; i < 90; i += 1) await append(handle, rows(i * 3, i * 3 + 3));
    const { sql } = await readChanges(handle);
    expect(sql.split('UNION ALL').length).toBeLessThan(70);
    expect(await counts(`SELECT * FROM (${sql}) WHERE _commit_version = 42`)).toEqual([[42, 'insert', 3]]);
    expect((await counts(sql)).length).toBe(90);
  });

  it('takes times as well as versions', async () => {
    const handle = await newTable('times', { ...feed, 'delta.enableInCommitTimestamps': 'true' });
    const clock = (nowMs: number) => ({ nowMs: () => nowMs, sleep: async () => undefined });
    const start = handle.snapshot.timestampMs;
    for (const [i, at] of [start + 1000, start + 2000, start + 3000].entries())
      await append(handle, rows(i, i + 1), { clock: clock(at) });
    const versions = async (range: Parameters<typeof readChanges>[1]): Promise<unknown> =>
      session.value(
        `SELECT list(_commit_version ORDER BY ALL) FROM (${(await readChanges(handle, range)).sql})`,
      );
    expect(await versions({ fromTimestamp: start + 2000 })).toEqual([2n, 3n]);
    expect(await versions({ fromTimestamp: new Date(start + 1001), toTimestamp: start + 2999 })).toEqual([
      2n,
    ]);
    expect(
      await versions({ fromTimestamp: start - 5000, toTimestamp: new Date(start + 1000).toISOString() }),
    ).toEqual([1n]);
    const { sql } = await readChanges(handle, { fromVersion: 2, toVersion: 2 });
    expect(await session.value(`SELECT epoch_ms(_commit_timestamp) FROM (${sql})`)).toBe(
      BigInt(start + 2000),
    );
    await expect(readChanges(handle, { fromTimestamp: start + 3001 })).rejects.toMatchObject({
      code: 'tables.bad-change-range',
    });
  });

  it('refuses versions without a feed, and ranges that are none', async () => {
    const table = path.join(folder, 'late');
    await writeDelta(table, { sql: 'SELECT 1 AS a' });
    const handle = await TableHandle.open(table);
    await expect(readChanges(handle)).rejects.toMatchObject({ code: 'tables.no-change-feed' });
    const fed = await newTable('ranges', feed);
    await append(fed, rows(0, 1));
    await expect(readChanges(fed, { fromVersion: 1, toVersion: 0 })).rejects.toMatchObject({
      code: 'tables.bad-change-range',
    });
    await expect(readChanges(fed, { fromVersion: 1, toVersion: 9 })).rejects.toMatchObject({
      code: 'delta.no-such-version',
    });
    await expect(readChanges(fed, { fromVersion: 0, fromTimestamp: 1 })).rejects.toMatchObject({
      code: 'tables.bad-change-range',
    });
    await expect(readChanges(fed, { fromTimestamp: 'yesterday' })).rejects.toMatchObject({
      code: 'tables.bad-change-range',
    });
  });
});
