import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, seededRandom } from '../../base/index.ts';
import {
  type AddFile,
  decodeFilePath,
  type Predicate,
  parseSchema,
  RowSet,
  type Snapshot,
  writeDeletionVectors,
} from '../../delta/index.ts';
import { Database, quoteLiteral, type Session } from '../../duckdb/index.ts';
import { openStorage, type Storage } from '../../storage/index.ts';
import { type ScanRequest, scanFiles } from './scan-files.ts';

let database: Database;
let session: Session;
let folder: string;
let tables = 0;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-scan-'));
  database = await Database.open();
  session = await database.session();
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

type Field = readonly [name: string, type: Json, metadata?: Record<string, Json>];
interface FileSpec {
  /** As in the log. */
  readonly path: string;
  readonly sql: string;
  readonly options?: string;
  readonly partition?: Readonly<Record<string, string | null>>;
  readonly deleted?: readonly number[];
  readonly stats?: string;
  readonly baseRowId?: number;
  readonly version?: number;
}

const struct = (...fields: readonly Field[]): Json => ({
  type: 'struct',
  fields: fields.map(([name, type, metadata = {}]) => ({ name, type, nullable: true, metadata })),
});

/** A table whose log is made up, over files that are there. */
async function fakeTable(
  fields: readonly Field[],
  files: readonly FileSpec[],
  about: { partitionBy?: readonly string[]; properties?: Record<string, string> } = {},
): Promise<{ snapshot: Snapshot; storage: Storage; root: string }> {
  tables += 1;
  const root = path.join(folder, `t${tables}`);
  const storage = openStorage(root);
  const adds = new Map<string, AddFile>();
  for (const spec of files) {
    const decoded = decodeFilePath(spec.path) as string;
    const local = decoded.startsWith('file:')
      ? decodeURIComponent(new URL(decoded).pathname)
      : path.join(root, decoded);
    mkdirSync(path.dirname(local), { recursive: true });
    await session.run(`COPY (${spec.sql}) TO ${quoteLiteral(local)} (FORMAT parquet${spec.options ?? ''})`);
    const rows = new Map([['f', RowSet.of(spec.deleted ?? [])]]);
    const vector =
      spec.deleted && (await writeDeletionVectors(storage, rows, seededRandom(adds.size))).vectors.get('f');
    adds.set(spec.path, {
      kind: 'add',
      path: decoded,
      partitionValues: new Map(Object.entries(spec.partition ?? {})),
      sizeBytes: 1,
      modifiedMs: 1,
      dataChange: true,
      ...(spec.stats === undefined ? {} : { stats: spec.stats }),
      ...(vector === undefined ? {} : { deletionVector: vector }),
      ...(spec.baseRowId === undefined ? {} : { baseRowId: spec.baseRowId }),
      ...(spec.version === undefined ? {} : { defaultRowCommitVersion: spec.version }),
    });
  }
  const schemaString = JSON.stringify(struct(...fields));
  const metadata = {
    kind: 'metadata' as const,
    id: 'i',
    format: { provider: 'parquet', options: new Map() },
    schemaString,
    partitionColumns: about.partitionBy ?? [],
    configuration: new Map(Object.entries(about.properties ?? {})),
  };
  const protocol = { kind: 'protocol' as const, minReaderVersion: 1, minWriterVersion: 2 };
  const empty = new Map();
  const snapshot: Snapshot = {
    table: storage.uri,
    version: 0,
    protocol,
    metadata,
    schema: parseSchema(schemaString),
    files: adds,
    tombstones: empty,
    transactions: empty,
    domains: empty,
    timestampMs: 0,
  };
  return { snapshot, storage, root };
}

/** All rows, as text, sorted. */
async function rowsOf(
  { snapshot, storage }: { snapshot: Snapshot; storage: Storage },
  request: ScanRequest = {},
): Promise<string[]> {
  const { sql } = await scanFiles(snapshot, storage, request);
  const { rows } = await session.query(`SELECT r::VARCHAR FROM (${sql}) AS r ORDER BY ALL`);
  return rows.map(([text]) => String(text));
}

