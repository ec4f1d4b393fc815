import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportQuery, query } from './query.ts';

const folder = mkdtempSync(join(tmpdir(), 'boathouse-query-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Options of a reader that has neither project nor catalog. */
const nowhere = { catalog: undefined, env: {} };

const odd =
  "select 1.10::decimal(5,2) as d, 123456789012345678901::hugeint as h, null as n, {'a': [1, 2]} as s, date '2020-01-02' as day, 'a \"b\", c' as t, true as yes";

async function text(format: 'csv' | 'json' | 'ndjson', sql: string): Promise<string> {
  let all = '';
  await exportQuery({
    ...nowhere,
    sql,
    format,
    write: (piece) => {
      all += String(piece);
    },
  });
  return all;
}

describe('query', () => {
  it('gives each value as text and as JSON', async () => {
    const { columns, rows, truncated } = await query({ ...nowhere, sql: odd });
    expect(columns.map(({ type }) => type)).toContain('DECIMAL(5,2)');
    expect(rows[0]?.map((cell) => cell.text)).toEqual([
      '1.10',
      '123456789012345678901',
      null,
      "{'a': [1, 2]}",
      '2020-01-02',
      'a "b", c',
      'true',
    ]);
    expect(rows[0]?.map((cell) => cell.json)).toEqual([
      '1.10',
      '123456789012345678901',
      'null',
      '{"a":[1,2]}',
      '"2020-01-02"',
      '"a \\"b\\", c"',
      'true',
    ]);
    expect(truncated).toBe(false);
  });

  it('stops at the limit and says so', async () => {
    const { rows, truncated } = await query({ ...nowhere, sql: 'select * from range(100000)', limit: 3 });
    expect(rows.map(([cell]) => cell?.text)).toEqual(['0', '1', '2']);
    expect(truncated).toBe(true);
  });

  it('takes a semicolon at the end', async () => {
    expect((await query({ ...nowhere, sql: 'select 1 as one ; ' })).rows).toHaveLength(1);
  });

  it('says that a catalog is missing', async () => {
    const catalog = join(folder, 'none.duckdb');
    await expect(query({ sql: 'select 1', catalog })).rejects.toMatchObject({ code: 'workflows.no-catalog' });
  });

  describe('in a project that was never built', () => {
    const projectDir = join(folder, 'unbuilt');
    const table = join(folder, 'rows');
    const inside = { env: {}, projectDir };
    beforeAll(async () => {
      mkdirSync(projectDir);
      writeFileSync(join(projectDir, 'dbt_project.yml'), 'name: shop\nversion: "1"\nprofile: shop\n');
      const output = 'shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n';
      writeFileSync(join(projectDir, 'profiles.yml'), output);
      await query({ ...nowhere, sql: `create table delta.'${table}' as select 7 as id` });
    });

    it.each([
      ['by its place', (place: string) => `select id from delta.'${place}'`],
      ['at a version', (place: string) => `select id from delta.'${place}' version as of 0`],
      ['with delta_scan', (place: string) => `with t as (from delta_scan('${place}')) select id from t`],
    ])('reads a Delta table %s', async (_, sql) => {
      expect((await query({ ...inside, sql: sql(table) })).rows.map(([cell]) => cell?.text)).toEqual(['7']);
    });

    it('writes files of what it reads', async () => {
      const output = join(folder, 'unbuilt.csv');
      await exportQuery({ ...inside, sql: `select id from delta.'${table}'`, format: 'csv', output });
      expect(readFileSync(output, 'utf8')).toBe('id\n7\n');
    });

    it.each([
      ['a table', 'select * from orders'],
      ['a table of a schema', 'select * from bronze.orders'],
      ['a table of a database', 'select * from shop.bronze.orders'],
      [
        'a table beside one that is read by its place',
        `select * from delta.'${table}' join orders using (id)`,
      ],
      ['a table at a version', 'select * from orders version as of 0'],
    ])('says that a catalog is missing for %s', async (_, sql) => {
      await expect(query({ ...inside, sql })).rejects.toMatchObject({ code: 'workflows.no-catalog' });
    });

    it('leaves other mistakes what they are', async () => {
      const wrong = query({ ...inside, sql: `select ids from delta.'${table}'` });
      await expect(wrong).rejects.toMatchObject({ code: 'duckdb.binder' });
    });
  });
});

describe('exportQuery', () => {
  it('writes CSV with quotes only where they are needed, and NULL as nothing', async () => {
    expect(await text('csv', odd)).toBe(
      'd,h,n,s,day,t,yes\n1.10,123456789012345678901,,"{\'a\': [1, 2]}",2020-01-02,"a ""b"", c",true\n',
    );
  });

  it.each([
    ['json', 'select 1 as a where false', '[]\n'],
    ['json', 'select range as a from range(2)', '[\n{"a":0},\n{"a":1}\n]\n'],
    ['ndjson', 'select range as a from range(2)', '{"a":0}\n{"a":1}\n'],
    ['csv', 'select 1 as a where false', 'a\n'],
  ] as const)('writes %s of %s', async (format, sql, expected) => {
    expect(await text(format, sql)).toBe(expected);
  });

  it('writes Parquet that keeps the digits of a HUGEINT', async () => {
    const output = join(folder, 'x.parquet');
    const { rowCount, path } = await exportQuery({ ...nowhere, sql: odd, format: 'parquet', output });
    expect({ rowCount, path }).toEqual({ rowCount: 1, path: output });
    const back = await query({ ...nowhere, sql: `select h, d from '${output}'` });
    expect(back.rows[0]?.map((cell) => cell.text)).toEqual(['123456789012345678901', '1.10']);
  });

  it('writes Arrow that starts with a schema message', async () => {
    const output = join(folder, 'x.arrow');
    await exportQuery({ ...nowhere, sql: 'select 1 as a', format: 'arrow', output });
    expect(readFileSync(output).subarray(0, 4).toString('hex')).toBe('ffffffff');
  });

  it('leaves an earlier file as it was when the query fails, and no draft behind', async () => {
    const output = join(folder, 'kept.csv');
    await exportQuery({ ...nowhere, sql: 'select 1 as a', format: 'csv', output });
    const failing =
      "select cast(case when range = 90000 then 'no' else '1' end as integer) from range(100000)";
    await expect(exportQuery({ ...nowhere, sql: failing, format: 'csv', output })).rejects.toThrow(/no/);
    expect(readFileSync(output, 'utf8')).toBe('a\n1\n');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('names a folder that it can’t write to', async () => {
    const output = join(folder, 'no/such/folder/x.csv');
    await expect(exportQuery({ ...nowhere, sql: 'select 1', format: 'csv', output })).rejects.toMatchObject({
      code: 'workflows.write-failed',
    });
    expect(existsSync(output)).toBe(false);
  });

  it('needs a file for Parquet', async () => {
    await expect(exportQuery({ ...nowhere, sql: 'select 1', format: 'parquet' })).rejects.toMatchObject({
      code: 'workflows.needs-output',
    });
  });
});
