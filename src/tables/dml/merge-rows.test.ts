import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printDataType } from '../../delta/index.ts';
import { Database, type Session } from '../../duckdb/index.ts';
import { createTable } from '../alter/create-table.ts';
import type { TableSpec } from '../alter/table-spec.ts';
import { openDeltaRelation } from '../read/scan.ts';
import type { TableHandle } from '../table-handle.ts';
import { writeQueryToDelta } from '../write/write-query.ts';
import { deleteRows } from './delete-rows.ts';
import { MergeBuilder } from './merge-builder.ts';
import { mergeRows } from './merge-rows.ts';
import type { MergeClause, MergeSpec } from './merge-spec.ts';
import { updateRows } from './update-rows.ts';

let folder: string;
let database: Database;
let session: Session;
let next = 0;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-merge-'));
  database = await Database.open();
  session = await database.session();
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function made(spec: TableSpec, ...inserts: string[]): Promise<TableHandle> {
  next += 1;
  const uri = path.join(folder, `t${next}`);
  const { handle } = await createTable(uri, spec);
  for (const sql of inserts) await writeQueryToDelta(session, sql, uri, { mode: 'append' });
  await handle.refresh();
  return handle;
}

async function rowsOf({ uri }: TableHandle): Promise<string[]> {
  const { sql } = await openDeltaRelation(uri);
  const { rows } = await session.query(`SELECT CAST(t AS VARCHAR) FROM (${sql}) AS t ORDER BY 1`);
  return rows.map(([text]) => String(text));
}

