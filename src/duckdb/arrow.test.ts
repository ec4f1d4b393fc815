import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendArrow, arrowIpcStream, Database, queryToArrow, type Session } from './index.ts';

/** One column of every type that Arrow has too, in 5,000 rows with nulls. */
const everything = `SELECT (i % 100)::TINYINT AS i8, i::SMALLINT AS i16, i::INTEGER AS i32, i AS i64, (i % 200)::UTINYINT AS u8, i::UBIGINT AS u64,
  i / 3 AS f64, (i / 3)::FLOAT AS f32, (i % 2 = 0) AS bo, if(i % 7 = 0, NULL, 'text ' || i) AS tx, (i || '')::BLOB AS bl,
  (i - 2500)::DECIMAL(18,4) AS de, (i - 2500)::DECIMAL(38,2) * 1000000000000000000000::DECIMAL(38,0) AS big, DATE '1960-01-01' + i::INTEGER AS da,
  TIME '00:00:00' + INTERVAL (i) SECOND AS ti, TIMESTAMP '1960-01-01 00:00:00.000001' + INTERVAL (i) SECOND AS ts,
  TIMESTAMPTZ '2020-01-01 00:00:00.000001+00' AS tz, TIMESTAMP_NS '2020-01-01 00:00:00.123456789' AS ns, TIMESTAMP_S '2020-01-01 00:00:01' AS s,
  if(i % 5 = 0, NULL, [i, NULL]) AS li, [i, i]::BIGINT[2] AS ar,
  if(i % 3 = 0, NULL, {'a': i, 'b': {'c': [TIMESTAMP '2020-01-01 00:00:00.000001'], 'd': 1.25::DECIMAL(6,2)}}) AS st,
  MAP {'k' || i: [i]} AS ma, NULL AS nu FROM range(5000) t(i)`;

describe('Arrow', () => {
  let database: Database;
  let session: Session;
  beforeAll(async () => {
    database = await Database.open();
    session = await database.session();
  });
  afterAll(() => database.close());

  it('carries every value out and back in', async () => {
    await appendArrow(session, ['back'], await queryToArrow(session, everything));
    const types = await session.describe('SELECT * FROM back');
    expect(types.slice(0, -1).map((c) => c.type)).toEqual(
      (await session.describe(everything)).slice(0, -1).map((c) => c.type),
    );
    expect((await session.query(`SELECT * FROM back EXCEPT ALL (${everything})`)).rows).toEqual([]);
    expect(await session.value('SELECT count(*) FROM back')).toBe(5000n);
  });

  it('comes as an IPC stream in pieces, and is read from one', async () => {
    const pieces: Uint8Array[] = [];
    for await (const piece of arrowIpcStream(session.stream(everything))) pieces.push(piece.slice());
    expect(pieces.length).toBeGreaterThan(2);
    await appendArrow(session, ['streamed'], Buffer.concat(pieces), { temporary: true });
    expect((await session.query(`(${everything}) EXCEPT ALL SELECT * FROM streamed`)).rows).toEqual([]);
  });

  it('has a schema even without rows', async () => {
    const table = await queryToArrow(session, "SELECT 1 AS a, 'x' AS b WHERE false");
    expect([table.numRows, table.schema.fields.map((f) => f.name)]).toEqual([0, ['a', 'b']]);
  });

  it('says by name which type it has no counterpart for', async () => {
    const { Field, Float16, Schema, Table, Duration, TimeUnit } = await import('apache-arrow');
    const odd = new Table(
      new Schema([new Field('h', new Float16()), new Field('d', new Duration(TimeUnit.SECOND))]),
    );
    await expect(appendArrow(session, ['odd'], odd)).rejects.toMatchObject({
      code: 'duckdb.unsupported-arrow',
    });
  });
});
