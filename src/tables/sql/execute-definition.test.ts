import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeltaTable } from '../delta-table.ts';
import { withScratchSession } from '../scratch.ts';
import { type DefinitionStatement, executeDefinition } from './execute-definition.ts';
import { parseStatement } from './parse-statement.ts';
import type { StatementResult } from './statement-context.ts';

let folder: string;
let uri: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'boathouse-definition-'));
  uri = path.join(folder, 't');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const run = (sql: string): Promise<StatementResult> =>
  withScratchSession((session) =>
    executeDefinition(parseStatement(sql) as DefinitionStatement, {
      session,
      locate: async () => uri,
      placeNew: async (_, location) => location ?? uri,
      resolve: async (text) => text,
      options: {},
    }),
  );

describe('REPLACE COLUMNS', () => {
  it('adds, drops, widens, comments and orders columns until they are as given', async () => {
    const table = await DeltaTable.create(uri, {
      schema: 'a INT, b STRING, c INT',
      properties: { 'delta.columnMapping.mode': 'name', 'delta.enableTypeWidening': 'true' },
    });
    await table.append([{ a: 1, b: 'x', c: 3 }]);
    await run("alter table t replace columns (d DATE, c BIGINT COMMENT 'three', A INT)");
    await table.refresh();
    expect(table.schema.fields.map(({ name }) => name)).toEqual(['d', 'c', 'a']);
    expect(table.schema.fields[1]?.metadata['comment']).toBe('three');
    expect(await table.toRows()).toEqual([{ d: null, c: 3n, a: 1 }]);
    expect(await run('alter table t replace columns (d DATE, c BIGINT, a INT)')).toMatchObject({
      changed: false,
    });
  });

  it('drops none without column mapping', async () => {
    await DeltaTable.create(uri, { schema: 'a INT, b STRING' });
    await expect(run('alter table t replace columns (a INT)')).rejects.toMatchObject({
      code: 'tables.needs-column-mapping',
    });
  });
});

describe('CREATE TABLE with a place alone', () => {
  it('names the table that is there', async () => {
    const table = await DeltaTable.create(uri, { schema: 'a INT' });
    await table.append([{ a: 1 }]);
    expect(await run(`create table silver.t using delta location '${uri}'`)).toMatchObject({
      version: 1,
      changed: false,
    });
    await expect(run(`create table silver.t using delta location '${uri}-none'`)).rejects.toMatchObject({
      code: 'delta.not-a-table',
    });
  });
});

describe('CREATE TABLE … CLUSTER BY … AS', () => {
  const clusteredBy = async (table: DeltaTable): Promise<unknown> => (await table.detail()).clusteringColumns;

  it.each([
    ['plain columns', '', ['a', 'b']],
    [
      'columns with names of their own in files',
      "tblproperties ('delta.columnMapping.mode' = 'name') ",
      ['a', 'b'],
    ],
  ])('is one commit, with the rows and the clustering: %s', async (_, properties, columns) => {
    const made = await run(
      `create table t cluster by (${columns.join(', ')}) ${properties}as select i as a, i % 3 as b from range(10) r(i)`,
    );
    expect(made.version).toBe(0);
    const table = await DeltaTable.open(uri);
    expect(table.version).toBe(0);
    expect(await clusteredBy(table)).toEqual(columns);
    expect(table.protocol.writerFeatures).toEqual(expect.arrayContaining(['clustering', 'domainMetadata']));
    expect(await table.toRows()).toHaveLength(10);
    const [commit] = await table.history();
    expect(commit).toMatchObject({ operation: 'CREATE TABLE AS SELECT' });
    expect(JSON.stringify(commit)).toContain('clusterBy');
    await table.append([{ a: 11n, b: 1n }]);
    expect(await clusteredBy(table)).toEqual(columns);
    await table.optimize();
    expect(await table.toRows()).toHaveLength(11);
  });

  it('takes the place of a table and of its clustering in one commit', async () => {
    await run('create table t cluster by (a) as select 1 as a, 2 as b');
    const { version } = await run('create or replace table t cluster by (b) as select 3 as a, 4 as b');
    expect(version).toBe(1);
    const table = await DeltaTable.open(uri);
    expect([await clusteredBy(table), await table.toRows()]).toEqual([['b'], [{ a: 3, b: 4 }]]);
  });

  it.each([
    ['a column that is not there', 'cluster by (z)', 'tables.no-such-column'],
    ['a column twice', 'cluster by (a, a)', 'tables.bad-clustering'],
    ['columns of partitions', 'partitioned by (b) cluster by (a)', 'tables.bad-clustering'],
  ])('makes no table when it names %s', async (_, clause, code) => {
    await expect(run(`create table t ${clause} as select 1 as a, 2 as b`)).rejects.toMatchObject({ code });
    expect(await DeltaTable.isDeltaTable(uri)).toBe(false);
  });
});