const spark = (n: number): string =>
  `part-0000${n}-1b48ffa1-4ea5-4ee4-a4de-9f763a53275${n}-c000.snappy.parquet`;

describe('scanFiles', () => {
  it('widens the types that files were written with, however deep', async () => {
    const table = await fakeTable(
      [
        ['whole', 'long'],
        ['fixed', 'decimal(12,2)'],
        ['digits', 'decimal(10,4)'],
        ['real', 'double'],
        ['clock', 'timestamp_ntz'],
        ['deep', struct(['a', 'long'], ['b', 'double'], ['new', 'string'])],
        ['list', { type: 'array', elementType: struct(['x', 'long'], ['new', 'void']), containsNull: true }],
        ['map', { type: 'map', keyType: 'long', valueType: 'timestamp_ntz', valueContainsNull: true }],
      ],
      [
        {
          path: 'old.parquet',
          sql: "SELECT 7::TINYINT AS whole, 5::INTEGER AS fixed, 1.23::DECIMAL(5,2) AS digits, 1.5::FLOAT AS real, DATE '2020-02-29' AS clock, {'a': 1::SMALLINT, 'b': 2::INTEGER} AS deep, [{'x': 3::INTEGER}] AS list, MAP {4::INTEGER: DATE '0001-01-01'} AS map",
        },
        {
          path: 'new.parquet',
          sql: 'SELECT 8::BIGINT AS whole, NULL::STRUCT(a BIGINT, b DOUBLE, new VARCHAR) AS deep',
        },
      ],
    );
    expect(await rowsOf(table)).toEqual([
      "{'whole': 7, 'fixed': 5.00, 'digits': 1.2300, 'real': 1.5, 'clock': '2020-02-29 00:00:00', 'deep': {'a': 1, 'b': 2.0, 'new': NULL}, 'list': [{'x': 3, 'new': NULL}], 'map': {4='0001-01-01 00:00:00'}}",
      "{'whole': 8, 'fixed': NULL, 'digits': NULL, 'real': NULL, 'clock': NULL, 'deep': NULL, 'list': NULL, 'map': NULL}",
    ]);
    const { sql } = await scanFiles(table.snapshot, table.storage);
    const { rows } = await session.query(
      `SELECT digits::VARCHAR, clock::VARCHAR, deep.b, deep.new, list[1].x, list[1].new, map[4]::VARCHAR FROM (${sql}) WHERE whole = 7`,
    );
    expect(rows).toEqual([['1.2300', '2020-02-29 00:00:00', 2, null, 3n, null, '0001-01-01 00:00:00']]);
  });

  it.each([
    [
      'float',
      'double',
      'SELECT unnest([0.1, 1.5, 16777216])::FLOAT AS a',
      ['0.1::DOUBLE', '1.50000001::DOUBLE', '16777217::DOUBLE'],
    ],
    [
      'integer',
      'double',
      'SELECT unnest([1, 2, 2147483647]) AS a',
      ['1.5::DOUBLE', '0.5::DOUBLE', '2147483647.5::DOUBLE', '1e300'],
    ],
    [
      'decimal(5,2)',
      'decimal(18,4)',
      'SELECT unnest([1.25, 999.99])::DECIMAL(5,2) AS a',
      ['1.2501', '1.2549', '99999999.5'],
    ],
    ['integer', 'decimal(12,2)', 'SELECT unnest([1, 2]) AS a', ['1.01', '1.5', '0.5', '1']],
    [
      'date',
      'timestamp_ntz',
      "SELECT unnest(['2020-01-01', '9999-12-31'])::DATE AS a",
      ["TIMESTAMP '2020-01-01 12:00:00'", "date_trunc('second', a)"],
    ],
  ])('compares what was a %s as the %s that it is', async (fromType, toType, sql, values) => {
    const changes = { 'delta.typeChanges': [{ fromType, toType }] };
    const table = await fakeTable([['a', toType, changes]], [{ path: 'old.parquet', sql }]);
    const scan = (await scanFiles(table.snapshot, table.storage)).sql;
    await session.run(`CREATE OR REPLACE TEMP TABLE widened AS ${scan}`);
    for (const value of values) {
      for (const operator of ['=', '<>', '<', '<=', '>', '>=']) {
        const where = `a ${operator} ${value}`;
        const count = (from: string): Promise<unknown> =>
          session.value(`SELECT count(*) FROM ${from} WHERE ${where}`);
        expect([where, await count(`(${scan})`)]).toEqual([where, await count('widened')]);
      }
    }
  });

  it('finds NaN in files of other writers, which leave it out of their bounds', async () => {
    const sql = "SELECT v::DOUBLE AS a, {'x': v::FLOAT} AS s FROM (VALUES ('0'), ('nan')) AS t(v)";
    const table = await fakeTable(
      [
        ['a', 'double'],
        ['s', struct(['x', 'float'])],
      ],
      [
        { path: spark(1), sql },
        { path: 'duckdb-1b48ffa1-4ea5-4ee4-a4de-9f763a532751.parquet', sql },
      ],
    );
    const scan = (await scanFiles(table.snapshot, table.storage)).sql;
    // The engine's own files have NaN in their bounds, and its reader may go by those.
    expect(
      scan.split(' UNION ALL ').map((branch) => /^SELECT (.*) AS "a", (.*) AS "s"/.exec(branch)?.slice(1)),
    ).toEqual(
      expect.arrayContaining([
        ['c0', 'c1'],
        ['CASE WHEN c0 IS NOT NULL THEN c0 END', 'CASE WHEN c1 IS NOT NULL THEN c1 END'],
      ]),
    );
    expect(await session.value(`SELECT count(*) FROM (${scan}) WHERE a > 0 AND s.x <> 0`)).toBe(2n);
  });

  it('reads instants of every form alike, whatever the zone of the session', async () => {
    const naive = "TIMESTAMP '2024-07-01 12:00:00.123456'";
    const edges = "TIMESTAMP '0001-01-01 00:00:00'), (TIMESTAMP '9999-12-31 23:59:59.999999'";
    const table = await fakeTable(
      [
        ['moment', 'timestamp'],
        [
          'inside',
          struct(['m', 'timestamp'], ['l', { type: 'array', elementType: 'timestamp', containsNull: true }]),
        ],
      ],
      [
        {
          path: spark(1),
          sql: `SELECT m AS moment, {'m': m, 'l': [m]} AS inside FROM (VALUES (${naive}), (${edges}), (NULL)) AS t(m)`,
        },
        { path: spark(2), sql: "SELECT TIMESTAMPTZ '2024-07-01 12:00:00+00' AS moment" },
        {
          path: 'part-us-0b48ffa1-4ea5-4ee4-a4de-9f763a532750.parquet',
          sql: "SELECT TIMESTAMPTZ '2024-07-01 13:00:00+00' AS moment",
        },
        { path: spark(3), sql: 'SELECT 1 AS other' },
      ],
    );
    const { sql } = await scanFiles(table.snapshot, table.storage);
    await session.run("SET TimeZone = 'America/New_York'");
    const { rows } = await session.query(
      `SELECT epoch_us(moment), epoch_us(inside.m), epoch_us(inside.l[1]) FROM (${sql}) ORDER BY ALL`,
    );
    const found = await session.value(
      `SELECT count(*) FROM (${sql}) WHERE moment = '2024-07-01 12:00:00.123456+00'`,
    );
    await session.run("SET TimeZone = 'UTC'");
    const thrice = (micros: bigint): bigint[] => [micros, micros, micros];
    expect(rows).toEqual([
      thrice(-62135596800000000n),
      [1719835200000000n, null, null],
      thrice(1719835200123456n),
      [1719838800000000n, null, null],
      thrice(253402300799999999n),
      [null, null, null],
      [null, null, null],
    ]);
    expect(found).toBe(1n);
  });

  it.each([
    [
      'string',
      ["a b/c'd", 'ü', '__HIVE_DEFAULT_PARTITION__x', 'a\0b', ' '],
      ["a b/c'd", 'ü', '__HIVE_DEFAULT_PARTITION__x', 'a\0b', ' '],
    ],
    ['date', ['0001-01-01', '9999-12-31'], ['0001-01-01', '9999-12-31']],
    [
      'timestamp',
      ['0001-01-01 00:00:00', '9999-12-31 23:59:59.999999', '2024-07-01T12:00:00.000001Z'],
      ['0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999999+00', '2024-07-01 12:00:00.000001+00'],
    ],
    [
      'timestamp_ntz',
      ['0001-01-01 00:00:00', '9999-12-31 23:59:59.999999'],
      ['0001-01-01 00:00:00', '9999-12-31 23:59:59.999999'],
    ],
    ['binary', ['\u0001\u0002', 'é'], ['\\x01\\x02', '\\xC3\\xA9']],
    ['boolean', ['true', 'false'], ['true', 'false']],
    ['double', ['NaN', '-Infinity', '1.5E10'], ['nan', '-inf', '15000000000.0']],
    [
      'decimal(38,2)',
      ['-999999999999999999999999999999999999.99'],
      ['-999999999999999999999999999999999999.99'],
    ],
    ['byte', ['-128'], ['-128']],
  ] as const)(
    'gives partition values of type %s from the log, with constants and in lists',
    async (type, texts, shown) => {
      const values = [...texts, '', null];
      const wanted = [...shown, null, null];
      const files = (copies: number): FileSpec[] =>
        Array.from({ length: copies }, (_, copy) =>
          values.map(
            (value, i): FileSpec => ({
              path: `p=__HIVE_DEFAULT_PARTITION__/${i}-${copy}.parquet`,
              sql: `SELECT ${i} AS id`,
              partition: { 'col-p': value, 'col-q': String(copy) },
            }),
          ),
        ).flat();
      const mapped = (name: string) => ({
        'delta.columnMapping.physicalName': name,
        'delta.columnMapping.id': 1,
      });
      for (const copies of [1, Math.ceil(200 / values.length)]) {
        const table = await fakeTable(
          [
            ['p', type, mapped('col-p')],
            ['id', 'integer', mapped('id')],
            ['q', 'integer', mapped('col-q')],
          ],
          files(copies),
          { partitionBy: ['p', 'q'], properties: { 'delta.columnMapping.mode': 'name' } },
        );
        const { sql } = await scanFiles(table.snapshot, table.storage);
        const { rows } = await session.query(`SELECT DISTINCT id, p::VARCHAR FROM (${sql}) ORDER BY id`);
        expect(rows).toEqual(wanted.map((value, i) => [i, value]));
      }
    },
  );

  it('finds columns of mapped tables by name or by id', async () => {
    const mapped = (name: string, id: number) => ({
      'delta.columnMapping.physicalName': name,
      'delta.columnMapping.id': id,
    });
    const fields: Field[] = [
      ['renamed', 'long', mapped('col-a', 4)],
      ['inside', struct(['member', 'long', mapped('col-m', 7)]), mapped('col-s', 6)],
      ['added', 'string', mapped('col-z', 9)],
    ];
    const sql = 'SELECT 5 AS "col-a", {\'col-m\': 6} AS "col-s"';
    const byName = await fakeTable(fields, [{ path: 'a.parquet', sql }], {
      properties: { 'delta.columnMapping.mode': 'name' },
    });
    const first = await scanFiles(byName.snapshot, byName.storage);
    expect((await session.query(`SELECT renamed, inside.member, added FROM (${first.sql})`)).rows).toEqual([
      [5n, 6n, null],
    ]);
    const byId = await fakeTable(
      fields,
      [
        {
          path: 'a.parquet',
          sql: "SELECT 5 AS strange, {'col-m': 6} AS odd, 'no' AS renamed",
          options: ', FIELD_IDS {strange: 4, odd: {__duckdb_field_id: 6, "col-m": 7}}',
        },
      ],
      { properties: { 'delta.columnMapping.mode': 'id' } },
    );
    const second = await scanFiles(byId.snapshot, byId.storage);
    expect((await session.query(`SELECT renamed, inside.member, added FROM (${second.sql})`)).rows).toEqual([
      [5n, 6n, null],
    ]);
  });

  it.each(['name', 'id'])(
    'gives null members for structs of which a file has no member left, by %s',
    async (mode) => {
      const mapped = (name: string, id: number) => ({
        'delta.columnMapping.physicalName': name,
        'delta.columnMapping.id': id,
      });
      const inner = struct(
        ['late.r', 'long', mapped('col-y.1', 20)],
        ['moment', 'timestamp', mapped('col-t', 21)],
        ['list', { type: 'array', elementType: 'integer', containsNull: true }, mapped('col-l', 22)],
        [
          'map',
          { type: 'map', keyType: 'string', valueType: 'decimal(10,2)', valueContainsNull: true },
          mapped('col-p', 23),
        ],
        ['deep', struct(['w', 'double', mapped('col-w', 25)]), mapped('col-d', 24)],
      );
      const fields: Field[] = [
        ['k', 'long', mapped('k', 1)],
        ['s', inner, mapped('s', 2)],
        [
          'a',
          { type: 'array', elementType: struct(['z', 'date', mapped('z', 30)]), containsNull: true },
          mapped('a', 4),
        ],
        ['o', struct(['first', 'long', mapped('p', 7)]), mapped('o', 6)],
      ];
      const ids =
        ', FIELD_IDS {k: 1, s: {__duckdb_field_id: 2}, a: {__duckdb_field_id: 4}, o: {__duckdb_field_id: 6, p: 7}}';
      const { snapshot, storage } = await fakeTable(
        fields,
        [
          {
            path: 'old.parquet',
            sql: "SELECT * FROM (VALUES (1, {'x': 1}, [{'y': 1}, NULL], {'p': 1::BIGINT}), (2, NULL, NULL, NULL)) v(k, s, a, o)",
            options: ids,
          },
          {
            path: 'new.parquet',
            sql: `SELECT 3 AS k, {'col-y.1': 8, 'col-t': timestamp '2024-01-01 10:00:00', 'col-l': [1, NULL], 'col-p': MAP {'q': 1.5::DECIMAL(10,2)}, 'col-d': {'col-w': 2.5}} AS s, [{'z': date '2024-01-02'}] AS a, {'p': 3::BIGINT} AS o`,
            options: ids,
          },
        ],
        { properties: { 'delta.columnMapping.mode': mode } },
      );
      const { sql } = await scanFiles(snapshot, storage);
      const rows = await session.query(
        `SELECT k, s IS NULL, s."late.r", epoch(s.moment), s.list::VARCHAR, s.map::VARCHAR, s.deep.w, a::VARCHAR, o::VARCHAR FROM (${sql}) ORDER BY k`,
      );
      expect(rows.rows).toEqual([
        [1n, false, null, null, null, null, null, "[{'z': NULL}, NULL]", "{'first': 1}"],
        [2n, true, null, null, null, null, null, null, null],
        [3n, false, 8n, 1704103200, '[1, NULL]', '{q=1.50}', 2.5, "[{'z': 2024-01-02}]", "{'first': 3}"],
      ]);
      const types = (from: string) => session.query(`DESCRIBE ${from}`);
      const empty = await scanFiles(snapshot, storage, { files: [] });
      expect((await types(sql)).rows).toEqual((await types(empty.sql)).rows);
    },
  );

  it('reads a struct with members as one where the statistics say that a file has one of them', async () => {
    const mapped = (name: string, id: number) => ({
      'delta.columnMapping.physicalName': name,
      'delta.columnMapping.id': id,
    });
    const { snapshot, storage } = await fakeTable(
      [['s', struct(['x', 'long', mapped('x', 5)]), mapped('s', 1)]],
      [
        {
          path: 'a.parquet',
          sql: "SELECT {'x': 1} AS s",
          stats: '{"numRecords":1,"nullCount":{"s":{"x":0}}}',
        },
      ],
      { properties: { 'delta.columnMapping.mode': 'name' } },
    );
    const { sql } = await scanFiles(snapshot, storage);
    expect(sql).not.toContain('VARIANT');
    expect((await session.query(`SELECT s.x FROM (${sql})`)).rows).toEqual([[1n]]);
  });

  it('tells for each row which file it is of and where it stands there, however files are put together', async () => {
    const few = (count: number, deleted: (i: number) => readonly number[] | undefined): FileSpec[] =>
      Array.from({ length: count }, (_, i) => {
        const gone = deleted(i);
        return {
          path: `f${i}.parquet`,
          sql: `SELECT ${i} AS file, range AS row FROM range(40)`,
          partition: { p: String(i % 7) },
          ...(gone === undefined ? {} : { deleted: gone }),
        };
      });
    const patterns: ((i: number) => readonly number[] | undefined)[] = [
      () => undefined,
      (i) => (i % 2 === 0 ? [0, 39] : undefined),
      (i) => Array.from({ length: 10 }, (_, n) => n * 3 + (i % 3)),
    ];
    for (const count of [3, 160]) {
      for (const pattern of patterns) {
        const fields: Field[] = [
          ['file', 'integer'],
          ['row', 'long'],
          ['p', 'integer'],
        ];
        const table = await fakeTable(fields, few(count, pattern), { partitionBy: ['p'] });
        const scan = await scanFiles(table.snapshot, table.storage, { identity: true });
        const { rows } = await session.query(
          `SELECT __boathouse_file, file, p, count(*), list(row ORDER BY row), bool_and(row = __boathouse_row) FROM (${scan.sql}) GROUP BY ALL`,
        );
        expect(rows.length).toBe(count);
        for (const [index, file, p, , positions, agrees] of rows) {
          expect(scan.files[Number(index)]?.path).toBe(`f${file}.parquet`);
          const gone = new Set(pattern(Number(file)) ?? []);
          const kept = Array.from({ length: 40 }, (_, row) => BigInt(row)).filter(
            (row) => !gone.has(Number(row)),
          );
          expect([p, positions, agrees]).toEqual([Number(file) % 7, kept, true]);
        }
      }
    }
  });

  it('leaves out deleted rows that lie far apart in a large file', async () => {
    const deleted = Array.from({ length: 50 }, (_, i) => i * 19_999);
    const table = await fakeTable(
      [['id', 'long']],
      Array.from({ length: 90 }, (_, i) => ({
        path: `f${i}.parquet`,
        sql: `SELECT range AS id FROM range(${i === 0 ? 1_000_000 : 10})`,
        deleted: i === 0 ? deleted : [1, 3, 5, 7, 8, 9, 0],
      })),
    );
    const { sql } = await scanFiles(table.snapshot, table.storage);
    expect(sql.length).toBeLessThan(100_000);
    const { rows } = await session.query(
      `SELECT count(*), count(*) FILTER (WHERE id % 19999 = 0 AND id < 999950) FROM (${sql}) WHERE id > 9`,
    );
    expect(rows).toEqual([[999_990n - 49n, 0n]]);
    expect(await session.value(`SELECT count(*) FROM (${sql})`)).toBe(999_950n + 89n * 3n);
  });

  it('gives row ids and versions from the log, or from the file where it has its own', async () => {
    const properties = {
      'delta.rowTracking.materializedRowIdColumnName': '_id',
      'delta.rowTracking.materializedRowCommitVersionColumnName': '_version',
    };
    const files = (count: number): FileSpec[] =>
      Array.from({ length: count }, (_, i) => ({
        path: `f${i}.parquet`,
        sql:
          i === 1
            ? 'SELECT range AS a, CASE WHEN range = 0 THEN 77 END AS _id, 5 AS _version FROM range(2)'
            : 'SELECT range AS a FROM range(2)',
        ...(i === 2 ? {} : { baseRowId: i * 10, version: i + 1 }),
      }));
    for (const count of [3, 140]) {
      const table = await fakeTable([['a', 'long']], files(count), { properties });
      const scan = await scanFiles(table.snapshot, table.storage, { rowTracking: true, identity: true });
      const { rows } = await session.query(
        `SELECT a, __boathouse_row_id, __boathouse_row_version FROM (${scan.sql}) WHERE __boathouse_file < 3 ORDER BY __boathouse_file, a`,
      );
      expect(rows).toEqual([
        [0n, 0n, 1n],
        [1n, 1n, 1n],
        [0n, 77n, 5n],
        [1n, 11n, 5n],
        [0n, null, null],
        [1n, null, null],
      ]);
    }
  });

  it('reads files elsewhere, names that need care, and tables without files or without columns of their own', async () => {
    const elsewhere = path.join(folder, 'else where', 'x*[1]?.parquet');
    const clone = await fakeTable(
      [['a', 'long']],
      [
        { path: pathToFileURL(elsewhere).href, sql: 'SELECT 1 AS a' },
        { path: "it's%20100%2525/y*.parquet", sql: 'SELECT 2 AS a' },
      ],
    );
    expect(await rowsOf(clone)).toEqual(["{'a': 1}", "{'a': 2}"]);
    const { sql } = await scanFiles(clone.snapshot, clone.storage);
    expect((await session.query(`SELECT a FROM (${sql}) ORDER BY a`)).rows).toEqual([[1n], [2n]]);
    const nothing = await fakeTable(
      [
        ['a', 'void'],
        ['b', struct(['c', 'date'])],
      ],
      [],
    );
    const scan = await scanFiles(nothing.snapshot, nothing.storage, { identity: true, rowTracking: true });
    expect((await session.describe(scan.sql)).map(({ name }) => name)).toEqual([
      'a',
      'b',
      '__boathouse_file',
      '__boathouse_row',
      '__boathouse_row_id',
      '__boathouse_row_version',
    ]);
    const bare = await fakeTable(
      [['p', 'integer']],
      [{ path: 'p=1/a.parquet', sql: 'SELECT 9 AS p, 1 AS x FROM range(3)', partition: { p: '1' } }],
      { partitionBy: ['p'] },
    );
    const all = await scanFiles(bare.snapshot, bare.storage);
    expect((await session.query(all.sql)).rows).toEqual([[1], [1], [1]]);
    const picked = await scanFiles(clone.snapshot, clone.storage, { columns: [], identity: true });
    expect((await session.describe(picked.sql)).length).toBe(2);
  });

  it('leaves files out by partition and statistics, and the engine leaves out the rest of the partitions', async () => {
    const files = Array.from(
      { length: 300 },
      (_, i): FileSpec => ({
        path: `f${i}.parquet`,
        sql: `SELECT ${i} AS id`,
        partition: { p: i === 299 ? null : String(i) },
        stats: `{"numRecords":1,"minValues":{"id":${i}},"maxValues":{"id":${i}},"nullCount":{"id":0}}`,
      }),
    );
    const table = await fakeTable(
      [
        ['id', 'long'],
        ['p', 'integer'],
      ],
      files,
      { partitionBy: ['p'] },
    );
    const by = async (predicate: Predicate): Promise<number> =>
      (await scanFiles(table.snapshot, table.storage, { predicate })).files.length;
    expect(await by({ kind: 'compare', path: ['id'], operator: '>=', value: 290 })).toBe(10);
    expect(await by({ kind: 'compare', path: ['P'], operator: '=', value: 5 })).toBe(1);
    expect(await by({ kind: 'is-null', path: ['p'] })).toBe(1);
    const { sql } = await scanFiles(table.snapshot, table.storage);
    const scansIn = async (where: string): Promise<number> => {
      const { rows } = await session.query(`EXPLAIN SELECT id FROM (${sql}) WHERE ${where}`);
      return String(rows[0]?.[1]).match(/Function:/g)?.length ?? 0;
    };
    expect(await scansIn('p = 5')).toBe(1);
    expect(await scansIn('p > 280')).toBeLessThan(6);
    expect((await session.query(`SELECT id FROM (${sql}) WHERE p IN (5, 250)`)).rows.flat().sort()).toEqual([
      250n,
      5n,
    ]);
  });
});
