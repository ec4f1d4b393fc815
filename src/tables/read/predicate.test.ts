import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchesWholly, mayMatch, type Predicate, parseSchema, predicatePaths } from '../../delta/index.ts';
import { Database, type Session } from '../../duckdb/index.ts';
import { TableHandle, writeDelta } from '../index.ts';
import { parsePredicate } from './predicate.ts';
import { fileColumn, scanFiles } from './scan-files.ts';

let database: Database;
let session: Session;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'boathouse-predicate-'));
  database = await Database.open();
  session = await database.session();
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const field = (name: string, type: unknown): unknown => ({ name, type, nullable: true, metadata: {} });
const columns = parseSchema(
  JSON.stringify({
    type: 'struct',
    fields: [
      field('id', 'long'),
      field('day', 'date'),
      field('clock', 'timestamp_ntz'),
      field('moment', 'timestamp'),
      field('Name', 'string'),
      field('price', 'decimal(10,2)'),
      field('flag', 'boolean'),
      field('weight', 'double'),
      field('box', { type: 'struct', fields: [field('x', 'integer')] }),
    ],
  }),
);

describe('parsePredicate', () => {
  it.each([
    ['id = 5', { kind: 'compare', path: ['id'], operator: '=', value: 5n }],
    ['5 < id', { kind: 'compare', path: ['id'], operator: '>', value: 5n }],
    ['id > 2 + 3', { kind: 'compare', path: ['id'], operator: '>', value: 5n }],
    ["id = '7'", { kind: 'compare', path: ['id'], operator: '=', value: 7n }],
    ["name = 'x'", { kind: 'compare', path: ['Name'], operator: '=', value: 'x' }],
    ["day = '2024-01-02'", { kind: 'compare', path: ['day'], operator: '=', value: '2024-01-02' }],
    ["day > DATE '2024-01-02' + 3", { kind: 'compare', path: ['day'], operator: '>', value: '2024-01-05' }],
    [
      "day >= TIMESTAMP '1970-01-01 00:00:01'",
      { kind: 'compare', path: ['day'], via: [{ kind: 'to-timestamp' }], operator: '>=', value: 1_000_000n },
    ],
    [
      "clock < '1970-01-01 00:00:01.5'",
      { kind: 'compare', path: ['clock'], operator: '<', value: 1_500_000n },
    ],
    [
      "moment < '1970-01-01 00:00:01+00'",
      { kind: 'compare', path: ['moment'], operator: '<', value: 1_000_000n },
    ],
    ['price = 1.50', { kind: 'compare', path: ['price'], operator: '=', value: '1.50' }],
    ['box.x = 1', { kind: 'compare', path: ['box', 'x'], operator: '=', value: 1n }],
    ["box['x'] = 1", { kind: 'compare', path: ['box', 'x'], operator: '=', value: 1n }],
    ['flag', { kind: 'compare', path: ['flag'], operator: '=', value: true }],
    ['NOT flag', { kind: 'not', of: { kind: 'compare', path: ['flag'], operator: '=', value: true } }],
    ['id IN (1, NULL, 2)', { kind: 'in', path: ['id'], values: [1n, 2n], hasNull: true }],
    ['id BETWEEN 1 AND 3', { kind: 'between', path: ['id'], low: 1n, high: 3n }],
    ['id = NULL', { kind: 'constant', value: null }],
    ['id IS NULL', { kind: 'is-null', path: ['id'] }],
    ["Name LIKE 'ab%'", { kind: 'starts-with', path: ['Name'], prefix: 'ab' }],
    ["Name LIKE 'ab'", { kind: 'compare', path: ['Name'], operator: '=', value: 'ab' }],
    [
      'year(day) = 2024',
      { kind: 'compare', path: ['day'], via: [{ kind: 'year' }], operator: '=', value: 2024n },
    ],
    [
      "date_trunc('month', clock) = DATE '2024-01-01'",
      {
        kind: 'compare',
        path: ['clock'],
        via: [{ kind: 'truncate', unit: 'month' }],
        operator: '=',
        value: 1704067200000000n,
      },
    ],
  ] satisfies [string, Predicate][])('understands %s', async (sql, expected) => {
    expect(await parsePredicate(session, sql, columns)).toEqual(expected);
  });

  it.each([
    ...[
      'id = weight',
      'random() > 0.5',
      'id = (SELECT 1)',
      'id > now()',
      'month(day) = month(current_date)',
      'day <> current_date',
      'day > current_date - id',
      'nobody = 1',
    ],
    ...[
      'id = ?',
      'other.id = 1',
      "lower(Name) = 'x'",
      'TRY_CAST(Name AS INTEGER) IS NULL',
      "moment::DATE = DATE '2024-01-01'",
    ],
    ...['id = 1); SELECT (2', 'id = ', 'price = 1e3', "price = '1.505'", 'name = 5'],
  ])('knows nothing of %s', async (sql) => {
    expect([...predicatePaths(await parsePredicate(session, sql, columns))]).toEqual([]);
  });

  it('takes no name for the clock that may be a column', async () => {
    const isKnown = async (sql: string, scope: object): Promise<boolean> =>
      [...predicatePaths(await parsePredicate(session, sql, columns, scope))].length > 0;
    expect(await isKnown('day > current_date', {})).toBe(true);
    expect(await isKnown('day > current_date', { isAlone: false })).toBe(false);
    expect(await isKnown('day > today()', { isAlone: false })).toBe(true);
  });

  it('takes qualified names only from the table that is meant', async () => {
    const parsed = await parsePredicate(session, 't.id = 1 AND s.id = 2 AND box.x = 3', columns, {
      alias: 'T',
    });
    expect([...predicatePaths(parsed)]).toEqual([['id']]);
  });

  it('takes local times as the session does', async () => {
    await session.run("SET TimeZone = 'America/New_York'");
    const parsed = await parsePredicate(session, "moment = '1970-01-01 00:00:00'", columns);
    await session.run("SET TimeZone = 'UTC'");
    expect(parsed).toMatchObject({ value: 18_000_000_000n });
  });
});