function filesOf({ uri }: TableHandle): string[] {
  return readdirSync(uri.replace(/^file:\/\//, ''), { recursive: true, encoding: 'utf8' }).sort();
}

function commitOf({ uri }: TableHandle, version: number): Record<string, Record<string, unknown>>[] {
  const name = `${String(version).padStart(20, '0')}.json`;
  const text = readFileSync(path.join(uri.replace(/^file:\/\//, ''), '_delta_log', name), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
}

const upsert: readonly MergeClause[] = [
  { kind: 'matched-update', set: 'all' },
  { kind: 'not-matched-insert', values: 'all' },
];

const vectors = { 'delta.enableDeletionVectors': 'true' };

describe.each([
  ['copies', {}],
  ['deletion vectors', vectors],
])('a merge into a table with %s', (_, properties) => {
  const spec: TableSpec = { schema: 'id BIGINT, name STRING, price DOUBLE', properties };
  const rows = "SELECT i AS id, 'n' || i AS name, i / 2 AS price FROM range(4) t(i)";

  it('says what it did, in the commit too', async () => {
    const handle = await made(spec, rows);
    const source = "SELECT * FROM (VALUES (1, 'one', 9.5), (7, 'seven', 7.5)) t(id, name, price)";
    const result = await mergeRows(handle, session, { source, on: 'target.id = source.id', clauses: upsert });
    expect(result).toMatchObject({ version: 2, changed: true, skipped: false });
    expect(result.metrics).toMatchObject({
      numSourceRows: 2,
      numTargetRowsInserted: 1,
      numTargetRowsUpdated: 1,
      numTargetRowsDeleted: 0,
    });
    const info = commitOf(handle, 2).find((action) => action['commitInfo'])?.['commitInfo'];
    expect(info).toMatchObject({ operation: 'MERGE', operationMetrics: { numTargetRowsInserted: '1' } });
    expect(info?.['operationParameters']).toMatchObject({
      matchedPredicates: '[{"actionType":"update"}]',
      notMatchedPredicates: '[{"actionType":"insert"}]',
    });
    expect(await rowsOf(handle)).toHaveLength(5);
  });

  it('writes nothing when it is run again', async () => {
    const handle = await made(spec, rows);
    const merge: MergeSpec = {
      source: `${rows} WHERE i < 3 UNION ALL SELECT 9, 'x', 1`,
      on: 'target.id = source.id',
      clauses: upsert,
    };
    await mergeRows(handle, session, merge);
    const before = filesOf(handle);
    const again = await mergeRows(handle, session, merge);
    expect(again).toMatchObject({ version: 2, changed: false });
    expect(filesOf(handle)).toEqual(before);
  });

  it('takes zeros of both signs for different, and NaN for itself', async () => {
    const handle = await made(
      spec,
      "SELECT 1 AS id, 'a' AS name, 0.0::DOUBLE AS price UNION ALL SELECT 2, 'b', 'NaN'::DOUBLE",
    );
    const source =
      "SELECT 1 AS id, 'a' AS name, -0.0::DOUBLE AS price UNION ALL SELECT 2, 'b', 'NaN'::DOUBLE";
    const result = await mergeRows(handle, session, { source, on: 'target.id = source.id', clauses: upsert });
    expect(result.metrics.numTargetRowsUpdated).toBe(1);
  });

  it('refuses rows of the source that disagree about a row, and shows which', async () => {
    const handle = await made(spec, rows);
    const before = filesOf(handle);
    const source = "SELECT * FROM (VALUES (2, 'a', 1.0), (2, 'b', 2.0), (2, 'c', 3.0)) t(id, name, price)";
    const merge = mergeRows(handle, session, { source, on: 'target.id = source.id', clauses: upsert });
    await expect(merge).rejects.toMatchObject({
      code: 'tables.merge-duplicate-match',
      details: { key: 'id = 2', sourceRows: 3 },
    });
    expect(filesOf(handle)).toEqual(before);
  });

  it('lets several rows of the source agree on a delete, and on nothing', async () => {
    const handle = await made(spec, rows);
    const source = "SELECT * FROM (VALUES (2, 'a', 1.0), (2, 'b', 2.0)) t(id, name, price)";
    const nothing = await mergeRows(handle, session, {
      source,
      on: 'target.id = source.id',
      clauses: [{ kind: 'matched-update', condition: "source.name = 'z'", set: 'all' }],
    });
    expect(nothing.changed).toBe(false);
    const one = await mergeRows(handle, session, {
      source,
      on: 'target.id = source.id',
      clauses: [{ kind: 'matched-update', condition: "source.name = 'b'", set: { name: 'source.name' } }],
    });
    expect(one.metrics.numTargetRowsUpdated).toBe(1);
    const gone = await mergeRows(handle, session, {
      source,
      on: 'target.id = source.id',
      clauses: [{ kind: 'matched-delete' }],
    });
    expect(gone.metrics.numTargetRowsDeleted).toBe(1);
    expect(await rowsOf(handle)).toHaveLength(3);
  });

  it('merges into a table without files, and from a source without rows', async () => {
    const handle = await made(spec);
    expect(
      (
        await mergeRows(handle, session, {
          source: `${rows} WHERE false`,
          on: 'target.id = source.id',
          clauses: upsert,
        })
      ).changed,
    ).toBe(false);
    await mergeRows(handle, session, { source: rows, on: 'target.id = source.id', clauses: upsert });
    expect(await rowsOf(handle)).toHaveLength(4);
    const cleared = await mergeRows(handle, session, {
      source: `${rows} WHERE false`,
      on: 'target.id = source.id',
      clauses: [{ kind: 'not-matched-by-source-delete', condition: 'target.id > 0' }],
    });
    expect(cleared.metrics.numTargetRowsNotMatchedBySourceDeleted).toBe(3);
    expect(await rowsOf(handle)).toHaveLength(1);
  });

  it('merges a table into itself', async () => {
    const handle = await made(spec, rows);
    const source = async (): Promise<string> =>
      `SELECT id + 2 AS id, name, price FROM (${(await openDeltaRelation(handle.uri)).sql})`;
    const result = await mergeRows(handle, session, { source, on: 'target.id = source.id', clauses: upsert });
    expect(result.metrics).toMatchObject({ numTargetRowsUpdated: 2, numTargetRowsInserted: 2 });
  });

  it('evaluates the source and every value once', async () => {
    const handle = await made(
      { ...spec, properties: { ...properties, 'delta.enableChangeDataFeed': 'true' } },
      rows,
    );
    const source = 'SELECT i AS id, uuid()::VARCHAR AS name, random() AS price FROM range(6) t(i)';
    await mergeRows(handle, session, {
      source,
      on: 'target.id = source.id',
      clauses: [
        { kind: 'matched-update', set: { name: 'uuid()::VARCHAR' } },
        { kind: 'not-matched-insert', values: { id: 'source.id', name: 'uuid()::VARCHAR' } },
      ],
    });
    const changed = commitOf(handle, 2).flatMap(({ cdc }) => (cdc ? [String(cdc['path'])] : []));
    const files = changed.map((file) => `'${path.join(handle.uri.replace(/^file:\/\//, ''), file)}'`);
    const told = await session.query(
      `SELECT id, name FROM read_parquet([${files.join(', ')}]) WHERE _change_type IN ('insert', 'update_postimage') ORDER BY id`,
    );
    const { sql } = await openDeltaRelation(handle.uri);
    expect(told.rows).toHaveLength(6);
    expect((await session.query(`SELECT id, name FROM (${sql}) ORDER BY id`)).rows).toEqual(told.rows);
  });

  it('reads no file that the keys of the source rule out', async () => {
    const handle = await made(
      spec,
      ...[0, 1, 2, 3].map(
        (part) => `SELECT i + ${part * 100} AS id, 'n' AS name, 1::DOUBLE AS price FROM range(100) t(i)`,
      ),
    );
    // A file that were read would fail: all but the first and the last are gone.
    const files = [...handle.snapshot.files.values()].sort((a, b) => a.modifiedMs - b.modifiedMs);
    const ends = new Set(['"minValues":{"id":0,', '"minValues":{"id":300,']);
    const middle = files.filter(({ stats }) => ![...ends].some((text) => stats?.includes(text)));
    expect(middle).toHaveLength(2);
    for (const file of middle) rmSync(path.join(handle.uri.replace(/^file:\/\//, ''), file.path));
    const source = "SELECT * FROM (VALUES (5, 'a', 1.0), (305, 'b', 1.0)) t(id, name, price)";
    const result = await mergeRows(handle, session, { source, on: 'source.id = target.id', clauses: upsert });
    expect(result.metrics.numTargetRowsUpdated).toBe(2);
  });

  it('lands once for each transaction of an application', async () => {
    const handle = await made(spec, rows);
    const merge: MergeSpec = {
      source: "SELECT 9 AS id, 'x' AS name, 1.0 AS price",
      on: 'false',
      clauses: [{ kind: 'not-matched-insert', values: 'all' }],
    };
    const transaction = { appId: 'loader', version: 3 };
    expect((await mergeRows(handle, session, merge, { transaction })).skipped).toBe(false);
    expect(await mergeRows(handle, session, merge, { transaction })).toMatchObject({
      skipped: true,
      changed: false,
    });
    expect(await rowsOf(handle)).toHaveLength(5);
  });
});

describe('values of a merge', () => {
  const nested: TableSpec = { schema: 'id INT, s STRUCT<a: INT, t: STRUCT<x: STRING, y: STRING>>' };
  const one = "SELECT 1 AS id, {'a': 1, 't': {'x': 'p', 'y': 'q'}} AS s UNION ALL SELECT 2, NULL";

  it('reach into structs and keep the other members', async () => {
    const handle = await made(nested, one);
    await updateRows(handle, session, { set: { 's.t.y': "'new'", 'S.a': 'id + 10' } });
    expect(await rowsOf(handle)).toEqual([
      "{'id': 1, 's': {'a': 11, 't': {'x': p, 'y': new}}}",
      "{'id': 2, 's': {'a': 12, 't': {'x': NULL, 'y': new}}}",
    ]);
  });

  it('are cast to the columns they are for', async () => {
    const handle = await made(
      { schema: 'id INT, d DATE, n DECIMAL(5,2), s STRING' },
      "SELECT 1 AS id, DATE '2024-01-01' AS d, 1.5::DECIMAL(5,2) AS n, 'a' AS s",
    );
    await updateRows(handle, session, { set: { d: "'2025-02-03'", n: '2', s: '17', id: '9::BIGINT' } });
    expect(await rowsOf(handle)).toEqual(["{'id': 9, 'd': 2025-02-03, 'n': 2.00, 's': 17}"]);
  });

  it.each([
    [
      'a struct for a number',
      { id: "{'a': 1}" },
      { code: 'tables.assignment-type', details: { column: 'id', to: 'integer' } },
    ],
    [
      'a number for a date',
      { d: '17' },
      { code: 'tables.assignment-type', details: { column: 'd', from: 'INTEGER', to: 'date' } },
    ],
    [
      'text that is no date',
      { d: "'soon'" },
      {
        code: 'tables.assignment-value',
        details: { column: 'd', from: 'VARCHAR', to: 'date', value: "'soon'" },
      },
    ],
    [
      'a number that is too large',
      { id: '5000000000' },
      { code: 'tables.assignment-value', details: { column: 'id', value: "'5000000000'" } },
    ],
    ['a column that is not there', { nope: '1' }, { code: 'tables.no-such-column' }],
    ['a column twice', { id: '1', ID: '2' }, { code: 'tables.assigned-twice' }],
    ['nothing', {}, { code: 'tables.nothing-to-set' }],
    ['two values', { id: '1, 2' }, { code: 'tables.assignment-type' }],
  ])('are refused when they are %s', async (_, set, error) => {
    const handle = await made({ schema: 'id INT, d DATE' }, "SELECT 1 AS id, DATE '2024-01-01' AS d");
    const before = filesOf(handle);
    await expect(updateRows(handle, session, { set: set as Record<string, string> })).rejects.toMatchObject(
      error,
    );
    expect(filesOf(handle)).toEqual(before);
  });

  it('may be the default of the column, computed by the table, and numbered by it', async () => {
    const handle = await made({
      schema: [
        { name: 'id', type: 'BIGINT', identity: { start: 10, step: 5 } },
        { name: 'a', type: 'INT' },
        { name: 'b', type: 'INT', default: '42' },
        { name: 'c', type: 'INT', generatedAs: 'a * 2' },
      ],
    });
    const source = 'SELECT * FROM (VALUES (1), (2), (3)) t(a)';
    await mergeRows(handle, session, {
      source,
      on: 'target.a = source.a',
      clauses: [{ kind: 'not-matched-insert', values: { a: 'source.a', b: 'DEFAULT' } }],
    });
    await mergeRows(handle, session, {
      source: 'SELECT * FROM (VALUES (3), (4), (5)) t(a)',
      on: 'target.a = source.a',
      clauses: [
        { kind: 'matched-update', set: { a: 'source.a + 10', b: '0' } },
        { kind: 'not-matched-insert', condition: 'source.a = 4', values: { a: 'source.a', b: '1' } },
        { kind: 'not-matched-insert', values: { a: 'source.a' } },
        { kind: 'not-matched-by-source-update', condition: 'target.a = 1', set: { b: 'DEFAULT' } },
      ],
    });
    const { sql } = await openDeltaRelation(handle.uri);
    const { rows } = await session.query(`SELECT a, b, c FROM (${sql}) ORDER BY a`);
    expect(rows).toEqual([
      [1, 42, 2],
      [2, 42, 4],
      [4, 1, 8],
      [5, 42, 10],
      [13, 0, 26],
    ]);
    const ids = await session.query(`SELECT id FROM (${sql}) ORDER BY id`);
    expect(ids.rows.flat()).toEqual([10n, 15n, 20n, 25n, 30n]);
    await expect(updateRows(handle, session, { set: { id: '1' } })).rejects.toMatchObject({
      code: 'tables.computed-column',
    });
    await expect(updateRows(handle, session, { set: { c: '1' } })).rejects.toMatchObject({
      code: 'tables.generated-value-differs',
    });
  });

  it('must keep the constraints, or nothing is written', async () => {
    const handle = await made(
      { schema: 'id INT NOT NULL, v INT', constraints: { small: 'v < 100' } },
      'SELECT 1 AS id, 1 AS v',
    );
    const before = filesOf(handle);
    const source = 'SELECT 1 AS id, 500 AS v UNION ALL SELECT 2, 2';
    await expect(
      mergeRows(handle, session, { source, on: 'target.id = source.id', clauses: upsert }),
    ).rejects.toMatchObject({ code: 'tables.constraint-violated' });
    await expect(updateRows(handle, session, { set: { id: 'NULL' } })).rejects.toMatchObject({
      code: 'tables.missing-value',
    });
    expect(filesOf(handle)).toEqual(before);
  });
});

describe('schema evolution', () => {
  const spec: TableSpec = { schema: 'id INT, a STRING, s STRUCT<x: INT, y: INT>' };
  const rows = "SELECT 1 AS id, 'a' AS a, {'x': 1, 'y': 2} AS s UNION ALL SELECT 2, 'b', {'x': 3, 'y': 4}";

  it.each([
    ['copies', {}],
    ['deletion vectors', vectors],
    ['column mapping', { 'delta.columnMapping.mode': 'name' }],
  ])('adds what only the source has, and keeps what only the table has, with %s', async (_, properties) => {
    const handle = await made({ ...spec, properties }, rows);
    const source =
      "SELECT 1 AS id, {'x': 10, 'z': 'new'} AS s, 7 AS extra UNION ALL SELECT 3, {'x': 30, 'z': 'n'}, 8";
    await mergeRows(handle, session, {
      source,
      on: 'target.id = source.id',
      clauses: upsert,
      schemaEvolution: true,
    });
    expect(await rowsOf(handle)).toEqual([
      "{'id': 1, 'a': a, 's': {'x': 10, 'y': 2, 'z': new}, 'extra': 7}",
      "{'id': 2, 'a': b, 's': {'x': 3, 'y': 4, 'z': NULL}, 'extra': NULL}",
      "{'id': 3, 'a': NULL, 's': {'x': 30, 'y': NULL, 'z': n}, 'extra': 8}",
    ]);
  });

  describe('widens types where the table has type widening on', () => {
    const clauses = upsert;
    const on = 'target.id = source.id';
    const widening = { 'delta.enableTypeWidening': 'true' };
    const schema = 'id INT, f FLOAT, d DECIMAL(4,1), day DATE, s STRUCT<n: SMALLINT>, l ARRAY<INT>';
    const first =
      "SELECT 1::INTEGER AS id, 0.5::FLOAT AS f, 1.5::DECIMAL(4,1) AS d, DATE '2024-01-01' AS day, {'n': 1::SMALLINT} AS s, [1::INTEGER] AS l";
    const wider =
      "SELECT 5000000000 AS id, 0.1::DOUBLE AS f, 1234567.25::DECIMAL(9,2) AS d, TIMESTAMP '2024-01-02 03:04:05' AS day, {'n': 70000::INTEGER} AS s, [5000000000] AS l";
    const typesOf = ({ snapshot }: TableHandle): string[] =>
      snapshot.schema.fields.map(({ name, type }) => `${name} ${printDataType(type)}`);

    it.each([
      ['copies', {}],
      ['deletion vectors', vectors],
      ['column mapping', { 'delta.columnMapping.mode': 'name' }],
    ])('with %s', async (_, properties) => {
      const handle = await made({ schema, properties: { ...widening, ...properties } }, first);
      await mergeRows(handle, session, { source: wider, on, clauses, schemaEvolution: true });
      expect(await rowsOf(handle)).toEqual([
        "{'id': 1, 'f': 0.5, 'd': 1.50, 'day': '2024-01-01 00:00:00', 's': {'n': 1}, 'l': [1]}",
        "{'id': 5000000000, 'f': 0.1, 'd': 1234567.25, 'day': '2024-01-02 03:04:05', 's': {'n': 70000}, 'l': [5000000000]}",
      ]);
      const { fields } = handle.snapshot.schema;
      expect(fields[0]?.metadata['delta.typeChanges']).toEqual([{ fromType: 'integer', toType: 'long' }]);
      expect(fields[5]?.metadata['delta.typeChanges']).toEqual([
        { fromType: 'integer', toType: 'long', fieldPath: 'element' },
      ]);
      const update = `SELECT 1 AS id, 0.25::DOUBLE AS f, 9::DECIMAL(9,2) AS d, NULL::TIMESTAMP AS day, {'n': 80000} AS s, [7] AS l`;
      await mergeRows(handle, session, { source: update, on, clauses, schemaEvolution: true });
      expect((await rowsOf(handle))[0]).toBe(
        "{'id': 1, 'f': 0.25, 'd': 9.00, 'day': NULL, 's': {'n': 80000}, 'l': [7]}",
      );
    });

    it('only for columns that the clauses bring', async () => {
      const handle = await made({ schema: 'id INT, a INT, b INT', properties: widening });
      await mergeRows(handle, session, {
        source: 'SELECT 1::INTEGER AS id, 5000000000 AS a, 2::BIGINT AS b',
        on,
        clauses: [{ kind: 'not-matched-insert', values: { id: 'source.id', a: 'source.a' } }],
        schemaEvolution: true,
      });
      expect(typesOf(handle)).toEqual(['id integer', 'a long', 'b integer']);
    });

    it.each([
      ['the property is off', 'a INT', {}, 'SELECT 1::INTEGER AS id, 2::BIGINT AS a', 'integer'],
      ['a fraction comes', 'a INT', widening, 'SELECT 1::INTEGER AS id, 2.0::DOUBLE AS a', 'integer'],
      ['Delta has no such type', 'a INT', widening, 'SELECT 1::INTEGER AS id, 2::HUGEINT AS a', 'integer'],
      [
        'a generated column rests on it',
        'a INT, g INT GENERATED ALWAYS AS (a + 1)',
        widening,
        'SELECT 1::INTEGER AS id, 2::BIGINT AS a',
        'integer',
      ],
      ['it is narrower', 'a BIGINT', widening, 'SELECT 1::INTEGER AS id, 2::SMALLINT AS a', 'long'],
    ] as const)('and leaves them where %s', async (_, column, properties, source, type) => {
      const handle = await made({ schema: `id INT, ${column}`, properties });
      await mergeRows(handle, session, {
        source,
        on,
        clauses: [{ kind: 'not-matched-insert', values: { id: 'source.id', a: 'source.a' } }],
        schemaEvolution: true,
      });
      expect(typesOf(handle)[1]).toBe(`a ${type}`);
      expect(await rowsOf(handle)).toHaveLength(1);
    });
  });

  it('adds a column that a clause names, and no other', async () => {
    const handle = await made(spec, rows);
    await mergeRows(handle, session, {
      source: 'SELECT 1 AS id, 5 AS wanted, 6 AS other',
      on: 'target.id = source.id',
      clauses: [{ kind: 'matched-update', set: { wanted: 'source.wanted' } }],
      schemaEvolution: true,
    });
    expect((await openDeltaRelation(handle.uri)).columns.map(({ name }) => name)).toEqual([
      'id',
      'a',
      's',
      'wanted',
    ]);
  });

  it.each([
    ['a column that the source lacks', 'SELECT 1 AS id', 'tables.source-lacks-column'],
    [
      'a struct with other members',
      "SELECT 1 AS id, 'a' AS a, {'x': 1, 'z': 2} AS s",
      'tables.assignment-type',
    ],
  ])('is needed for %s', async (_, source, code) => {
    const handle = await made(spec, rows);
    await expect(
      mergeRows(handle, session, { source, on: 'target.id = source.id', clauses: upsert }),
    ).rejects.toMatchObject({ code });
  });
});

describe('row tracking', () => {
  it.each([
    ['copies', {}],
    ['deletion vectors', vectors],
  ])('keeps the ids of rows through updates, with %s', async (_, more) => {
    const properties = { ...more, 'delta.enableRowTracking': 'true' };
    const handle = await made(
      { schema: 'id INT, v INT', properties },
      'SELECT i::INT AS id, 0 AS v FROM range(5) t(i)',
    );
    const ids = async (): Promise<Map<number, string>> => {
      const { scanFiles } = await import('../read/scan-files.ts');
      const { sql } = await scanFiles(await handle.refresh(), handle.storage, { rowTracking: true });
      const { rows } = await session.query(
        `SELECT id, __boathouse_row_id, __boathouse_row_version FROM (${sql})`,
      );
      return new Map(rows.map(([id, rowId, version]) => [Number(id), `${rowId}@${version}`]));
    };
    const before = await ids();
    await updateRows(handle, session, { set: { v: 'v + 1' }, where: 'id = 2' });
    await mergeRows(handle, session, {
      source: 'SELECT 3 AS id, 9 AS v UNION ALL SELECT 7, 7',
      on: 'target.id = source.id',
      clauses: upsert,
    });
    await deleteRows(handle, session, { where: 'id = 0' });
    const after = await ids();
    expect(after.get(1)).toBe(before.get(1));
    expect(after.get(4)).toBe(before.get(4));
    expect(after.get(2)).toBe(`${before.get(2)?.split('@')[0]}@2`);
    expect(after.get(3)).toBe(`${before.get(3)?.split('@')[0]}@3`);
    expect(new Set(Array.from(after.values(), (text) => text.split('@')[0])).size).toBe(5);
  });
});

describe('a delete', () => {
  const parted: TableSpec = { schema: 'id INT, g STRING', partitionBy: ['g'] };
  const rows = "SELECT i::INT AS id, 'g' || (i % 3) AS g FROM range(9) t(i)";

  it.each([
    ['of everything', {}, 9],
    ['of a partition', { where: "g = 'g1'" }, 3],
  ])('%s reads no data file', async (_, spec, count) => {
    const handle = await made(parted, rows);
    for (const file of handle.snapshot.files.values())
      rmSync(path.join(handle.uri.replace(/^file:\/\//, ''), file.path));
    const result = await deleteRows(handle, session, spec);
    expect(result.metrics).toMatchObject({ numDeletedRows: count, numAddedFiles: 0, numCopiedRows: 0 });
  });

  it('of nothing is no commit', async () => {
    const handle = await made(parted, rows);
    expect(await deleteRows(handle, session, { where: 'id > 100' })).toMatchObject({
      changed: false,
      version: 1,
    });
    expect(await deleteRows(handle, session, { where: "g = 'nope'" })).toMatchObject({
      changed: false,
      version: 1,
    });
  });

  it.each([
    ['a column that is not there', 'nope = 1', 'duckdb.'],
    ['what is neither true nor false', 'id + 1', 'tables.not-an-expression'],
    ['what is no SQL', 'id = = 1', 'duckdb.'],
  ])('is refused when it names %s', async (_, where, code) => {
    const handle = await made(parted, rows);
    await expect(deleteRows(handle, session, { where })).rejects.toMatchObject({
      code: expect.stringContaining(code),
    });
  });

  it('is refused by a table that only grows', async () => {
    const handle = await made({ ...parted, properties: { 'delta.appendOnly': 'true' } }, rows);
    await expect(deleteRows(handle, session, {})).rejects.toMatchObject({ code: 'delta.append-only' });
    await expect(updateRows(handle, session, { set: { id: '1' } })).rejects.toMatchObject({
      code: 'delta.append-only',
    });
    const source = "SELECT 100 AS id, 'g9' AS g";
    await expect(
      mergeRows(handle, session, { source, on: 'target.id = source.id', clauses: upsert }),
    ).rejects.toMatchObject({ code: 'delta.append-only' });
    const grown = await mergeRows(handle, session, {
      source,
      on: 'target.id = source.id',
      clauses: upsert.slice(1),
    });
    expect(grown.metrics.numTargetRowsInserted).toBe(1);
  });

  it('names a data file that is damaged', async () => {
    const handle = await made({ schema: 'id INT' }, 'SELECT 1 AS id');
    const [file] = [...handle.snapshot.files.values()];
    rmSync(path.join(handle.uri.replace(/^file:\/\//, ''), file?.path ?? ''));
    await expect(deleteRows(handle, session, { where: 'id = 1' })).rejects.toMatchObject({
      message: expect.stringContaining(file?.path ?? 'a file'),
    });
  });
});

describe('a merge that makes no sense', () => {
  it.each([
    ['no clause', [], 'tables.bad-merge'],
    [
      'a clause behind one that takes every row',
      [{ kind: 'matched-delete' }, { kind: 'matched-delete' }],
      'tables.bad-merge',
    ],
    ['a kind of clause that is not known', [{ kind: 'matched-upsert' }], 'tables.bad-merge'],
  ])('is refused for %s', async (_, clauses, code) => {
    const handle = await made({ schema: 'id INT' }, 'SELECT 1 AS id');
    const source = 'SELECT 2 AS id';
    const merge = mergeRows(handle, session, {
      source,
      on: 'target.id = source.id',
      clauses: clauses as MergeClause[],
    });
    await expect(merge).rejects.toMatchObject({ code });
  });

  it('is refused when ON is not one condition', async () => {
    const handle = await made({ schema: 'id INT' }, 'SELECT 1 AS id');
    for (const on of ['target.id', 'true, true', 'nope = 1', 'source.id = target.id FROM x'])
      await expect(
        mergeRows(handle, session, { source: 'SELECT 2 AS id', on, clauses: upsert }),
      ).rejects.toThrow();
  });
});

describe('MergeBuilder', () => {
  it('collects clauses in order and runs them', async () => {
    const handle = await made(
      { schema: 'id INT, v STRING' },
      "SELECT i::INT AS id, 'old' AS v FROM range(4) t(i)",
    );
    const begun = new MergeBuilder(
      {
        source: "SELECT * FROM (VALUES (1, 'x'), (2, 'drop'), (9, 'y')) s(id, v)",
        sourceAlias: 's',
        targetAlias: 't',
        on: 't.id = s.id',
        clauses: [],
      },
      (spec) => mergeRows(handle, session, spec),
    );
    const builder = begun
      .whenMatchedDelete({ when: "s.v = 'drop'" })
      .whenMatchedUpdate({ set: { v: 's.v || t.v' } })
      .whenNotMatchedInsertAll()
      .whenNotMatchedBySourceUpdate({ set: { v: "'alone'" }, when: 't.id = 0' });
    expect(begun.spec.clauses).toEqual([]);
    expect((await builder.execute()).changed).toBe(true);
    expect(await rowsOf(handle)).toEqual([
      "{'id': 0, 'v': alone}",
      "{'id': 1, 'v': xold}",
      "{'id': 3, 'v': old}",
      "{'id': 9, 'v': y}",
    ]);
  });
});
