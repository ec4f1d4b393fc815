/** Tables that we compact, order, cluster, purge and vacuum: read equal by everyone, and Spark maintains them on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTable,
  type OptimizeSpec,
  optimize,
  purge,
  TableHandle,
  type TableSpec,
  vacuum,
} from '../../src/tables/index.ts';
import { rowIdColumn, scanFiles } from '../../src/tables/read/scan-files.ts';
import { Court, rowsOf } from './court.ts';
import { deleteFrom, insertInto } from './operations.ts';
import { peerMissing } from './peer.ts';
import { sparkMissing } from './spark.ts';
import { judge, nullPartitions, onTable, type PeerName, type Verdict } from './verdict.ts';

const missing = sparkMissing ?? peerMissing;
if (missing !== undefined) console.log(`conformance of maintenance skipped: ${missing}`);

const schema = 'a BIGINT, b STRING, p INT';
const rows = (from: number, to: number): string =>
  `SELECT i::BIGINT a, 'row ' || i b, (i % 3)::INTEGER p FROM range(${from}, ${to}) t(i)`;
const vectors = { 'delta.enableDeletionVectors': 'true' };
const arrow: readonly PeerName[] = ['delta-rs Arrow'];
const left = `SELECT * FROM (${rows(0, 40)}) WHERE a % 7 <> 3`;

interface Case extends Verdict {
  readonly name: string;
  readonly spec: Omit<TableSpec, 'schema'>;
  readonly work: (handle: TableHandle) => Promise<unknown>;
}
const optimized =
  (spec: OptimizeSpec = {}) =>
  (handle: TableHandle) =>
    optimize(handle, undefined, spec);

const cases: readonly Case[] = [
  { name: 'small files put together', spec: {}, work: optimized(), onward: ['OPTIMIZE $t'] },
  {
    name: 'partitions',
    spec: { partitionBy: ['p'] },
    work: optimized({ where: 'p = 1' }),
    onward: ['OPTIMIZE $t'],
  },
  {
    name: 'deletion vectors in what is put together',
    spec: { properties: vectors },
    work: optimized(),
    refused: arrow,
    onward: ['DELETE FROM $t WHERE a = 5', 'REORG TABLE $t APPLY (PURGE)'],
  },
  {
    name: 'deletion vectors purged',
    spec: { properties: vectors },
    work: (handle) => purge(handle, undefined),
    refused: arrow,
    onward: ['DELETE FROM $t WHERE a = 5'],
  },
  {
    name: 'a Z-order',
    spec: {},
    work: optimized({ zOrderBy: ['p', 'b'] }),
    onward: ['OPTIMIZE $t ZORDER BY (a)'],
  },
  {
    name: 'clusters',
    spec: { clusterBy: ['a', 'p'] },
    work: optimized(),
    onward: [
      "INSERT INTO $t VALUES (1000, 'x', 1)",
      'OPTIMIZE $t',
      'ALTER TABLE $t CLUSTER BY (b)',
      'OPTIMIZE $t FULL',
    ],
  },
  {
    name: 'column mapping, row ids and a change data feed',
    spec: {
      partitionBy: ['p'],
      properties: {
        'delta.columnMapping.mode': 'name',
        'delta.enableRowTracking': 'true',
        'delta.enableChangeDataFeed': 'true',
      },
    },
    work: optimized(),
    refused: arrow,
    wrong: nullPartitions,
    onward: ['OPTIMIZE $t', 'DELETE FROM $t WHERE a = 5'],
  },
];

describe.skipIf(missing !== undefined)('maintained tables', { timeout: 240_000 }, () => {
  let court: Court;
  beforeAll(async () => {
    court = await Court.open();
    await court.spark.run('SELECT 1');
  });
  afterAll(() => court?.[Symbol.asyncDispose]());

  async function made(spec: Omit<TableSpec, 'schema'>): Promise<string> {
    const table = court.fresh();
    await createTable(table, { schema, ...spec });
    for (const from of [0, 10, 20]) await insertInto(table, rows(from, from + 10));
    await deleteFrom(table, 'a % 7 = 3');
    await insertInto(table, `SELECT * FROM (${rows(30, 40)}) WHERE a % 7 <> 3`);
    return table;
  }

  it.each(cases)('are read equal with $name, and Spark goes on', async (one) => {
    const table = await made(one.spec);
    const handle = await TableHandle.open(table);
    const before = handle.snapshot.version;
    await one.work(handle);
    expect(handle.snapshot.version).toBeGreaterThan(before);
    await judge(court, table, { wanted: left, ...one });
  });

  it('keep the ids of rows that were put together, as Spark reads them', async () => {
    const table = await made({ properties: { 'delta.enableRowTracking': 'true' } });
    const ids = async (): Promise<string> => {
      const { snapshot, storage } = await TableHandle.open(table);
      const { sql } = await scanFiles(snapshot, storage, { rowTracking: true });
      return rowsOf(await court.parquet(`SELECT a, ${rowIdColumn} id FROM (${sql})`));
    };
    const before = await ids();
    await optimize(await TableHandle.open(table), undefined);
    await court.expectSame(await ids(), before);
    const bySpark = `SELECT a, _metadata.row_id id FROM delta.\`${table}\``;
    await court.expectSame(before, await court.sparkQuery(bySpark));
    await court.spark.run(...onTable(table, ['OPTIMIZE $t', "UPDATE $t SET b = 'x' WHERE a = 1"]));
    await court.expectSame(await ids(), await court.sparkQuery(bySpark));
  });

  it('hold what every version kept needs after a vacuum of ours, and of Spark', async () => {
    const table = await made({ properties: vectors });
    await optimize(await TableHandle.open(table), undefined);
    const result = await vacuum(await TableHandle.open(table), {
      retentionHours: 0,
      enforceRetention: false,
    });
    expect(result.files.length).toBeGreaterThan(0);
    await judge(court, table, { wanted: left, refused: arrow, onward: ['VACUUM $t RETAIN 0 HOURS'] });
    const again = await vacuum(await TableHandle.open(table), { retentionHours: 0, enforceRetention: false });
    expect(again.files).toEqual([]);
  });
});
