/** What Delta Spark writes, read by us: every feature it has, made by it on the spot. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDeltaRelation, TableHandle } from '../../src/tables/index.ts';
import { Court } from './court.ts';
import { sparkMissing } from './spark.ts';

if (sparkMissing !== undefined) console.log(`Delta Spark conformance skipped: ${sparkMissing}`);

/** `$t` stands for the table in the statements. */
interface Case {
  readonly name: string;
  readonly make: readonly string[];
  /** Versions that are compared beside the latest. */
  readonly versions?: readonly number[];
  /** What is selected on both sides instead of all columns: Spark's words, then DuckDB's. */
  readonly select?: readonly [string, string];
}

const vectors = "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')";
const mapped = (mode: string): string => `TBLPROPERTIES ('delta.columnMapping.mode' = '${mode}')`;
const many = (n: number): string => `INSERT INTO $t SELECT id, 'row ' || id FROM range(0, ${n}, 1, 2)`;
const specials = `VALUES (1, 'a b'), (2, 'sl/ash'), (3, 'eq=ual'), (4, 'per%cent'), (5, "quo'te"), (6, 'dq"'), (7, 'ü'),
  (8, 'a:b'), (9, '[x]'), (10, '{y}'), (11, '#'), (12, '?'), (13, ''), (14, NULL), (15, '..'), (16, 'back\\\\slash'),
  (17, 'a+b'), (18, '%20'), (19, '__HIVE_DEFAULT_PARTITION__x'), (20, ' '), (21, 'tab\\t')`;

const mappingCases: readonly Case[] = ['name', 'id'].flatMap((mode) => [
  {
    name: `column mapping by ${mode}: partitioned, renamed, dropped and added columns`,
    make: [
      `CREATE TABLE $t (a INT, b STRING, p STRING, s STRUCT<x: INT, y: STRING>) USING delta PARTITIONED BY (p) ${mapped(mode)}`,
      "INSERT INTO $t VALUES (1, 'x', 'p/1', struct(1, 'y')), (2, NULL, NULL, NULL)",
      'ALTER TABLE $t RENAME COLUMN b TO `b two, with (marks)`',
      'ALTER TABLE $t RENAME COLUMN p TO q',
      'ALTER TABLE $t RENAME COLUMN s.x TO z',
      "INSERT INTO $t VALUES (3, 'z', 'p=2', struct(3, NULL))",
      'ALTER TABLE $t DROP COLUMN a',
      'ALTER TABLE $t ADD COLUMN a STRING',
      "INSERT INTO $t (`b two, with (marks)`, q, s, a) VALUES ('after', 'p 3', struct(4, 'w'), 'new a')",
    ],
    versions: [1, 5],
  },
]);

// DuckDB takes a variant that holds JSON's null for SQL's.
const inJson = [
  "a, coalesce(to_json(v), 'null') v",
  "a, coalesce(CAST(v AS JSON)::VARCHAR, 'null') v",
] as const;

