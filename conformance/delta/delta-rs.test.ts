import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDeltaRelation, writeDelta } from '../../src/tables/index.ts';
import { Court, rowsOf } from './court.ts';
import { peerMissing } from './peer.ts';

if (peerMissing !== undefined) console.log(`delta-rs conformance skipped: ${peerMissing}`);

describe.skipIf(peerMissing !== undefined)('delta-rs', () => {
  let court: Court;
  beforeAll(async () => {
    court = await Court.open();
  });
  afterAll(() => court[Symbol.asyncDispose]());
  const fresh = (ending = ''): string => court.fresh(ending);
  const expectSame = (actual: string, wanted: string): Promise<void> => court.expectSame(actual, wanted);
  const peer = (...args: readonly unknown[]): Promise<unknown> => court.peer.ask(...(args as [string]));

  async function expectPeerReads(table: string, wanted: string, version = 'latest'): Promise<void> {
    const out = fresh('.parquet');
    await peer('read', table, version, out);
    await court.expectSame(rowsOf(out), wanted);
  }

  const everyType = `SELECT * FROM (VALUES
    (true, 127::TINYINT, 32767::SMALLINT, 2147483647, 9223372036854775807, 1.5::FLOAT, 0.1::DOUBLE, 'text', '\\x00\\xFF'::BLOB,
      DATE '9999-12-31', 12345678.90::DECIMAL(10,2), 99999999999999999999999999999999999999::DECIMAL(38,0),
      TIMESTAMPTZ '2024-02-29 12:34:56.789012+00', TIMESTAMP '1969-12-31 23:59:59.999999'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (false, '-128'::TINYINT, '-32768'::SMALLINT, -2147483648, '-9223372036854775808'::BIGINT, '-inf'::FLOAT, 'nan'::DOUBLE, repeat('ü', 100), ''::BLOB,
      DATE '0001-01-01', -0.01::DECIMAL(10,2), -1::DECIMAL(38,0),
      TIMESTAMPTZ '0001-01-01 00:00:00+00', TIMESTAMP '9999-12-31 23:59:59.999999')
  ) AS t(bo, i8, i16, i32, i64, f32, f64, tx, bl, da, de, bi, ts, tn)`;

  const nested = `SELECT * FROM (VALUES
    (1, {'x': 1, 'y': ['a', NULL]}, [{'z': 1.5::DECIMAL(4,2)}], MAP {'k': [1, 2]}),
    (2, NULL, [], MAP {}),
    (3, {'x': NULL, 'y': []}, NULL, NULL)) AS t(id, s, l, m)`;

  const special = `SELECT * FROM (VALUES
    (0, 'a', DATE '2024-01-01', 1, true, 1.500::DECIMAL(9,3), TIMESTAMPTZ '2024-01-01 00:00:00+00'),
    (1, NULL, NULL, NULL, NULL, NULL, NULL),
    (2, 'with space', DATE '1969-12-31', -1, false, -0.125::DECIMAL(9,3), TIMESTAMPTZ '2024-01-01 10:00:00.000250+00'),
    (3, 'sl/ash', NULL, 0, NULL, 0::DECIMAL(9,3), NULL), (4, 'eq=ual', NULL, 0, NULL, 0::DECIMAL(9,3), NULL),
    (5, 'per%cent', NULL, 0, NULL, 0::DECIMAL(9,3), NULL), (6, 'quo''te', NULL, 0, NULL, 0::DECIMAL(9,3), NULL),
    (7, 'dq"', NULL, 0, NULL, 0::DECIMAL(9,3), NULL), (8, 'ü', NULL, 0, NULL, 0::DECIMAL(9,3), NULL),
    (9, 'a:b', NULL, 0, NULL, 0::DECIMAL(9,3), NULL), (10, '[x]', NULL, 0, NULL, 0::DECIMAL(9,3), NULL),
    (11, '{y}', NULL, 0, NULL, 0::DECIMAL(9,3), NULL), (12, '#', NULL, 0, NULL, 0::DECIMAL(9,3), NULL),
    (13, '*?', NULL, 0, NULL, 0::DECIMAL(9,3), NULL), (14, '.', NULL, 0, NULL, 0::DECIMAL(9,3), NULL),
    (15, '..', NULL, 0, NULL, 0::DECIMAL(9,3), NULL), (16, ' ', NULL, 0, NULL, 0::DECIMAL(9,3), NULL),
    (17, '+', NULL, 0, NULL, 0::DECIMAL(9,3), NULL), (18, '\\', NULL, 0, NULL, 0::DECIMAL(9,3), NULL)
  ) AS t(id, name, day, n, b, d, ts)`;

  it.each([
    ['every primitive type', everyType, []],
    ['nested types', nested, []],
    [
      'partition values of every kind, null and special characters',
      special,
      ['name', 'day', 'n', 'b', 'd', 'ts'],
    ],
  ])('reads %s as we write them', async (_, sql, partitionBy) => {
    const table = fresh();
    await writeDelta(table, { sql }, { partitionBy });
    await expectPeerReads(table, sql);
    await expectSame((await openDeltaRelation(table)).sql, sql);
  });

  it('writes NaN that conditions find as they do among rows in memory', async () => {
    const sql = "SELECT v::DOUBLE AS d, {'f': v::FLOAT} AS s FROM (VALUES ('0'), ('nan'), (NULL)) AS t(v)";
    const table = fresh();
    await peer('write', table, 'append', await court.parquet(sql), {});
    const { sql: read } = await openDeltaRelation(table);
    for (const where of ['d > 0', 'd <> 0', 'd >= 7 OR d IS NULL', 's.f > 7', 's.f <> 0', 'NOT d <= 0'])
      await expectSame(`SELECT * FROM (${read}) WHERE ${where}`, `SELECT * FROM (${sql}) WHERE ${where}`);
  });

  it('reads types that Delta lacks as the wider ones we chose', async () => {
    const sql = `SELECT 255::UTINYINT u8, 65535::USMALLINT u16, 4294967295::UINTEGER u32, 18446744073709551615::UBIGINT u64,
      sum(i) h, 'a'::ENUM('a', 'b') e, '00000000-0000-0000-0000-000000000001'::UUID u, [1, 2]::INTEGER[2] arr,
      TIMESTAMP_NS '2024-01-01 00:00:00.123456789' ns FROM range(5) t(i) GROUP BY ALL`;
    const table = fresh();
    await writeDelta(table, { sql });
    await expectPeerReads(
      table,
      `SELECT u8::SMALLINT u8, u16::INTEGER u16, u32::BIGINT u32, u64::DECIMAL(20,0) u64, h::DECIMAL(38,0) h, e::VARCHAR e,
        u::VARCHAR u, arr::INTEGER[] arr, ns::TIMESTAMP ns FROM (${sql})`,
    );
  });

  it.each(['primitives', 'nested', 'partitions'])('wrote %s, and we read them', async (name) => {
    const source = fresh('.parquet');
    await peer('make', source, name);
    const table = fresh();
    const partitioned = name === 'partitions' ? { partition_by: ['name', 'day', 'n', 'b', 'd', 'at'] } : {};
    await peer('write', table, 'error', source, partitioned);
    await expectSame((await openDeltaRelation(table)).sql, rowsOf(source));
  });

  it('appends to our table, and we to its', async () => {
    const table = fresh();
    const [a, b, c] = ["SELECT 1 a, 'x' p", "SELECT 2 a, 'y/z' p", 'SELECT 3 a, NULL::VARCHAR p'];
    await writeDelta(table, { sql: a as string }, { partitionBy: ['p'] });
    const source = await court.parquet(b as string);
    await peer('write', table, 'append', source, {});
    await writeDelta(table, { sql: c as string }, { mode: 'append' });
    const all = `${a} UNION ALL ${b} UNION ALL ${c}`;
    await expectPeerReads(table, all);
    await expectSame((await openDeltaRelation(table)).sql, all);
    await expectSame((await openDeltaRelation(table, { version: 1 })).sql, `${a} UNION ALL ${b}`);
    await expectPeerReads(table, a as string, '0');
  });

  it('follows us through merged and overwritten schemas', async () => {
    const table = fresh();
    await writeDelta(table, { sql: "SELECT 1 a, {'x': 1} s" });
    await writeDelta(
      table,
      { sql: "SELECT 2 a, {'x': 2, 'y': 'q'} s, 1.5 b" },
      { mode: 'append', schemaMode: 'merge' },
    );
    await expectPeerReads(
      table,
      "SELECT 1 a, {'x': 1, 'y': NULL::VARCHAR} s, NULL::DECIMAL(2,1) b UNION ALL SELECT 2, {'x': 2, 'y': 'q'}, 1.5",
    );
    await writeDelta(
      table,
      { sql: "SELECT 'new' z, 3 p" },
      { mode: 'overwrite', schemaMode: 'overwrite', partitionBy: ['p'] },
    );
    await expectPeerReads(table, "SELECT 'new' z, 3 p");
    await writeDelta(table, { sql: "SELECT 'none' z, 4 p WHERE false" }, { mode: 'overwrite' });
    await expectPeerReads(table, "SELECT 'none' z, 4 p WHERE false");
  });

  it('reads our checkpoints, and we read its', async () => {
    const table = fresh();
    for (let i = 0; i < 12; i += 1) {
      await writeDelta(
        table,
        { sql: `SELECT ${i} a, 'p${i % 3}' p` },
        { mode: 'append', partitionBy: ['p'] },
      );
    }
    const all = "SELECT i::INTEGER a, 'p' || (i % 3) p FROM range(12) t(i)";
    await expectPeerReads(table, all);
    expect(await peer('info', table)).toMatchObject({
      version: 11,
      files: 12,
      partitionColumns: ['p'],
    });

    const theirs = fresh();
    const source = await court.parquet("SELECT 1 a, 'x' b");
    for (let i = 0; i < 12; i += 1)
      await peer('write', theirs, 'append', source, { configuration: { 'delta.checkpointInterval': '5' } });
    await expectSame((await openDeltaRelation(theirs)).sql, "SELECT 1 a, 'x' b FROM range(12)");
  });

  it('agrees on protocol and schema of what we create', async () => {
    const table = fresh();
    await writeDelta(table, { sql: everyType });
    const ours = (await peer('info', table)) as { schema: { fields: unknown } };
    const source = await court.parquet(everyType);
    const theirs = fresh();
    await peer('write', theirs, 'error', source, {});
    const judged = (await peer('info', theirs)) as typeof ours & { readerFeatures: string[] };
    expect(ours.schema.fields).toEqual(judged.schema.fields);
    expect(ours).toMatchObject({ readerVersion: 3, writerVersion: 7, readerFeatures: judged.readerFeatures });
  });
});
