/** Statements and verbs on Delta tables: by their places alone, and in a catalog that a build has published. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  build,
  changeTable,
  checkpointTable,
  exportQuery,
  maintain,
  query,
  showTable,
  tableChanges,
  tableFiles,
  vacuumTable,
} from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'boathouse-tables-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nowhere = { env: {} };
const texts = (grid: { rows: readonly (readonly { text: string | null }[])[] }): (string | null)[][] =>
  grid.rows.map((row) => row.map(({ text }) => text));

describe('a table without a catalog', () => {
  const table = join(folder, 'alone');
  const on = { ...nowhere, table };

  it('is made, changed and read by its place', async () => {
    const made = await changeTable(
      {
        kind: 'create',
        schema: 'id BIGINT, name STRING',
        properties: { 'delta.enableChangeDataFeed': 'true' },
      },
      on,
    );
    expect(made).toMatchObject({ statement: 'create', version: 0, changed: true, generation: undefined });
    const sql = `insert into delta.'${table}' select i, 'n' || i from range(4) t(i)`;
    expect((await query({ ...nowhere, sql })).outcome).toMatchObject({ statement: 'insert', version: 1 });
    await changeTable({ kind: 'update', set: { name: "name || '!'" }, where: 'id = 1' }, on);
    await changeTable({ kind: 'delete', where: 'id = 0' }, on);
    expect(texts(await query({ ...nowhere, sql: `select * from delta.'${table}' order by id` }))).toEqual([
      ['1', 'n1!'],
      ['2', 'n2'],
      ['3', 'n3'],
    ]);
    expect(
      texts(await query({ ...nowhere, sql: `select count(*) from delta.'${table}' version as of 1` })),
    ).toEqual([['4']]);
  });

  it('merges a file, by the columns that tell rows', async () => {
    const file = join(folder, 'new.csv');
    writeFileSync(file, 'id,name\n2,two\n9,nine\n');
    const when = ['matched then update set *', 'when not matched then insert *'];
    const merged = await changeTable({ kind: 'merge', source: file, on: 'id', when }, on);
    expect(texts(merged)).toEqual([['2', '1', '0', '1']]);
    const deleted = join(folder, 'gone.sql');
    writeFileSync(deleted, 'select 9 as id -- the last\n');
    const gone = await changeTable(
      { kind: 'merge', source: deleted, on: 'source.id = target.id', when: ['matched then delete'] },
      on,
    );
    expect(texts(gone)).toEqual([['1', '0', '1', '0']]);
    await expect(
      changeTable({ kind: 'merge', source: join(folder, 'no.csv'), on: 'id', when }, on),
    ).rejects.toMatchObject({ code: 'workflows.no-such-source' });
  });

  it('shows rows of now and then, and what changed', async () => {
    expect(texts(await showTable({ ...on, at: { version: 1 }, where: 'id = 1' }))).toEqual([['1', 'n1']]);
    expect((await showTable({ ...on, limit: 1 })).truncated).toBe(true);
    await expect(showTable({ ...on, where: 'nope = 1' })).rejects.toMatchObject({
      code: 'duckdb.binder',
      location: { line: 1, column: 1, text: 'nope = 1' },
    });
    const changes = await tableChanges({ ...on, from: '2', to: '3' });
    expect(texts(changes).map((row) => row.slice(0, 4))).toEqual(
      expect.arrayContaining([
        ['1', 'n1', 'update_preimage', '2'],
        ['1', 'n1!', 'update_postimage', '2'],
        ['0', 'n0', 'delete', '3'],
      ]),
    );
  });

  it('lists its files, is optimized, checkpointed, vacuumed and restored', async () => {
    const before = await tableFiles(on);
    expect(before.files.reduce((sum, file) => sum + (file.rows ?? 0), 0)).toBe(3);
    const optimized = await changeTable({ kind: 'optimize', zOrderBy: ['id'], targetSize: '1mb' }, on);
    expect(optimized).toMatchObject({ changed: true });
    expect((await checkpointTable(on)).path).toMatch(/^_delta_log\/.*checkpoint.*parquet$/);
    const dry = await vacuumTable({ ...on, retentionHours: 0, enforceRetention: false, dryRun: true });
    expect(dry.files.length).toBeGreaterThan(0);
    expect(existsSync(join(table, dry.files[0]?.path ?? ''))).toBe(true);
    await expect(vacuumTable({ ...on, retentionHours: 0 })).rejects.toMatchObject({
      code: 'tables.retention-too-short',
    });
    const restored = await changeTable({ kind: 'restore', to: { version: 1 } }, on);
    expect(restored).toMatchObject({ changed: true });
    expect(texts(await query({ ...nowhere, sql: `select count(*) from delta_scan('${table}')` }))).toEqual([
      ['4'],
    ]);
  });

  it('is altered in the words of ALTER TABLE, and cloned', async () => {
    await changeTable({ kind: 'alter', change: 'add column note string' }, on);
    await changeTable({ kind: 'clone', target: join(folder, 'copy'), at: {} }, on);
    expect(
      (await showTable({ ...nowhere, table: join(folder, 'copy') })).columns.map(({ name }) => name),
    ).toEqual(['id', 'name', 'note']);
  });

  it.each([
    ['every row by mistake', () => changeTable({ kind: 'delete' }, on), 'workflows.needs-condition'],
    [
      'a size that is none',
      () => changeTable({ kind: 'optimize', targetSize: 'big' }, on),
      'workflows.bad-size',
    ],
    [
      'a name without a place',
      () => query({ ...nowhere, sql: 'create table orders (id int)' }),
      'workflows.needs-place',
    ],
    [
      'a name without a catalog',
      () => query({ ...nowhere, sql: 'delete from orders' }),
      'tables.unknown-table',
    ],
    [
      'several statements',
      () => query({ ...nowhere, sql: `delete from delta.'${table}'; select 1` }),
      'workflows.several-statements',
    ],
    [
      'Parquet of what a statement gives',
      () =>
        exportQuery({
          ...nowhere,
          sql: `delete from delta.'${table}'`,
          format: 'parquet',
          output: join(folder, 'x.parquet'),
        }),
      'workflows.not-for-statements',
    ],
  ])('refuses %s, and leaves the table as it was', async (_, work, code) => {
    const { version } = await tableFiles(on);
    await expect(work()).rejects.toMatchObject({ code });
    expect((await tableFiles(on)).version).toBe(version);
  });

  it('writes what a statement gives as CSV and JSON', async () => {
    const write = async (format: 'csv' | 'json' | 'ndjson', id: number): Promise<string> => {
      let all = '';
      const sql = `delete from delta.'${table}' where id = ${id}`;
      await exportQuery({
        ...nowhere,
        sql,
        format,
        write: (piece) => {
          all += String(piece);
        },
      });
      return all;
    };
    expect(await write('csv', 1)).toBe('num_affected_rows\n1\n');
    expect(await write('json', 2)).toBe('[\n{"num_affected_rows":1}\n]\n');
    expect(await write('ndjson', 77)).toBe('{"num_affected_rows":0}\n');
  });
});

describe('the tables of a catalog', () => {
  const projectDir = join(folder, 'shop');
  const here = { projectDir, profilesDir: projectDir, env: {} };
  const ask = async (sql: string): Promise<(string | null)[][]> => texts(await query({ ...here, sql }));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(projectDir, path)), { recursive: true });
    writeFileSync(join(projectDir, path), text);
  };
  const delta = (sql: string): string =>
    `{{ config(materialized='table', file_format='delta', location_root='${projectDir}/lake') }} ${sql}`;

  beforeAll(async () => {
    put('dbt_project.yml', 'name: shop\nprofile: shop\n');
    put(
      'profiles.yml',
      'shop: {target: dev, outputs: {dev: {type: duckdb, path: shop.duckdb, schema: silver}}}\n',
    );
    put('models/orders.sql', delta("select i as id, 'n' || i as name from range(3) t(i)"));
    put('models/lines.sql', delta('select 1 as id'));
    put('models/plain.sql', "{{ config(materialized='table') }} select 1 as a");
    put('models/counts.sql', "select count(*) as n from {{ ref('orders') }}");
    expect((await build({ ...here, writeJson: false, logPath: null })).counts.error).toBe(0);
  });

  it('show what a statement did, also in views over them', async () => {
    const { outcome } = await query({ ...here, sql: "insert into orders values (10, 'ten')" });
    expect(outcome).toMatchObject({ version: 1, changed: true, generation: expect.any(Number) });
    expect(await ask('select n from counts')).toEqual([['4']]);
    expect(await ask('select * from plain')).toEqual([['1']]);
    expect(await ask('select count(*) from silver.orders version as of 0')).toEqual([['3']]);
    await query({ ...here, sql: "update {{ ref('orders') }} set name = 'ten!' where id = 10" });
    expect(await ask('select name from shop.silver.orders where id = 10')).toEqual([['ten!']]);
  });

  it('give their changes by their names', async () => {
    await query({
      ...here,
      sql: "alter table lines set tblproperties ('delta.enableChangeDataFeed' = 'true')",
    });
    await query({ ...here, sql: 'insert into lines values (7)' });
    const changes = [['insert', '7']];
    expect(await ask("select _change_type, id from table_changes('silver.lines', 2)")).toEqual(changes);
    expect(await ask("select _change_type, id from table_changes('lines', 2)")).toEqual(changes);
    await query({ ...here, sql: 'restore table lines to version as of 0' });
  });

  it('show it also when the table is named by its place, and when the catalog is', async () => {
    await query({ ...here, sql: `delete from delta.'${projectDir}/lake/orders' where id = 10` });
    expect(await ask('select n from counts')).toEqual([['3']]);
    const catalog = join(projectDir, 'shop.duckdb');
    await query({
      env: {},
      catalog,
      sql: "merge into silver.orders t using silver.orders s on t.id = s.id and t.id = 0 when matched then update set name = 'zero'",
    });
    expect(await ask('select name from orders where id = 0')).toEqual([['zero']]);
  });

  it('publish nothing when nothing was changed', async () => {
    const { outcome } = await query({ ...here, sql: 'delete from orders where id = 77' });
    expect(outcome).toMatchObject({ changed: false, generation: undefined });
    expect((await query({ ...here, sql: 'describe history orders' })).outcome?.generation).toBeUndefined();
  });

  it('take on a table that is made with a name and a place, which later runs keep', async () => {
    const place = join(projectDir, 'lake/made');
    await query({ ...here, sql: `create table silver.made (id bigint) location '${place}'` });
    await query({ ...here, sql: 'insert into made values (7)' });
    await build({ ...here, select: ['plain'], writeJson: false, logPath: null });
    expect(await ask('select * from made')).toEqual([['7']]);
  });

  it('both show, when two are changed at once', async () => {
    await Promise.all([
      query({ ...here, sql: "update orders set name = 'at once' where id = 1" }),
      query({ ...here, sql: 'insert into lines values (2)' }),
    ]);
    expect(await ask('select name from orders where id = 1')).toEqual([['at once']]);
    expect(await ask('select count(*) from lines')).toEqual([['2']]);
  });

  it('are readable after a vacuum, whatever the catalog showed before', async () => {
    await query({ ...here, sql: `insert into delta.'${projectDir}/lake/lines' values (3)` });
    await changeTable({ kind: 'optimize' }, { env: {}, table: join(projectDir, 'lake/lines') });
    const table = 'lines';
    const vacuumed = await vacuumTable({ ...here, table, retentionHours: 0, enforceRetention: false });
    expect(vacuumed.files.length + vacuumed.heldFiles).toBeGreaterThan(0);
    expect(await ask('select count(*) from lines')).toEqual([['3']]);
  });

  it.each([
    [
      'a table of the engine',
      'update plain set a = 2',
      'tables.not-delta',
      /plain is a table, and UPDATE needs a Delta table/,
    ],
    ['a view', 'delete from counts', 'tables.not-delta', /counts is a view/],
    ['a name that nothing has', 'delete from ordres', 'tables.unknown-table', /no table ordres/],
    ['a plain write', 'drop table plain', 'workflows.not-a-query', /statements on Delta tables/],
    [
      'a clause misspelled',
      'merge into orders t using lines s on t.id = s.id\nwhen matchd then delete',
      'tables.bad-statement',
      /expected MATCHED, found 'matchd'/,
    ],
  ])('refuse %s', async (_, sql, code, message) => {
    await expect(query({ ...here, sql })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('say line and column of a mistake', async () => {
    await expect(query({ ...here, sql: 'update orders\nset name "x"' })).rejects.toMatchObject({
      location: { line: 2, column: 10 },
    });
  });

  it('are maintained: planned with reasons, then done, then shown', async () => {
    for (let id = 20; id < 24; id += 1) {
      await query({ ...here, sql: `insert into orders values (${id}, 'more')` });
    }
    const told: string[] = [];
    const dry = await maintain({ ...here, dryRun: true, onPlan: (name) => told.push(name) });
    expect(told).toEqual(['silver.lines', 'silver.made', 'silver.orders']);
    const orders = dry.tables.find(({ name }) => name === 'silver.orders');
    expect(orders?.plan?.steps.map(({ kind }) => kind)).toContain('optimize');
    expect(orders?.plan?.steps[0]?.reason).toMatch(/would become 1/);
    expect(orders?.done).toEqual([]);
    const { tables } = await maintain({ ...here, select: ['orders'] });
    expect(tables.map(({ name, done, error }) => [name, done[0]?.kind, error])).toEqual([
      ['silver.orders', 'rewritten', undefined],
    ]);
    const { outcome } = await query({ ...here, sql: 'describe detail orders' });
    expect(outcome?.version).toBe(tables[0]?.version);
    expect(await ask('select n from counts')).toEqual([['7']]);
    expect((await tableFiles({ ...here, table: 'orders' })).files).toHaveLength(1);
  });

  it('are maintained one by one, and one that fails stops no other', async () => {
    const { tables } = await maintain({ ...here, tables: [join(folder, 'nothing'), 'orders'] });
    expect(tables.map(({ error }) => (error as { code?: string } | undefined)?.code)).toEqual([
      'delta.not-a-table',
      undefined,
    ]);
    await expect(maintain({ ...here, select: ['plain'] })).rejects.toMatchObject({
      code: 'workflows.no-tables',
    });
  });
});