/** Values that lie around the edges of types, statistics and orders. */
const values = {
  id: ['NULL', '-9223372036854775808', '-1', '0', '1', '5', '9007199254740993', '9223372036854775807'],
  price: ['NULL', '-1.50', '0', '1.49', '1.50', '99999999.99'],
  weight: [
    'NULL',
    "'NaN'::DOUBLE",
    "'inf'::DOUBLE",
    "'-inf'::DOUBLE",
    '-0.0::DOUBLE',
    '0.1::DOUBLE',
    '1.5::DOUBLE',
    '1e300',
  ],
  single: ['NULL', "'NaN'::FLOAT", '0.1::FLOAT', '1.1::FLOAT', '16777217::FLOAT'],
  name: [
    'NULL',
    "''",
    "'a'",
    "'ab'",
    "'abc'",
    "'b%'",
    "'é'",
    "'\u{ffff}'",
    "'\u{1f600}'",
    `'${'x'.repeat(40)}'`,
    `'${'x'.repeat(32)}'`,
  ],
  day: [
    'NULL',
    "DATE '1969-12-31'",
    "DATE '2023-12-31'",
    "DATE '2024-01-01'",
    "DATE '2024-02-29'",
    "DATE '9999-12-31'",
  ],
  clock: [
    'NULL',
    "TIMESTAMP '1969-12-31 23:59:59.999999'",
    "TIMESTAMP '2024-01-01 00:00:00'",
    "TIMESTAMP '2024-01-01 00:00:00.000999'",
    "TIMESTAMP '2024-06-15 12:34:56.789'",
  ],
  moment: [
    'NULL',
    "TIMESTAMPTZ '1969-12-31 23:59:59.999999+00'",
    "TIMESTAMPTZ '2024-01-01 00:00:00.000999+00'",
    "TIMESTAMPTZ '2024-06-15 12:34:56.789+02'",
  ],
  flag: ['NULL', 'true', 'false'],
  x: ['NULL', '1', '2'],
  p: ['NULL', "'1'", "'2'", "'10'", "'a b/c'"],
  q: ['NULL', '1', '2'],
} as const;
type Name = keyof typeof values;
const names = Object.keys(values) as Name[];
const shown = (name: Name): string => (name === 'x' ? 'box_.x' : name);

