/**
 * What we write into tables of every feature, read by Delta Spark, delta-rs and DuckDB; then Spark goes on
 * writing, and we read that.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDeltaRelation } from '../../src/tables/index.ts';
import { Court, type Reader } from './court.ts';
import { deleteFrom, insertInto, mergeInto, updateTable } from './operations.ts';
import { peerMissing } from './peer.ts';
import { sparkMissing } from './spark.ts';

const missing = sparkMissing ?? peerMissing;
if (missing !== undefined) console.log(`conformance of our writes skipped: ${missing}`);

type PeerName = 'delta-rs' | 'delta-rs Arrow' | 'DuckDB';

interface Case {
  readonly name: string;
  /** Spark makes the table; `$t` stands for it. */
  readonly make: readonly string[];
  /** What we do to it. */
  readonly write: (table: string) => Promise<unknown>;
  /** What is in it then, in DuckDB's words; `$t` is not known here. Only compared between readers when absent. */
  readonly wanted?: string;
  /** Peers that refuse such tables. */
  readonly refused?: readonly PeerName[];
  /** Peers that read such tables wrong, and how. */
  readonly wrong?: Partial<Record<PeerName, string>>;
  /** What Spark does then. */
  readonly onward?: readonly string[];
  /** What is selected of the table on our side and on Spark's, where it isn't every column. */
  readonly select?: readonly [string, string];
}

const base = (properties: Record<string, string> = {}, rest = ''): string[] => {
  const list = Object.entries(properties).map(([key, value]) => `'${key}' = '${value}'`);
  const tail = list.length === 0 ? '' : ` TBLPROPERTIES (${list.join(', ')})`;
  return [
    `CREATE TABLE $t (a BIGINT, b STRING, p INT) USING delta ${rest}${tail}`,
    "INSERT INTO $t SELECT id, 'row ' || id, id % 3 FROM range(0, 30, 1, 2)",
  ];
};
const vectors = { 'delta.enableDeletionVectors': 'true' };
const rewritten = { 'delta.enableDeletionVectors': 'false' };
const tracked = { 'delta.enableRowTracking': 'true' };
const feed = { 'delta.enableChangeDataFeed': 'true' };

/** Append, update, delete and merge, and what comes of it. */
async function everything(table: string): Promise<void> {
  await insertInto(table, "SELECT i::BIGINT a, 'new' b, 7 p FROM range(100, 105) t(i)");
  await updateTable(table, { b: "b || '!'" }, 'a % 5 = 1');
  await deleteFrom(table, 'a % 7 = 3');
  await mergeInto(table, {
    source: "SELECT i::BIGINT a, 'merged' b, 8 p FROM range(20, 40) t(i)",
    on: 'source.a = target.a',
    clauses: [
      { kind: 'matched-update', condition: 'source.a % 2 = 0', set: { b: 'source.b' } },
      { kind: 'matched-delete' },
      { kind: 'not-matched-insert', condition: 'source.a < 35', values: 'all' },
      { kind: 'not-matched-by-source-delete', condition: 'target.a = 0' },
    ],
  });
}

const afterEverything = `
  WITH base AS (SELECT i a, 'row ' || i b, (i % 3)::INTEGER p FROM range(30) t(i)
      UNION ALL SELECT i, 'new', 7 FROM range(100, 105) t(i)),
    kept AS (SELECT a, CASE WHEN a % 5 = 1 THEN b || '!' ELSE b END b, p FROM base WHERE a % 7 <> 3)
  SELECT a, CASE WHEN a BETWEEN 20 AND 39 THEN 'merged' ELSE b END b, p FROM kept
    WHERE NOT (a BETWEEN 20 AND 39 AND a % 2 = 1) AND a <> 0
  UNION ALL SELECT i, 'merged', 8 FROM range(20, 35) t(i) WHERE i NOT IN (SELECT a FROM kept)`;