const cases: readonly Case[] = [
  ...mappingCases,
  {
    name: 'column mapping put on an existing table',
    make: [
      'CREATE TABLE $t (a INT, p INT) USING delta PARTITIONED BY (p)',
      'INSERT INTO $t VALUES (1, 1), (2, 2)',
      "ALTER TABLE $t SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.minReaderVersion' = '2', 'delta.minWriterVersion' = '5')",
      'ALTER TABLE $t RENAME COLUMN a TO b',
      'INSERT INTO $t VALUES (3, 3)',
    ],
    versions: [1],
  },
  {
    name: 'small deletion vectors, over several commits',
    make: [
      `CREATE TABLE $t (a BIGINT, b STRING) USING delta ${vectors}`,
      many(100),
      'DELETE FROM $t WHERE a % 7 = 0',
      "UPDATE $t SET b = 'changed' WHERE a % 5 = 1",
      'DELETE FROM $t WHERE a < 20',
    ],
    versions: [1, 2, 3],
  },
  {
    name: 'large deletion vectors: arrays, bitmaps and runs',
    make: [
      `CREATE TABLE $t (a BIGINT, b STRING) USING delta ${vectors}`,
      'INSERT INTO $t SELECT /*+ COALESCE(1) */ id, NULL FROM range(100000)',
      'DELETE FROM $t WHERE a % 3 = 0',
      'DELETE FROM $t WHERE a BETWEEN 30000 AND 80000',
      'DELETE FROM $t WHERE a % 1000 = 1',
    ],
    versions: [2],
  },
  {
    name: 'MERGE with deletion vectors',
    make: [
      `CREATE TABLE $t (a BIGINT, b STRING) USING delta ${vectors}`,
      many(50),
      `MERGE INTO $t t USING (SELECT id a, 'merged' b FROM range(40, 60)) s ON t.a = s.a
        WHEN MATCHED AND s.a % 2 = 0 THEN UPDATE SET * WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT *
        WHEN NOT MATCHED BY SOURCE AND t.a < 5 THEN DELETE`,
    ],
  },
  {
    name: 'deletion vectors purged by REORG',
    make: [
      `CREATE TABLE $t (a BIGINT, b STRING) USING delta ${vectors}`,
      many(100),
      'DELETE FROM $t WHERE a % 2 = 0',
      'REORG TABLE $t APPLY (PURGE)',
    ],
    versions: [2],
  },
  {
    name: 'widened types: numbers, decimals, dates',
    make: [
      `CREATE TABLE $t (b TINYINT, s SMALLINT, i INT, il INT, f FLOAT, d DECIMAL(6,2), dt DATE, sd SMALLINT, ide INT) USING delta
        TBLPROPERTIES ('delta.enableTypeWidening' = 'true', 'delta.feature.timestampNtz' = 'supported')`,
      "INSERT INTO $t VALUES (1Y, 2S, 3, 2147483647, 1.5F, 1234.56, DATE '2024-02-29', -32768S, 7), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
      'ALTER TABLE $t CHANGE COLUMN b TYPE INT',
      'ALTER TABLE $t CHANGE COLUMN s TYPE INT',
      'ALTER TABLE $t CHANGE COLUMN i TYPE DOUBLE',
      'ALTER TABLE $t CHANGE COLUMN il TYPE BIGINT',
      'ALTER TABLE $t CHANGE COLUMN f TYPE DOUBLE',
      'ALTER TABLE $t CHANGE COLUMN d TYPE DECIMAL(12,4)',
      'ALTER TABLE $t CHANGE COLUMN dt TYPE TIMESTAMP_NTZ',
      'ALTER TABLE $t CHANGE COLUMN sd TYPE DOUBLE',
      'ALTER TABLE $t CHANGE COLUMN ide TYPE DECIMAL(12,2)',
      "INSERT INTO $t VALUES (70000, 70000, 0.25D, 9007199254740993, 0.1D, 12345678.1234, TIMESTAMP_NTZ '2024-01-01 10:11:12.131415', 0.5D, 1.25)",
    ],
    versions: [1],
  },
  {
    name: 'widened types in structs, arrays and maps, and in partition columns',
    make: [
      `CREATE TABLE $t (a INT, s STRUCT<x: INT>, l ARRAY<SMALLINT>, m MAP<STRING, INT>, p INT) USING delta PARTITIONED BY (p)
        TBLPROPERTIES ('delta.enableTypeWidening' = 'true')`,
      "INSERT INTO $t VALUES (1, struct(2), array(3S, NULL), map('k', 4), 5)",
      'ALTER TABLE $t CHANGE COLUMN s.x TYPE BIGINT',
      'ALTER TABLE $t CHANGE COLUMN l.element TYPE INT',
      'ALTER TABLE $t CHANGE COLUMN m.value TYPE BIGINT',
      'ALTER TABLE $t CHANGE COLUMN p TYPE BIGINT',
      "INSERT INTO $t VALUES (1, struct(20000000000), array(70000), map('k', 40000000000), 50000000000)",
    ],
  },
  ...['json', 'parquet'].map((format) => ({
    name: `v2 checkpoints, top level in ${format}`,
    make: [
      `SET spark.databricks.delta.checkpointV2.topLevelFileFormat = ${format}`,
      `CREATE TABLE $t (a INT, p STRING) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '3')`,
      ...Array.from({ length: 5 }, (_, i) => `INSERT INTO $t VALUES (${i}, 'p${i % 2}')`),
      'DELETE FROM $t WHERE a = 1',
    ],
    versions: [3, 4],
  })),
  {
    name: 'multi-part checkpoints',
    make: [
      'SET spark.databricks.delta.checkpoint.partSize = 2',
      "CREATE TABLE $t (a INT) USING delta TBLPROPERTIES ('delta.checkpointInterval' = '4')",
      ...Array.from({ length: 6 }, (_, i) => `INSERT INTO $t VALUES (${i})`),
      'RESET spark.databricks.delta.checkpoint.partSize',
    ],
    versions: [4],
  },
  {
    name: 'struct statistics only, in checkpoints',
    make: [
      `CREATE TABLE $t (a INT, b TIMESTAMP) USING delta TBLPROPERTIES ('delta.checkpoint.writeStatsAsStruct' = 'true',
        'delta.checkpoint.writeStatsAsJson' = 'false', 'delta.checkpointInterval' = '2')`,
      ...Array.from(
        { length: 3 },
        (_, i) => `INSERT INTO $t VALUES (${i}, TIMESTAMP '2024-01-0${i + 1} 00:00:00')`,
      ),
    ],
  },
  {
    name: 'row tracking',
    make: [
      `CREATE TABLE $t (a BIGINT, b STRING) USING delta TBLPROPERTIES ('delta.enableRowTracking' = 'true', 'delta.enableDeletionVectors' = 'false')`,
      many(10),
      "UPDATE $t SET b = 'u' WHERE a = 3",
      'OPTIMIZE $t',
    ],
  },
  {
    name: 'liquid clustering',
    make: [
      'CREATE TABLE $t (a BIGINT, b STRING) USING delta CLUSTER BY (a, b)',
      many(100),
      many(100),
      'OPTIMIZE $t',
      'ALTER TABLE $t CLUSTER BY (b)',
      'OPTIMIZE $t FULL',
    ],
  },
  {
    name: 'in-commit timestamps',
    make: [
      "CREATE TABLE $t (a INT) USING delta TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')",
      'INSERT INTO $t VALUES (1)',
      'INSERT INTO $t VALUES (2)',
    ],
    versions: [1],
  },
  {
    name: 'identity columns and column defaults',
    make: [
      `CREATE TABLE $t (id BIGINT GENERATED ALWAYS AS IDENTITY, a INT DEFAULT 7, b STRING) USING delta TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')`,
      "INSERT INTO $t (b) VALUES ('x'), ('y')",
      "INSERT INTO $t (a, b) VALUES (DEFAULT, 'z'), (1, NULL)",
    ],
  },
  {
    name: 'check constraints and NOT NULL',
    make: [
      'CREATE TABLE $t (a INT NOT NULL, b INT) USING delta',
      'ALTER TABLE $t ADD CONSTRAINT positive CHECK (a > 0)',
      'INSERT INTO $t VALUES (1, NULL), (2, 3)',
    ],
  },
  {
    name: 'timestamps with and without zone, at the edges',
    make: [
      'CREATE TABLE $t (a TIMESTAMP, b TIMESTAMP_NTZ, p TIMESTAMP, q TIMESTAMP_NTZ, d DATE) USING delta PARTITIONED BY (p, q, d)',
      `INSERT INTO $t VALUES (TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP_NTZ '9999-12-31 23:59:59.999999', TIMESTAMP '1969-12-31 23:59:59.123456', TIMESTAMP_NTZ '2024-02-29 12:00:00.5', DATE '0001-01-01'),
        (TIMESTAMP '9999-12-31 23:59:59.999999', TIMESTAMP_NTZ '0001-01-01 00:00:00', TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP_NTZ '1900-01-01 00:00:00', DATE '9999-12-31'), (NULL, NULL, NULL, NULL, NULL)`,
    ],
  },
  {
    name: 'special characters in partition values',
    make: ['CREATE TABLE $t (a INT, p STRING) USING delta PARTITIONED BY (p)', `INSERT INTO $t ${specials}`],
  },
  {
    name: 'partition columns of every type',
    make: [
      `CREATE TABLE $t (a INT, b BOOLEAN, i8 TINYINT, i64 BIGINT, f FLOAT, d DOUBLE, de DECIMAL(20,5), bi BINARY) USING delta PARTITIONED BY (b, i8, i64, f, d, de, bi)`,
      "INSERT INTO $t VALUES (1, true, -128Y, -9223372036854775808L, 1.5F, -0.1D, -12345.67890, X'414243'), (2, false, 127Y, 9223372036854775807L, 2.5F, DOUBLE('1e300'), 0, X'7A'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    ],
  },
  {
    name: 'nested types with evolution',
    make: [
      'SET spark.databricks.delta.schema.autoMerge.enabled = true',
      'CREATE TABLE $t (a INT, s STRUCT<x: INT>, l ARRAY<STRUCT<y: INT>>, m MAP<STRING, STRUCT<z: INT>>) USING delta',
      "INSERT INTO $t VALUES (1, struct(1), array(struct(2), NULL), map('k', struct(3))), (2, NULL, NULL, NULL), (3, struct(NULL), array(), map())",
      "INSERT INTO $t SELECT 4 a, named_struct('x', 1, 'x2', 'n') s, array(named_struct('y', 2, 'y2', 1.5D)) l, map('k', named_struct('z', 3, 'z2', true)) m, 'extra' e",
      'SET spark.databricks.delta.schema.autoMerge.enabled = false',
    ],
    versions: [1],
  },
  {
    name: 'structs in structs, null at each depth, in a partitioned table',
    make: [
      'CREATE TABLE $t (p INT, s STRUCT<a: STRUCT<b: STRUCT<c: INT>>, l: ARRAY<ARRAY<INT>>>) USING delta PARTITIONED BY (p)',
      `INSERT INTO $t VALUES (NULL, NULL), (1, named_struct('a', NULL, 'l', NULL)), (2, named_struct('a', named_struct('b', NULL), 'l', array(NULL, array(), array(NULL, 1)))),
        (3, named_struct('a', named_struct('b', named_struct('c', NULL)), 'l', array()))`,
    ],
  },
  {
    name: 'RESTORE, OPTIMIZE and VACUUM',
    make: [
      'CREATE TABLE $t (a BIGINT, b STRING) USING delta',
      many(10),
      "UPDATE $t SET b = 'lost'",
      'RESTORE TABLE $t TO VERSION AS OF 1',
      many(5),
      'OPTIMIZE $t',
      'VACUUM $t RETAIN 0 HOURS',
    ],
  },
  {
    name: 'Z-order',
    make: [
      'CREATE TABLE $t (a BIGINT, b STRING) USING delta',
      many(50),
      many(50),
      'OPTIMIZE $t ZORDER BY (a)',
    ],
    versions: [2],
  },
  {
    name: 'replaceWhere and dynamic partition overwrite',
    make: [
      'CREATE TABLE $t (a INT, p INT) USING delta PARTITIONED BY (p)',
      'INSERT INTO $t VALUES (1, 1), (2, 2), (3, 3)',
      'INSERT INTO $t REPLACE WHERE p = 2 VALUES (20, 2)',
      'INSERT OVERWRITE $t PARTITION (p = 3) VALUES (30)',
    ],
    versions: [1, 2],
  },
  {
    name: 'the whole content overwritten, with another schema',
    make: [
      'CREATE TABLE $t (a INT) USING delta',
      'INSERT INTO $t VALUES (1)',
      "CREATE OR REPLACE TABLE $t USING delta PARTITIONED BY (z) AS SELECT 'x' y, 2 z",
    ],
    versions: [1],
  },
  {
    name: 'icebergCompatV2',
    make: [
      `CREATE TABLE $t (a INT, l ARRAY<INT>, m MAP<STRING, STRUCT<x: INT>>, p STRING) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.enableIcebergCompatV2' = 'true')`,
      "INSERT INTO $t VALUES (1, array(1, 2), map('k', struct(1)), 'x'), (2, NULL, NULL, NULL)",
    ],
  },
  {
    name: 'materialized partition columns',
    make: [
      "CREATE TABLE $t (a INT, p STRING) USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.feature.materializePartitionColumns' = 'supported')",
      "INSERT INTO $t VALUES (1, 'x'), (2, NULL)",
    ],
  },
  {
    name: 'a feature that was dropped',
    make: [
      "CREATE TABLE $t (a BIGINT, b STRING) USING delta TBLPROPERTIES ('delta.feature.vacuumProtocolCheck' = 'supported')",
      many(10),
      'ALTER TABLE $t DROP FEATURE vacuumProtocolCheck',
      'INSERT INTO $t VALUES (11, NULL)',
    ],
  },
  {
    name: 'random file prefixes and odd column names',
    make: [
      `CREATE TABLE $t (\`a.b\` INT, \`sel"ect\` STRING, \`back\`\`tick\` INT, \`ü\` INT) USING delta TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.randomizeFilePrefixes' = 'true')`,
      "INSERT INTO $t VALUES (1, 'x', 2, 3)",
    ],
  },
  {
    name: 'variants',
    make: [
      'CREATE TABLE $t (a INT, v VARIANT) USING delta',
      `INSERT INTO $t SELECT 1, parse_json('{"x": 1, "y": ["a", null, 1.5, true], "z": {"w": "q"}}') UNION ALL SELECT 2, NULL UNION ALL SELECT 3, parse_json('null')
        UNION ALL SELECT 4, parse_json('"text"') UNION ALL SELECT 5, parse_json('12345678901234')`,
    ],
    select: inJson,
  },
  {
    name: 'shredded variants',
    make: [
      'SET spark.sql.variant.writeShredding.enabled = true',
      'SET spark.sql.variant.inferShreddingSchema = true',
      "CREATE TABLE $t (a INT, v VARIANT) USING delta TBLPROPERTIES ('delta.enableVariantShredding' = 'true')",
      `INSERT INTO $t SELECT id, parse_json('{"x": ' || id || ', "y": "t' || id || '"}') FROM range(20)`,
      'SET spark.sql.variant.writeShredding.enabled = false',
    ],
    select: inJson,
  },
];

describe.skipIf(sparkMissing !== undefined)('tables of Delta Spark', { timeout: 180_000 }, () => {
  let court: Court;
  beforeAll(async () => {
    court = await Court.open();
    await court.spark.run('SELECT 1');
  });
  afterAll(() => court?.[Symbol.asyncDispose]());

  async function make(statements: readonly string[], table = court.fresh()): Promise<string> {
    await court.spark.run(...statements.map((sql) => sql.replaceAll('$t', `delta.\`${table}\``)));
    return table;
  }

  it.each(cases)(
    'are read as it reads them: $name',
    async ({ make: statements, versions = [], select = ['*', '*'] }) => {
      const table = await make(statements);
      for (const version of [...versions, undefined]) {
        const asOf = version === undefined ? '' : ` VERSION AS OF ${version}`;
        const wanted = await court.sparkQuery(`SELECT ${select[0]} FROM delta.\`${table}\`${asOf}`);
        const { sql } = await openDeltaRelation(table, version === undefined ? {} : { version });
        await court.expectSame(`SELECT ${select[1]} FROM (${sql})`, wanted);
      }
    },
  );

  it('are read through absolute paths: a shallow clone, changed afterwards', async () => {
    const source = await make(
      ['CREATE TABLE $t (a BIGINT, b STRING) USING delta PARTITIONED BY (b)', many(5)],
      `${court.fresh()} with space`,
    );
    const clone = court.fresh();
    await make([
      `CREATE TABLE delta.\`${clone}\` SHALLOW CLONE delta.\`${source}\``,
      `DELETE FROM delta.\`${clone}\` WHERE a = 1`,
      `INSERT INTO delta.\`${clone}\` VALUES (9, 'i')`,
      `INSERT INTO delta.\`${source}\` VALUES (8, 'h')`,
    ]);
    for (const table of [clone, source])
      await court.expectSame(await court.byUs(table), await court.bySpark(table));
  });

  it.each([
    ['copies', "'delta.enableDeletionVectors' = 'false'"],
    ['deletion vectors', "'delta.enableDeletionVectors' = 'true'"],
    ['mapped columns', "'delta.columnMapping.mode' = 'name'"],
  ])('give the changes that it gives, with %s', async (_, property) => {
    const table = await make([
      `CREATE TABLE $t (a BIGINT, b STRING) USING delta PARTITIONED BY (b) TBLPROPERTIES (${property}, 'delta.enableChangeDataFeed' = 'true')`,
      "INSERT INTO $t SELECT id, 'b' || id % 2 FROM range(10)",
      'DELETE FROM $t WHERE a = 3',
      "UPDATE $t SET b = 'moved' WHERE a < 2",
      `MERGE INTO $t t USING (SELECT id a, 'm' b FROM range(8, 12)) s ON t.a = s.a WHEN MATCHED AND s.a = 8 THEN DELETE
        WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`,
      "DELETE FROM $t WHERE b = 'moved'",
      'OPTIMIZE $t',
      "INSERT OVERWRITE $t VALUES (100, 'only')",
    ]);
    await court.expectSameChanges(table, 0);
  });

  it('are found by time where commits carry their own', async () => {
    const table = await make([
      "CREATE TABLE $t (a INT) USING delta TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'true')",
      'INSERT INTO $t VALUES (1)',
      'INSERT INTO $t VALUES (2)',
    ]);
    const history = await court.spark.run(`DESCRIBE HISTORY delta.\`${table}\``);
    for (const { version, timestamp } of history) {
      const { snapshot } = await TableHandle.open(table, { timestamp: `${timestamp}Z` });
      expect([snapshot.version, timestamp]).toEqual([version, timestamp]);
    }
    expect(history).toHaveLength(3);
  });
});
