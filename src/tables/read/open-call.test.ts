import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, type Session } from '../../duckdb/index.ts';
import { deleteRows } from '../dml/delete-rows.ts';
import { append, createTable, TableHandle, writeDelta } from '../index.ts';
import type { Progress } from '../transact.ts';
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
    ['a CTE', 'WITH c AS (SELECT * FROM $t) SELECT count(*) FROM c WHERE c.id = 777', 1, [1n]],
    [
      'a subquery with names of its own',
      'SELECT count(*) FROM (SELECT id AS k, id % 7 AS id FROM $t) q WHERE q.k BETWEEN 90 AND 110 AND id < 7',
      2,
      [21n],
    ],
    [
      'a CTE of a CTE in a join',
      "WITH c AS (FROM $t), d AS (SELECT id, region FROM c) SELECT count(*) FROM d JOIN range(1200) r ON d.id = r.range WHERE d.region = 'r1' AND r.range > 5",
      4,
      [400n],
    ],
    [
      'a CTE that is read twice',
      'WITH c AS (FROM $t) SELECT count(*) FROM c WHERE id < 5 + (SELECT min(id) FROM c)',
      12,
      [5n],
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

  it('gives the rows that it gives from all files, whatever stands around the call', async () => {
    const call = `delta_scan('${table}')`;
    const inner = [
      `SELECT * FROM ${call}`,
      `SELECT id, region FROM ${call} t WHERE t.id > 30`,
      `SELECT 1199 - id AS id, region FROM ${call}`,
      `SELECT id AS k, 1199 - id AS id, region FROM ${call}`,
      `SELECT *, 1199 - id AS k FROM ${call}`,
      `SELECT id, region FROM ${call} ORDER BY id DESC LIMIT 50`,
      `SELECT DISTINCT ON (region) id, region FROM ${call} ORDER BY region, id DESC`,
      `SELECT max(id) AS id, region FROM ${call} GROUP BY region`,
      `SELECT id, region, row_number() OVER (ORDER BY id DESC) AS k FROM ${call}`,
      `SELECT * REPLACE (1199 - id AS id) FROM ${call}`,
      `SELECT a.id, b.region FROM ${call} a LEFT JOIN (SELECT * FROM ${call}) b ON a.id = b.id AND b.id < 40`,
      `SELECT id, region FROM ${call} UNION ALL SELECT 1199 - id, region FROM ${call}`,
    ];
    const around = [
      'SELECT count(*), sum(q.id) FROM ($i) AS q WHERE $c',
      'WITH q AS ($i) SELECT count(*), sum(q.id) FROM q WHERE $c',
      'WITH p AS ($i), q AS (SELECT * FROM p) SELECT count(*), sum(q.id) FROM q WHERE $c',
      'WITH q AS ($i) SELECT count(*), sum(q.id) FROM q JOIN range(600) r ON q.id = r.range AND $c',
      'WITH q AS ($i) SELECT count(*), sum(q.id) FROM range(600) r LEFT JOIN q ON q.id = r.range AND $c',
      'SELECT count(*), sum(r.range) FROM range(600) r WHERE EXISTS (FROM ($i) AS q WHERE q.id = r.range AND $c)',
      'SELECT count(*), sum(r.range) FROM range(600) r WHERE r.range NOT IN (SELECT q.id FROM ($i) AS q WHERE $c)',
    ];
    const conditions = ['q.id < 45', "q.region = 'r1' AND q.id >= 1100"];
    const queries = inner.flatMap((i) => around.map((a) => a.replace('$i', () => i)));
    for (const [index, query] of queries.entries()) {
      // Every shape meets both of them.
      const sql = query.replace('$c', conditions[(index + Math.floor(index / around.length)) % 2] ?? '');
      const whole = await rewriteDeltaScans(sql, async (one) =>
        (await openDeltaCall(one)).relation(undefined),
      );
      expect([sql, (await run(sql)).row]).toEqual([sql, (await session.query(whole)).rows[0]]);
    }
  });

  describe('with times that move', () => {
    let days: string;
    beforeAll(async () => {
      days = path.join(folder, 'days');
      for (let i = 0; i < 10; i += 1) {
        const sql = `SELECT ${i}::BIGINT AS ago, current_date - ${i} AS day, strftime(current_date - ${i}, '%Y-%m-%d') AS name, CAST(now() AS TIMESTAMP) - INTERVAL ${i} DAY AS clock, now() - INTERVAL ${i} DAY AS moment`;
        await writeDelta(days, { sql }, { mode: 'append' });
      }
    });

    it.each([
      ['day >= current_date - 2', 3, 5],
      ['day > current_date() - 3', 3, 5],
      ["day >= current_date - INTERVAL '2 days'", 3, 5],
      ['current_date - 2 <= day', 3, 5],
      ['NOT (day < current_date - 2)', 3, 5],
      ['day > CAST(now() AS DATE) - 3', 3, 5],
      ["day >= date_trunc('day', now() - INTERVAL 2 DAY)::DATE", 3, 5],
      ["name >= strftime(today() - 2, '%Y-%m-%d')", 3, 5],
      ["clock >= CAST(now() AS TIMESTAMP) - INTERVAL '60 hours'", 3, 5],
      ["moment >= now() - INTERVAL '60 hours'", 3, 5],
      ['moment >= current_date - 2', 3, 5],
      // Where a later clock lets more rows in, one day's more of them is looked into, and all of them for later.
      ['day < current_date - 7', 3, 10],
      ['day = current_date - 5', 2, 8],
      ['day BETWEEN current_date - 4 AND current_date - 3', 3, 7],
      ['day >= current_date - ago::INTEGER', 10, 10],
      ['day IN (current_date, current_date - 1)', 10, 10],
    ])('%s opens only files that can match, here and now or anywhere later', async (where, now, later) => {
      const sql = `SELECT count(*) FROM delta_scan('${days}') WHERE ${where}`;
      const { rows } = await session.query(
        await rewriteDeltaScans(sql, async (call) => (await openDeltaCall(call)).relation(undefined)),
      );
      expect(await run(sql)).toEqual({ opened: now, row: rows[0] });
      const elsewhere = await rewriteDeltaScans(sql, (call) => openDeltaCall(call));
      expect(elsewhere.match(/\.parquet'/g) ?? []).toHaveLength(later);
    });

    it('delete without reading what is surely older', async () => {
      const old = path.join(folder, 'old');
      const sql = 'SELECT range AS id, current_date - range::INTEGER AS day FROM range(10)';
      await writeDelta(old, { sql }, { partitionBy: ['day'] });
      const handle = await TableHandle.open(old);
      const looked: string[] = [];
      const onProgress = ({ phase, total }: Progress): void => void looked.push(`${phase} ${total}`);
      const { metrics } = await deleteRows(
        handle,
        undefined,
        { where: 'day < current_date - 7' },
        { onProgress },
      );
      expect(metrics.numDeletedRows).toBe(2);
      // The day that would be old enough tomorrow.
      expect(new Set(looked)).toEqual(new Set(['looking for rows 1']));
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