const goOn = [
  "INSERT INTO $t (a, b, p) VALUES (1000, 'by Spark', 1)",
  'DELETE FROM $t WHERE a % 4 = 0',
  "UPDATE $t SET b = 'upd' WHERE a % 9 = 5",
  'OPTIMIZE $t',
];
const arrow: readonly PeerName[] = ['delta-rs Arrow'];
const deltaRs: readonly PeerName[] = ['delta-rs', 'delta-rs Arrow'];

const cases: readonly Case[] = [
  {
    name: 'no feature at all',
    make: base(rewritten),
    write: everything,
    wanted: afterEverything,
    onward: goOn,
  },
  {
    name: 'partitions, copy on write',
    make: base(rewritten, 'PARTITIONED BY (p)'),
    write: everything,
    wanted: afterEverything,
    onward: goOn,
  },
  {
    name: 'deletion vectors',
    make: base(vectors),
    write: everything,
    wanted: afterEverything,
    refused: arrow,
    onward: [...goOn, 'REORG TABLE $t APPLY (PURGE)'],
  },
  {
    name: 'deletion vectors on top of deletion vectors of Spark, partitioned',
    make: [...base(vectors, 'PARTITIONED BY (p)'), 'DELETE FROM $t WHERE a IN (11, 12, 13)'],
    write: everything,
    refused: arrow,
    onward: goOn,
  },
  ...['name', 'id'].map(
    (mode): Case => ({
      name: `column mapping by ${mode}, partitioned, renamed`,
      make: [
        'CREATE TABLE $t (a BIGINT, x STRING, q INT) USING delta PARTITIONED BY (q) ' +
          `TBLPROPERTIES ('delta.columnMapping.mode' = '${mode}', 'delta.enableDeletionVectors' = 'true')`,
        "INSERT INTO $t SELECT id, 'row ' || id, id % 3 FROM range(0, 30, 1, 2)",
        'ALTER TABLE $t RENAME COLUMN x TO b',
        'ALTER TABLE $t RENAME COLUMN q TO p',
      ],
      write: everything,
      wanted: afterEverything,
      refused: arrow,
      onward: [...goOn, 'ALTER TABLE $t DROP COLUMN b'],
    }),
  ),
  {
    name: 'row tracking',
    make: base({ ...tracked, ...rewritten }),
    write: everything,
    wanted: afterEverything,
    onward: goOn,
  },
  {
    name: 'row tracking with deletion vectors',
    make: base({ ...tracked, ...vectors }),
    write: everything,
    wanted: afterEverything,
    refused: arrow,
    onward: goOn,
  },
  {
    name: 'a change data feed',
    make: base({ ...feed, ...rewritten }),
    write: everything,
    wanted: afterEverything,
    onward: goOn,
  },
  {
    name: 'a change data feed with deletion vectors',
    make: base({ ...feed, ...vectors }),
    write: everything,
    wanted: afterEverything,
    refused: arrow,
    onward: goOn,
  },
  {
    name: 'in-commit timestamps',
    make: base({ 'delta.enableInCommitTimestamps': 'true', ...rewritten }),
    write: everything,
    wanted: afterEverything,
    onward: goOn,
  },
  {
    name: 'liquid clustering',
    make: base(rewritten, 'CLUSTER BY (a)'),
    write: everything,
    wanted: afterEverything,
    onward: goOn,
  },
  {
    name: 'v2 checkpoints, written every two commits',
    make: base({ 'delta.checkpointPolicy': 'v2', 'delta.checkpointInterval': '2', ...rewritten }),
    write: everything,
    wanted: afterEverything,
    refused: arrow,
    onward: goOn,
  },
  {
    name: 'classic checkpoints with struct statistics, every two commits',
    make: base({
      'delta.checkpoint.writeStatsAsStruct': 'true',
      'delta.checkpoint.writeStatsAsJson': 'false',
      'delta.checkpointInterval': '2',
      ...rewritten,
    }),
    write: everything,
    wanted: afterEverything,
    onward: goOn,
  },
  {
    name: 'icebergCompatV2',
    make: base({ 'delta.columnMapping.mode': 'name', 'delta.enableIcebergCompatV2': 'true', ...rewritten }),
    write: everything,
    wanted: afterEverything,
    refused: ['delta-rs Arrow', 'DuckDB'],
    onward: goOn,
  },
  {
    name: 'materialized partition columns',
    make: base(
      { 'delta.feature.materializePartitionColumns': 'supported', ...rewritten },
      'PARTITIONED BY (p)',
    ),
    write: everything,
    wanted: afterEverything,
    onward: goOn,
  },
  {
    name: 'check constraints, NOT NULL and defaults',
    make: [
      "CREATE TABLE $t (a BIGINT NOT NULL, b STRING DEFAULT 'none', p INT DEFAULT 1 + 2) USING delta TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported', 'delta.enableDeletionVectors' = 'false')",
      'ALTER TABLE $t ADD CONSTRAINT small CHECK (a < 10000 AND (b IS NULL OR length(b) < 50))',
    ],
    write: async (table) => {
      await insertInto(table, 'SELECT 1::BIGINT a');
      await insertInto(table, 'SELECT 2::BIGINT a, NULL::VARCHAR b, 5 p');
      await expect(insertInto(table, 'SELECT 20000::BIGINT a')).rejects.toThrow(/small/);
      await expect(insertInto(table, "SELECT NULL::BIGINT a, 'x' b, 1 p")).rejects.toThrow(/\ba\b/);
    },
    wanted: "SELECT 1::BIGINT a, 'none' b, 3 p UNION ALL SELECT 2, NULL, 5",
    onward: ['INSERT INTO $t (a) VALUES (3)', 'UPDATE $t SET p = DEFAULT WHERE a = 2'],
  },
  {
    name: 'generated columns',
    make: [
      'CREATE TABLE $t (a BIGINT, b STRING, at TIMESTAMP, d DATE, y INT, twice BIGINT) USING delta TBLPROPERTIES (' +
        "'delta.constraints.unused' = 'a >= 0', 'delta.minWriterVersion' = '4', 'delta.minReaderVersion' = '1')",
    ],
    write: (table) =>
      insertInto(
        table,
        "SELECT 1::BIGINT a, 'x' b, TIMESTAMPTZ '2024-01-02 03:04:05+00' AS at, NULL::DATE d, 1 y, 2::BIGINT twice",
      ),
  },
  {
    name: 'identity columns',
    make: [
      'CREATE TABLE $t (id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5), a BIGINT, b STRING, p INT) USING delta',
      "INSERT INTO $t (a, b, p) VALUES (1, 'spark', 0)",
    ],
    write: async (table) => {
      await insertInto(table, "SELECT i::BIGINT a, 'us' b, 1 p FROM range(3) t(i)");
      await updateTable(table, { b: "'changed'" }, 'a = 2');
      await deleteFrom(table, 'a = 0');
    },
    refused: ['delta-rs Arrow'],
    onward: ["INSERT INTO $t (a, b, p) VALUES (1000, 'again', 2)"],
  },
  {
    name: 'widened types',
    make: [
      `CREATE TABLE $t (a INT, b STRING, p SMALLINT) USING delta TBLPROPERTIES ('delta.enableTypeWidening' = 'true', 'delta.enableDeletionVectors' = 'false')`,
      "INSERT INTO $t SELECT id, 'row ' || id, id % 3 FROM range(0, 30, 1, 2)",
      'ALTER TABLE $t CHANGE COLUMN a TYPE BIGINT',
      'ALTER TABLE $t CHANGE COLUMN p TYPE INT',
    ],
    write: everything,
    wanted: afterEverything,
    refused: deltaRs,
    onward: goOn,
  },
  {
    name: 'append-only',
    make: base({ 'delta.appendOnly': 'true', ...rewritten }),
    write: async (table) => {
      await insertInto(table, "SELECT 99::BIGINT a, 'x' b, 1 p");
      await expect(deleteFrom(table, 'a = 99')).rejects.toThrow(/append/i);
    },
  },
  {
    name: 'timestamps without zone, nested columns',
    make: [
      "CREATE TABLE $t (a TIMESTAMP_NTZ, s STRUCT<x: INT, l: ARRAY<STRUCT<y: TIMESTAMP_NTZ>>>, m MAP<STRING, DECIMAL(9,3)>) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')",
      "INSERT INTO $t VALUES (TIMESTAMP_NTZ '2024-01-01 00:00:00', NULL, NULL)",
    ],
    write: async (table) => {
      await insertInto(
        table,
        "SELECT TIMESTAMP '1969-12-31 23:59:59.999999' a, {'x': 1, 'l': [{'y': TIMESTAMP '9999-12-31 00:00:00'}, NULL]} s, MAP {'k': 1.5::DECIMAL(9,3)} m",
      );
      await updateTable(table, { 's.x': '2' }, "a < TIMESTAMP '2000-01-01'");
    },
    onward: ['INSERT INTO $t VALUES (NULL, NULL, map())', 'OPTIMIZE $t'],
  },
  {
    name: 'variants',
    make: [
      "CREATE TABLE $t (a BIGINT, v VARIANT) USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = 'false')",
      'INSERT INTO $t SELECT 1, parse_json(\'{"x": 1}\')',
    ],
    write: async (table) => {
      await insertInto(table, "SELECT 2::BIGINT a, {'y': 'text', 'z': [1, 2]}::VARIANT v");
      await deleteFrom(table, 'a = 1');
    },
    select: ['a, CAST(v AS JSON)::VARCHAR v', 'a, to_json(v) v'],
    refused: ['delta-rs', 'delta-rs Arrow', 'DuckDB'],
  },
];

