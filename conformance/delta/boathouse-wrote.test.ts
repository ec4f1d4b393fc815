/**
 * What we write into tables of every feature, read by Delta Spark, delta-rs and DuckDB; then Spark goes on
 * writing, and we read that.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TableHandle } from '../../src/tables/index.ts';
import { rowIdColumn, rowVersionColumn, scanFiles } from '../../src/tables/read/scan-files.ts';
import { Court, rowsOf } from './court.ts';
import { deleteFrom, insertInto, mergeInto, updateTable } from './operations.ts';
import { peerMissing } from './peer.ts';
import { sparkMissing } from './spark.ts';
import { judge, nullPartitions, onTable, type PeerName, type Verdict } from './verdict.ts';

const missing = sparkMissing ?? peerMissing;
if (missing !== undefined) console.log(`conformance of our writes skipped: ${missing}`);

/** A table that Spark makes, `$t` in its statements, and we write. */
interface Case extends Verdict {
  readonly name: string;
  readonly make: readonly string[];
  readonly write: (table: string) => Promise<unknown>;
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

// Spark's own MERGE reads, marks or rewrites, and adds: one statement for three.
const goOn = [
  `MERGE INTO $t t USING (SELECT 1000L a, 'by Spark' b, 1 p UNION ALL SELECT id, 'upd', 2 FROM range(0, 40, 4)) s ON t.a = s.a
    WHEN MATCHED AND s.a % 8 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET b = s.b
    WHEN NOT MATCHED AND s.a = 1000 THEN INSERT (a, b, p) VALUES (s.a, s.b, s.p)`,
];
const arrow: readonly PeerName[] = ['delta-rs Arrow'];
const deltaRs: readonly PeerName[] = ['delta-rs', 'delta-rs Arrow'];

const cases: readonly Case[] = [
  {
    name: 'no feature at all',
    make: base(rewritten),
    write: everything,
    wanted: afterEverything,
    onward: [
      ...goOn,
      "INSERT INTO $t (a, b, p) VALUES (1001, 'x', 1)",
      'DELETE FROM $t WHERE a % 4 = 1',
      'OPTIMIZE $t',
    ],
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
      wrong: nullPartitions,
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

  it.each(cases)('is read equal in tables with $name, and Spark goes on', async (one) => {
    const table = court.fresh();
    await court.spark.run(...onTable(table, one.make));
    await one.write(table);
    await judge(court, table, one);
  });

  it.each([
    ['copies', { ...feed, ...rewritten }],
    ['deletion vectors', { ...feed, ...vectors }],
    ['copies, with ids of rows', { ...feed, ...tracked, ...rewritten }],
  ])('gives the changes that Spark gives, by %s', async (_, properties) => {
    const table = court.fresh();
    await court.spark.run(...onTable(table, base(properties, 'PARTITIONED BY (p)')));
    await everything(table);
    await court.expectSameChanges(table, 0);
    await court.spark.run(...onTable(table, goOn));
    await court.expectSameChanges(table, 3);
  });

  it.each([
    ['copies', rewritten],
    ['deletion vectors', vectors],
  ])('keeps the ids and versions of rows that Spark gave, by %s', async (_, properties) => {
    const table = court.fresh();
    await court.spark.run(...onTable(table, base({ ...tracked, ...properties })));
    const before = await withRowIds(table);
    await everything(table);
    const ids = await withRowIds(table);
    await court.expectSame(
      ids,
      await court.sparkQuery(
        `SELECT *, _metadata.row_id id, _metadata.row_commit_version row_version FROM delta.\`${table}\``,
      ),
    );
    const kept = (sql: string): string => `SELECT a, id FROM (${sql}) WHERE a IN (2, 4, 12, 21, 22)`;
    await court.expectSame(kept(ids), `${kept(before)} AND a <> 21`);
  });

  async function withRowIds(table: string): Promise<string> {
    const { snapshot, storage } = await TableHandle.open(table);
    const { sql } = await scanFiles(snapshot, storage, { rowTracking: true });
    const file = await court.parquet(
      `SELECT a, b, p, ${rowIdColumn} id, ${rowVersionColumn} row_version FROM (${sql})`,
    );
    return rowsOf(file);
  }
});
