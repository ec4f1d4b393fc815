import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, type Session } from '../../duckdb/index.ts';
import { deleteRows } from '../dml/delete-rows.ts';
import { append, createTable, TableHandle, writeDelta } from '../index.ts';
import { openDeltaCall } from './open-call.ts';
import { rewriteDeltaScans } from './rewrite-scans.ts';

let database: Database;
let session: Session;
let folder: string;
let table: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-calls-'));
  database = await Database.open();
  session = await database.session();
  table = path.join(folder, 'orders');
  for (let i = 0; i < 12; i += 1) {
    const sql = `SELECT ${i} * 100 + range AS id, 'r' || ${i % 3} AS region, TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL ${i} DAY AS at_ FROM range(100)`;
    await writeDelta(table, { sql }, { mode: 'append', partitionBy: ['region'] });
  }
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The data files that the query would open, and its first row. */
async function run(sql: string): Promise<{ opened: number; row: readonly unknown[] | undefined }> {
  const rewritten = await rewriteDeltaScans(sql, (call) => openDeltaCall(call), session);
  const { rows } = await session.query(rewritten);
  return { opened: rewritten.match(/\.parquet'/g)?.length ?? 0, row: rows[0] };
}

describe('a query on delta_scan', () => {
  it.each([
    ['one key', 'SELECT count(*) FROM $t WHERE id = 777', 1, [1n]],
    ['a key that nobody has', 'SELECT count(*) FROM $t WHERE id = 5000', 0, [0n]],
    ['keys of two files', 'SELECT count(*) FROM $t AS o WHERE o.id IN (5, 205, 9999)', 2, [2n]],
    ['a partition', "SELECT count(*) FROM $t WHERE region = 'r1'", 4, [400n]],
    [
      'a partition and a range',
      "SELECT count(*) FROM $t WHERE region LIKE 'r1%' AND id BETWEEN 350 AND 480",
      1,
      [81n],
    ],
    ['a local time', "SELECT count(*) FROM $t WHERE at_ >= '2024-01-12'", 1, [100n]],
    [
      'a join on the same key',
      'SELECT count(*) FROM $t a JOIN $t b ON a.id = b.id AND b.id = 3 WHERE a.id < 100',
      2,
      [1n],
    ],
    ['everything', 'SELECT count(*) FROM $t', 12, [1200n]],
    ['what can not be told', 'SELECT count(*) FROM $t WHERE id % 100 = 7', 12, [12n]],
    ['an earlier version', 'SELECT count(*) FROM delta_scan($u, version => 3) WHERE id > 150', 3, [249n]],
  ])('for %s opens only files that can hold it', async (_, sql, opened, row) => {
    const uri = `'${table}'`;
    expect(await run(sql.replaceAll('$t', `delta_scan(${uri})`).replaceAll('$u', uri))).toEqual({
      opened,
      row,
    });
  });

  it('takes the version of a time', async () => {
    const { timestampMs } = (await TableHandle.open(table, { version: 4 })).snapshot;
    const sql = `SELECT count(*) FROM delta_scan('${table}', timestamp => '${new Date(timestampMs).toISOString()}')`;
    expect((await run(sql)).row).toEqual([500n]);
  });

  it('says that a table without columns has none', async () => {
    const bare = path.join(folder, 'bare');
    mkdirSync(path.join(bare, '_delta_log'), { recursive: true });
    const schemaString = '{"type":"struct","fields":[]}';
    const actions = [
      { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
      { metaData: { id: 'bare', format: { provider: 'parquet' }, schemaString, partitionColumns: [] } },
    ];
    const commit = path.join(bare, '_delta_log', '00000000000000000000.json');
    writeFileSync(commit, actions.map((action) => JSON.stringify(action)).join('\n'));
    await expect(run(`SELECT * FROM delta_scan('${bare}')`)).rejects.toMatchObject({
      code: 'tables.no-columns',
    });
  });

  it('names the data file that is damaged', async () => {
    const broken = path.join(folder, 'broken');
    await writeDelta(broken, { sql: "SELECT range AS id, repeat('x', 100) || range AS s FROM range(2000)" });
    const opened = await openDeltaCall({ kind: 'scan', uri: broken });
    const [file] = (await TableHandle.open(broken)).snapshot.files.keys();
    const local = path.join(broken, file ?? '');
    const bytes = readFileSync(local);
    const query = `SELECT max(s), max(id) FROM (${await opened.relation(undefined)})`;
    const spoil: (() => void)[] = [
      () => writeFileSync(local, bytes.subarray(0, 500)),
      () =>
        writeFileSync(
          local,
          Buffer.concat([bytes.subarray(0, 40), Buffer.alloc(400, 255), bytes.subarray(440)]),
        ),
      () => rmSync(local),
    ];
    for (const change of spoil) {
      change();
      const error: unknown = await session.query(query).catch((cause: unknown) => cause);
      expect(await opened.explain(error)).toMatchObject({
        code: 'tables.damaged-file',
        message: expect.stringContaining(file ?? ''),
      });
      writeFileSync(local, bytes);
    }
  });
});

describe('a query on table_changes', () => {
  it('gives the changes of the range, from files that can hold what is asked for', async () => {
    const uri = path.join(folder, 'fed');
    const { handle } = await createTable(uri, {
      schema: 'id BIGINT',
      properties: { 'delta.enableChangeDataFeed': 'true' },
    });
    for (let i = 0; i < 5; i += 1)
      await append(handle, { sql: `SELECT ${i} * 10 + range AS id FROM range(10)` });
    await deleteRows(handle, session, { where: 'id = 3' });
    expect(await run(`SELECT count(*) FROM table_changes('${uri}', 1, 3)`)).toEqual({
      opened: 3,
      row: [30n],
    });
    expect(
      await run(`SELECT _change_type, _commit_version FROM table_changes('${uri}', 2) WHERE id = 3`),
    ).toEqual({ opened: 1, row: ['delete', 6n] });
    expect((await run(`SELECT count(*) FROM table_changes('${uri}', 0) WHERE id = 25`)).opened).toBeLessThan(
      3,
    );
  });
});
