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
