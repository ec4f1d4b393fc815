/** Tables that we create and change with every feature, read by Spark, delta-rs and DuckDB; then Spark goes on. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { alterTable } from '../../src/tables/alter/alter-table.ts';
import {
  type AlterChange,
  cloneTable,
  convertToDelta,
  createTable,
  restoreTable,
  TableHandle,
  type TableSpec,
} from '../../src/tables/index.ts';
import { Court } from './court.ts';
import { deleteFrom, insertInto, updateTable } from './operations.ts';
import { peerMissing } from './peer.ts';
import { sparkMissing } from './spark.ts';
import { judge, nullPartitions, type PeerName, type Verdict } from './verdict.ts';

const missing = sparkMissing ?? peerMissing;
if (missing !== undefined) console.log(`conformance of our tables skipped: ${missing}`);

type Step = string | readonly AlterChange[] | ((table: string) => Promise<void>);

interface Case extends Verdict {
  readonly name: string;
  readonly spec: TableSpec;
  /** In order: rows to append, changes of the table, or anything else. */
  readonly steps: readonly Step[];
}

const schema = 'a BIGINT, b STRING, p INT';
const rows = (from: number, to: number): string =>
  `SELECT i::BIGINT a, 'row ' || i b, (i % 3)::INTEGER p FROM range(${from}, ${to}) t(i)`;
// Spark's own MERGE reads, marks or rewrites, and adds: one statement for three.
const goOn = [
  `MERGE INTO $t t USING (SELECT 1000L a, 'by Spark' b, 1 p UNION ALL SELECT id, 'upd', 2 FROM range(0, 40, 4)) s ON t.a = s.a
    WHEN MATCHED AND s.a % 8 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET b = s.b
    WHEN NOT MATCHED AND s.a = 1000 THEN INSERT (a, b, p) VALUES (s.a, s.b, s.p)`,
];
const arrow: readonly PeerName[] = ['delta-rs Arrow'];
const deltaRs: readonly PeerName[] = ['delta-rs', 'delta-rs Arrow'];
const all: readonly PeerName[] = ['delta-rs', 'delta-rs Arrow', 'DuckDB'];
const remove = (where: string) => (table: string) => deleteFrom(table, where);