describe.skipIf(missing !== undefined)('what we write', { timeout: 240_000 }, () => {
  let court: Court;
  beforeAll(async () => {
    court = await Court.open();
    await court.spark.run('SELECT 1');
  });
  afterAll(() => court?.[Symbol.asyncDispose]());

  const onTable = (table: string, statements: readonly string[]): string[] =>
    statements.map((sql) => sql.replaceAll('$t', `delta.\`${table}\``));
  const selected = (sql: string, columns: string): string => `SELECT ${columns} FROM (${sql})`;

  async function expectPeersAgree(
    table: string,
    wanted: string,
    { refused = [], wrong = {} }: Case,
  ): Promise<void> {
    const peers: [PeerName, Reader][] = [
      ['delta-rs', court.byDeltaRs],
      ['delta-rs Arrow', court.byDeltaRsArrow],
      ['DuckDB', court.byDuckdb],
    ];
    for (const [name, reader] of peers) {
      if (refused.includes(name) || wrong[name] !== undefined) continue;
      await court.expectSame(await reader(table), wanted, { types: false, reader: name });
    }
  }

  it.each(cases)('is read equal in tables with $name, and goes on by Spark', async (one) => {
    const table = court.fresh();
    const [mine, theirs] = one.select ?? ['*', '*'];
    await court.spark.run(...onTable(table, one.make));
    await one.write(table);
    const ours = selected((await openDeltaRelation(table)).sql, mine);
    if (one.wanted !== undefined) await court.expectSame(ours, one.wanted);
    const spark = await court.sparkQuery(`SELECT ${theirs} FROM delta.\`${table}\``);
    await court.expectSame(ours, spark);
    await expectPeersAgree(table, spark, one);

    const history = await court.spark.run(...onTable(table, ['DESCRIBE HISTORY $t']));
    const [detail] = await court.spark.run(...onTable(table, ['DESCRIBE DETAIL $t']));
    expect(detail).toMatchObject({ format: 'delta', numFiles: expect.any(Number) });
    if (one.onward !== undefined) {
      await court.spark.run(...onTable(table, one.onward));
      const again = selected((await openDeltaRelation(table)).sql, mine);
      await court.expectSame(again, await court.sparkQuery(`SELECT ${theirs} FROM delta.\`${table}\``));
    }
    expect(history[0]?.['operation']).toEqual(expect.any(String));
  });
});
