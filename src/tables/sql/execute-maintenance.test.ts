import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StructValue } from '../../duckdb/index.ts';
import { openDeltaCall } from '../read/open-call.ts';
import { rewriteDeltaScans } from '../read/rewrite-scans.ts';
import { openDeltaRelation } from '../read/scan.ts';
import { withScratchSession } from '../scratch.ts';
import { writeDelta } from '../write/write-delta.ts';
import { executeStatement } from './execute-statement.ts';
import { parseStatement } from './parse-statement.ts';
import type { StatementContext, StatementResult } from './statement-context.ts';
import { rewriteTimeTravel } from './time-travel.ts';

let folder: string;
let table: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'boathouse-sql-'));
  table = path.join(folder, 'orders');
  for (const i of [0, 1, 2]) await writeDelta(table, { sql: `SELECT ${i} AS id` }, { mode: 'append' });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(sql: string): Promise<StatementResult> {
  return withScratchSession(async (session) => {
    const place = (name: string): string => path.resolve(folder, name);
    const context: StatementContext = {
      session,
      locate: async (ref) => place(ref.kind === 'path' ? ref.uri : (ref.parts.at(-1) ?? '')),
      placeNew: async (ref, location) =>
        place(location ?? (ref.kind === 'path' ? ref.uri : (ref.parts.at(-1) ?? ''))),
      resolve: async (text) =>
        rewriteDeltaScans(
          await rewriteTimeTravel(text, async (parts) => place(parts.join('/'))),
          openDeltaCall,
          session,
        ),
      options: {},
    };
    const statement = parseStatement(sql);
    if (statement === undefined) throw new Error(`${sql} is none of ours`);
    return executeStatement(statement, context);
  });
}

async function ids(name = 'orders'): Promise<number[]> {
  const { sql } = await openDeltaRelation(path.join(folder, name));
  return withScratchSession(async (session) =>
    (await session.query(`SELECT id FROM (${sql}) ORDER BY id`)).rows.map(([id]) => Number(id)),
  );
}

function byName({ columns, rows }: StatementResult): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name }, i) => [name, rows[0]?.[i]]));
}

describe('statements that look after files', () => {
  it('OPTIMIZE gives the path and metrics, by Spark’s names', async () => {
    const result = await run('optimize orders');
    expect(result).toMatchObject({ changed: true, version: 3 });
    expect(result.columns.map(({ name }) => name)).toEqual(['path', 'metrics']);
    const { path: place, metrics } = byName(result);
    expect(place).toBe(result.uri);
    expect(metrics).toBeInstanceOf(StructValue);
    const struct = metrics as StructValue;
    expect([struct.get('numFilesAdded'), struct.get('numFilesRemoved')]).toEqual([1n, 3n]);
    expect((struct.get('filesRemoved') as StructValue).get('totalFiles')).toBe(3n);
    expect(await ids()).toEqual([0, 1, 2]);
    expect(await run('optimize orders')).toMatchObject({ changed: false, version: 3 });
  });

  it('OPTIMIZE … ZORDER BY writes every file again, whatever its size', async () => {
    await run('optimize orders');
    const result = await run("optimize delta.'orders' where id >= 0 zorder by (id)");
    expect(result).toMatchObject({ changed: true, version: 4 });
  });

  it('REORG … APPLY (PURGE) leaves a table alone that has nothing to purge', async () => {
    expect(await run('reorg table orders apply (purge)')).toMatchObject({
      statement: 'purge',
      changed: false,
    });
  });

  it('VACUUM gives the path, and with DRY RUN the files', async () => {
    await run('optimize orders');
    await run(
      "alter table orders set tblproperties ('delta.deletedFileRetentionDuration' = 'interval 0 hours')",
    );
    const dry = await run('vacuum orders dry run');
    expect(dry).toMatchObject({ changed: false });
    expect(dry.rows).toHaveLength(3);
    expect(String(dry.rows[0]?.[0])).toMatch(/^file:\/\/.*\/orders\/.*\.parquet$/);
    const done = await run('vacuum orders full retain 0 hours');
    expect(done.rows).toEqual([[done.uri]]);
    expect(done.changed).toBe(true);
    await expect(run('restore table orders to version as of 1')).rejects.toMatchObject({
      code: 'tables.files-are-gone',
    });
    expect(await ids()).toEqual([0, 1, 2]);
  });

  it('RESTORE gives Spark’s six counts', async () => {
    const result = await run('restore table orders to version as of 0');
    expect(byName(result)).toEqual({
      table_size_after_restore: expect.any(BigInt),
      num_of_files_after_restore: 1n,
      num_removed_files: 2n,
      num_restored_files: 0n,
      removed_files_size: expect.any(BigInt),
      restored_files_size: 0n,
    });
    expect(result).toMatchObject({ changed: true, version: 3 });
    expect(await ids()).toEqual([0]);
  });
});

describe('statements that make tables of files that are there', () => {
  it('CREATE TABLE … SHALLOW CLONE makes a table of an older version', async () => {
    const result = await run("create table copy shallow clone orders version as of 1 location 'copy'");
    expect(byName(result)).toMatchObject({ source_num_of_files: 2n, num_copied_files: 0n });
    expect(await ids('copy')).toEqual([0, 1]);
    const again = await run('create table if not exists copy shallow clone orders');
    expect(again).toMatchObject({ changed: false });
    await run('create or replace table copy shallow clone orders');
    expect(await ids('copy')).toEqual([0, 1, 2]);
  });

  it('CONVERT TO DELTA makes a table of a folder', async () => {
    await withScratchSession((session) =>
      session.run(
        `COPY (SELECT 7 AS id, 'x' AS region) TO '${folder}/raw' (FORMAT parquet, PARTITION_BY region)`,
      ),
    );
    const result = await run("convert to delta parquet.'raw' partitioned by (region string)");
    expect(byName(result)).toMatchObject({ num_converted_files: 1n, num_rows: 1n });
    expect(existsSync(path.join(folder, 'raw/_delta_log'))).toBe(true);
    expect(await ids('raw')).toEqual([7]);
    expect(await run("convert to delta parquet.'raw'")).toMatchObject({ changed: false });
  });
});

describe('statements that read the table they change', () => {
  it.each([
    [
      'a MERGE',
      'merge into orders t using (select o.id + 1 as id from orders o) s on t.id = s.id when not matched then insert *',
      [0, 1, 2, 3],
    ],
    [
      'a MERGE by name',
      'merge into orders using orders as s on s.id = orders.id + 1 when matched then delete',
      [2],
    ],
    ['an INSERT', 'insert into orders select id + 10 from orders', [0, 1, 2, 10, 11, 12]],
    [
      'an overwrite',
      "insert overwrite delta.'orders' select id * 2 from delta.'orders' where id > 0",
      [2, 4],
    ],
    ['CREATE OR REPLACE', 'create or replace table orders as select max(orders.id) as id from orders', [2]],
    [
      'a CTE of the table’s name',
      'merge into orders t using (with orders as (select 9 as id) select * from orders) s on t.id = s.id when not matched then insert *',
      [0, 1, 2, 9],
    ],
    ['a version of the past', 'insert into orders select id + 20 from orders version as of 0', [0, 1, 2, 20]],
  ] as const)('%s sees it as it is before', async (_, sql, expected) => {
    // The engine has no relation of that name: only what stands for the table's state can be read.
    await run(sql);
    expect(await ids()).toEqual(expected);
  });
});