const cases: readonly Case[] = [
  {
    name: 'nothing special',
    spec: { schema, comment: 'of ours', name: 'plain' },
    steps: [rows(0, 20)],
    wanted: rows(0, 20),
    onward: goOn,
  },
  {
    name: 'partitions and deletion vectors',
    spec: { schema, partitionBy: ['p'], properties: { 'delta.enableDeletionVectors': 'true' } },
    steps: [rows(0, 20), remove('a % 5 = 0')],
    refused: arrow,
    onward: goOn,
  },
  ...['name', 'id'].map(
    (mode): Case => ({
      name: `column mapping by ${mode}; columns added, renamed, dropped, moved`,
      spec: {
        schema: 'x BIGINT, b STRING, p INT, s STRUCT<u: INT, v: ARRAY<STRUCT<w: INT>>>, gone INT',
        partitionBy: ['p'],
        properties: { 'delta.columnMapping.mode': mode },
      },
      steps: [
        "SELECT i::BIGINT x, 'row ' || i b, (i % 3)::INTEGER p, {'u': i::INTEGER, 'v': [{'w': 1}]} s, 1 gone FROM range(10) t(i)",
        [
          { kind: 'rename-column', column: 'x', to: 'a' },
          { kind: 'rename-column', column: 's.u', to: 'u 2' },
          { kind: 'drop-column', column: 'gone' },
          { kind: 'add-column', column: { name: 'new one', type: 'DOUBLE' }, position: 'first' },
          { kind: 'add-column', column: { name: 'y', type: 'STRING' }, parent: 's' },
          { kind: 'move-column', column: 'b', position: 'first' },
        ],
        "SELECT 'later' b, 0.5::DOUBLE \"new one\", 99::BIGINT a, 1 p, {'u 2': 7, 'v': NULL::STRUCT(w INTEGER)[], 'y': 'y'} s",
        (table) => updateTable(table, { b: "'changed'" }, 'a = 4'),
      ],
      refused: arrow,
      wrong: nullPartitions,
      onward: goOn,
    }),
  ),
  {
    name: 'column mapping put on a table with rows',
    spec: { schema, partitionBy: ['p'] },
    steps: [
      rows(0, 10),
      [{ kind: 'set-properties', properties: { 'delta.columnMapping.mode': 'name' } }],
      [
        { kind: 'rename-column', column: 'b', to: 'c' },
        { kind: 'rename-column', column: 'c', to: 'b' },
      ],
      rows(10, 12),
    ],
    wanted: rows(0, 12),
    refused: arrow,
    onward: [...goOn, 'ALTER TABLE $t RENAME COLUMN b TO z'],
  },
  {
    name: 'widened types',
    spec: {
      schema: 'a INT, b STRING, p SMALLINT, f FLOAT, d DECIMAL(5,2), dt DATE, s STRUCT<x: INT>, l ARRAY<INT>',
      properties: { 'delta.enableTypeWidening': 'true' },
    },
    steps: [
      "SELECT 1 a, 'x' b, 2::SMALLINT p, 1.5::FLOAT f, 123.45::DECIMAL(5,2) d, DATE '2024-02-29' dt, {'x': 1} s, [1, NULL] l",
      [
        { kind: 'change-type', column: 'a', type: 'BIGINT' },
        { kind: 'change-type', column: 'p', type: 'INT' },
        { kind: 'change-type', column: 'f', type: 'DOUBLE' },
        { kind: 'change-type', column: 'd', type: 'DECIMAL(10,4)' },
        { kind: 'change-type', column: 'dt', type: 'TIMESTAMP_NTZ' },
        { kind: 'change-type', column: 's.x', type: 'BIGINT' },
        { kind: 'change-type', column: 'l.element', type: 'BIGINT' },
      ],
      "SELECT 20000000000::BIGINT a, 'y' b, 70000 p, 0.1::DOUBLE f, 1234.5678::DECIMAL(10,4) d, TIMESTAMP '2024-01-01 01:02:03' dt, {'x': 20000000000} s, [20000000000] l",
    ],
    refused: deltaRs,
    onward: goOn,
  },
  {
    name: 'constraints, NOT NULL, defaults',
    spec: {
      schema: "a BIGINT NOT NULL, b STRING DEFAULT 'none', p INT",
      constraints: { small: 'a < 100000' },
    },
    steps: [
      'SELECT 1::BIGINT a, 2 p',
      [
        { kind: 'set-default', column: 'p', expression: '7' },
        { kind: 'add-constraint', name: 'long_enough', expression: 'length(b) > 2' },
      ],
      'SELECT 2::BIGINT a',
    ],
    wanted: "SELECT 1::BIGINT a, 'none' b, 2 p UNION ALL SELECT 2, 'none', 7",
    onward: ['INSERT INTO $t (a) VALUES (3)', 'ALTER TABLE $t DROP CONSTRAINT small'],
  },
  {
    name: 'generated columns',
    spec: {
      schema: [
        { name: 'a', type: 'BIGINT' },
        { name: 'at', type: 'TIMESTAMP' },
        { name: 'd', type: 'DATE', generatedAs: 'CAST(at AS DATE)' },
        { name: 'y', type: 'INT', generatedAs: 'year(at)' },
        { name: 'twice', type: 'BIGINT', generatedAs: 'a * 2' },
      ],
      partitionBy: ['d'],
    },
    steps: [
      "SELECT i::BIGINT a, TIMESTAMPTZ '2024-12-31 23:00:00+00' + INTERVAL (i) HOUR AS at FROM range(4) t(i)",
    ],
    onward: [
      "INSERT INTO $t (a, at) VALUES (9, TIMESTAMP '2025-05-05 05:05:05')",
      'UPDATE $t SET a = 5 WHERE a = 1',
    ],
  },
  {
    name: 'identity columns',
    spec: {
      schema: [
        { name: 'id', type: 'BIGINT', identity: { start: 10, step: -3 } },
        { name: 'by', type: 'BIGINT', identity: { allowExplicit: true } },
        { name: 'a', type: 'BIGINT' },
      ],
    },
    steps: ['SELECT i::BIGINT a FROM range(5) t(i)', 'SELECT i::BIGINT a FROM range(5, 8) t(i)'],
    refused: all,
    onward: ['INSERT INTO $t (a) VALUES (100), (101)'],
  },
  {
    name: 'liquid clustering',
    spec: { schema, clusterBy: ['a', 'p'] },
    steps: [rows(0, 30), [{ kind: 'cluster-by', columns: ['b'] }], rows(30, 40)],
    wanted: rows(0, 40),
    onward: [...goOn, 'OPTIMIZE $t FULL'],
  },
  {
    name: 'row tracking, in-commit timestamps and a change data feed',
    spec: {
      schema,
      properties: {
        'delta.enableRowTracking': 'true',
        'delta.enableInCommitTimestamps': 'true',
        'delta.enableChangeDataFeed': 'true',
      },
    },
    steps: [rows(0, 20), remove('a = 3')],
    onward: [...goOn, 'OPTIMIZE $t'],
  },
  {
    name: 'in-commit timestamps put on later',
    spec: { schema },
    steps: [
      rows(0, 5),
      [{ kind: 'set-properties', properties: { 'delta.enableInCommitTimestamps': 'true' } }],
      rows(5, 9),
    ],
    wanted: rows(0, 9),
    onward: goOn,
  },
  {
    name: 'v2 checkpoints',
    spec: { schema, properties: { 'delta.checkpointPolicy': 'v2', 'delta.checkpointInterval': '2' } },
    steps: [rows(0, 5), rows(5, 10), rows(10, 15), remove('a = 1')],
    refused: arrow,
    onward: [...goOn, 'DELETE FROM $t WHERE a = 2'],
  },
  {
    name: 'icebergCompatV2',
    spec: {
      schema,
      partitionBy: ['p'],
      properties: { 'delta.enableIcebergCompatV2': 'true', 'delta.columnMapping.mode': 'name' },
    },
    steps: [rows(0, 10)],
    wanted: rows(0, 10),
    refused: ['delta-rs Arrow', 'DuckDB'],
    onward: goOn,
  },
  {
    name: 'variants',
    spec: { schema: 'a BIGINT, v VARIANT' },
    steps: ["SELECT 1::BIGINT a, {'x': 1, 'y': ['t', NULL]}::VARIANT v"],
    select: ["a, coalesce(CAST(v AS JSON)::VARCHAR, 'null') v", "a, coalesce(to_json(v), 'null') v"],
    refused: all,
    onward: ["INSERT INTO $t SELECT 2, parse_json('[1, 2]')"],
  },
  {
    name: 'features added, and dropped again',
    spec: { schema, properties: { 'delta.enableRowTracking': 'true' } },
    steps: [
      rows(0, 10),
      remove('a = 3'),
      [{ kind: 'add-feature', feature: 'vacuumProtocolCheck' }],
      [{ kind: 'drop-feature', feature: 'vacuumProtocolCheck' }],
      [{ kind: 'drop-feature', feature: 'rowTracking' }],
      rows(20, 22),
    ],
    onward: goOn,
  },
];