const condition = fc.letrec<{ any: string; leaf: string }>((tie) => {
  const column = fc.constantFrom(...names);
  const withValue = column.chain((name) =>
    fc.tuple(fc.constant(name), fc.constantFrom(...values[name]), fc.constantFrom(...values[name])),
  );
  const operator = fc.constantFrom(
    '=',
    '<>',
    '<',
    '<=',
    '>',
    '>=',
    'IS DISTINCT FROM',
    'IS NOT DISTINCT FROM',
  );
  return {
    any: fc.oneof(
      { depthSize: 'small' },
      tie('leaf'),
      fc.tuple(tie('any'), fc.constantFrom('AND', 'OR'), tie('any')).map(([a, op, b]) => `(${a} ${op} ${b})`),
      tie('any').map((a) => `NOT (${a})`),
    ),
    leaf: fc.oneof(
      fc.tuple(withValue, operator).map(([[name, value], op]) => `${shown(name)} ${op} ${value}`),
      fc.tuple(withValue, operator).map(([[name, value], op]) => `${value} ${op} ${shown(name)}`),
      withValue.map(([name, a, b]) => `${shown(name)} BETWEEN ${a} AND ${b}`),
      withValue.map(([name, a, b]) => `${shown(name)} IN (${a}, ${b})`),
      withValue.map(([name, a, b]) => `${shown(name)} NOT IN (${a}, ${b})`),
      column.map((name) => `${shown(name)} IS NULL`),
      column.map((name) => `${shown(name)} IS NOT NULL`),
      fc.constantFrom(...values.name.slice(1)).map((value) => `name LIKE ${value.slice(0, -1)}%'`),
      fc.constantFrom(...values.name.slice(1)).map((value) => `starts_with(name, ${value})`),
      fc.constantFrom(
        ...[
          'year(day) = 2024',
          "date_trunc('month', clock) >= TIMESTAMP '2024-01-01'",
          'month(day) = 2',
          'day(clock) = 1',
        ],
        ...[
          "clock::DATE = DATE '2024-01-01'",
          "day >= TIMESTAMP '2024-01-01 00:00:01'",
          "clock < DATE '2024-01-01'",
        ],
        ...[
          'id > 1.5',
          'id < 1e0',
          'weight > 1',
          'weight < 0.1',
          'single = 0.1',
          'single > 1.1',
          'price > 1',
          'weight = 1.5',
        ],
        ...[
          "q::VARCHAR = '1'",
          'flag',
          'NOT flag',
          'flag IS TRUE',
          'flag IS NOT FALSE',
          "q = '2'",
          'length(name) > 2',
        ],
        ...[
          "date_trunc('week', day) = DATE '2024-02-26'",
          'extract(quarter FROM day) = 4',
          'single BETWEEN 0.1 AND 1',
          'weight >= 1 AND weight <= 2',
        ],
        ...[
          "moment > '2024-01-01'",
          "moment < DATE '2024-01-01'",
          'q::BIGINT = 1',
          "day::VARCHAR LIKE '2024-%'",
          'id IN [1, 5]',
        ],
      ),
    ),
  };
}).any;

describe('files left out by a condition', () => {
  it('hold no row that the engine would have found, whatever the condition', async () => {
    const table = path.join(folder, 'fuzzed');
    const rows = fc.sample(fc.tuple(...names.map((name) => fc.constantFrom<string>(...values[name]))), {
      numRuns: 60,
      seed: 4,
    });
    const types: Record<Name, string> = {
      id: 'BIGINT',
      price: 'DECIMAL(10,2)',
      weight: 'DOUBLE',
      single: 'FLOAT',
      name: 'VARCHAR',
      day: 'DATE',
      clock: 'TIMESTAMP',
      moment: 'TIMESTAMPTZ',
      flag: 'BOOLEAN',
      x: 'INTEGER',
      p: 'VARCHAR',
      q: 'INTEGER',
    };
    for (let at = 0; at < rows.length; at += 3) {
      const selects = rows.slice(at, at + 3).map(
        (row, n) =>
          `SELECT ${row
            .map((value, i) => {
              const name = names[i] as Name;
              const typed = `CAST(${value} AS ${types[name]})`;
              return name === 'x'
                ? `${n === 1 ? 'NULL::STRUCT(x INTEGER)' : `{'x': ${typed}}`} AS box_`
                : `${typed} AS ${name}`;
            })
            .join(', ')}`,
      );
      await writeDelta(
        table,
        { sql: selects.join(' UNION ALL ') },
        { mode: 'append', partitionBy: ['p', 'q'] },
      );
    }
    const { snapshot, storage } = await TableHandle.open(table);
    const scan = await scanFiles(snapshot, storage, { identity: true });
    await session.run(`CREATE TEMP TABLE fuzzed AS ${scan.sql}`);
    let pruned = 0;
    await fc.assert(
      fc.asyncProperty(condition, async (sql) => {
        const predicate = await parsePredicate(session, sql, snapshot.schema);
        const found = await session.query(
          `SELECT ${fileColumn}, count(*) FILTER (WHERE ${sql}), count(*) FROM fuzzed GROUP BY ALL`,
        );
        for (const [file, matching, all] of found.rows) {
          const add = scan.files[Number(file)];
          if (add === undefined) throw new Error('a file of the scan');
          if (!mayMatch(predicate, add, snapshot)) {
            pruned += 1;
            expect({ sql, file: add.stats, matching }).toEqual({ sql, file: add.stats, matching: 0n });
          }
          if (matchesWholly(predicate, add, snapshot))
            expect({ sql, matching }).toEqual({ sql, matching: all });
        }
      }),
      {
        numRuns: 500,
        examples: [
          ['(id IN (NULL, -9223372036854775808) AND NOT ((clock NOT IN (NULL, NULL) AND id IS NULL)))'],
        ],
      },
    );
    expect(pruned).toBeGreaterThan(1000);
  });
});