describe.skipIf(missing !== undefined)('tables of ours', { timeout: 240_000 }, () => {
  let court: Court;
  beforeAll(async () => {
    court = await Court.open();
    await court.spark.run('SELECT 1');
  });
  afterAll(() => court?.[Symbol.asyncDispose]());

  it.each(cases)('are read equal with $name, and Spark goes on', async (one) => {
    const table = court.fresh();
    await createTable(table, one.spec);
    for (const step of one.steps) {
      if (typeof step === 'string') await insertInto(table, step);
      else if (typeof step === 'function') await step(table);
      else await alterTable(await TableHandle.open(table), step);
    }
    await judge(court, table, one);
  });

  it('are read equal after a restore, and Spark goes on and restores again', async () => {
    const table = court.fresh();
    await createTable(table, { schema, properties: { 'delta.enableDeletionVectors': 'true' } });
    await insertInto(table, rows(0, 20));
    await deleteFrom(table, 'a % 3 = 0');
    await updateTable(table, { b: "'lost'" }, 'a > 10');
    await restoreTable(await TableHandle.open(table), { version: 2 });
    await judge(court, table, {
      wanted: `SELECT * FROM (${rows(0, 20)}) WHERE a % 3 <> 0`,
      refused: arrow,
      onward: [...goOn, 'RESTORE TABLE $t TO VERSION AS OF 3'],
    });
  });

  it('are read equal as clones, which Spark changes without a trace in their source', async () => {
    const source = `${court.fresh()} with space`;
    await createTable(source, {
      schema,
      partitionBy: ['p'],
      properties: { 'delta.enableDeletionVectors': 'true' },
    });
    await insertInto(source, rows(0, 20));
    await deleteFrom(source, 'a = 3');
    const clone = court.fresh();
    await cloneTable(await TableHandle.open(source), clone);
    await insertInto(clone, rows(100, 105));
    await deleteFrom(clone, 'a IN (4, 101)');
    const left = `SELECT * FROM (${rows(0, 20)}) WHERE a <> 3`;
    await judge(court, clone, {
      wanted: `SELECT * FROM (${left} UNION ALL ${rows(100, 105)}) WHERE a NOT IN (4, 101)`,
      refused: all,
      onward: goOn,
    });
    await judge(court, source, { wanted: left, refused: arrow });
  });

  it('are read equal when made of a folder of Parquet, and Spark goes on', async () => {
    const table = court.fresh();
    await court.session.run(
      `COPY (${rows(0, 20)}) TO '${table}' (FORMAT parquet, PARTITION_BY (p), WRITE_PARTITION_COLUMNS false)`,
    );
    await convertToDelta(table, { partitionSchema: 'p INT' });
    await judge(court, table, { wanted: rows(0, 20), onward: goOn });
  });
});
