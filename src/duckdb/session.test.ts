import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, Decimal, MapValue, type Session, SqlDate, StructValue, Timestamp } from './index.ts';

describe('a session', () => {
  let database: Database;
  let session: Session;
  beforeAll(async () => {
    database = await Database.open();
    session = await database.session();
  });
  afterAll(() => database.close());

  it('loses no digit of any value', async () => {
    const { rows } =
      await session.query(`SELECT 9223372036854775807, '-170141183460469231731687303715884105728'::HUGEINT,
      340282366920938463463374607431768211455::UHUGEINT, 99999999999999999999999999999999999.999::DECIMAL(38,3),
      TIMESTAMP_NS '2020-01-01 00:00:00.123456789', TIMESTAMPTZ '2020-01-01 00:00:00.000001+00', {'a': [1.10::DECIMAL(4,2)]}`);
    const [big, huge, unsigned, decimal, nanos, instant, nested] = rows[0] ?? [];
    expect([big, huge, unsigned]).toEqual([9223372036854775807n, -(2n ** 127n), 2n ** 128n - 1n]);
    expect(decimal).toEqual(new Decimal(99999999999999999999999999999999999999n, 38, 3));
    expect(nanos).toEqual(new Timestamp(1577836800123456789n, 'ns'));
    expect(instant).toEqual(new Timestamp(1577836800000001n, 'us', true));
    expect(nested).toEqual(new StructValue(['a'], [[new Decimal(110n, 4, 2)]]));
  });

  it('runs several statements and counts the rows of the last', async () => {
    const done = await session.run(
      'CREATE TABLE many (a INTEGER); INSERT INTO many SELECT range FROM range(5);',
    );
    expect(done.rowsChanged).toBe(5);
    expect((await session.run('CREATE TABLE few AS SELECT * FROM range(3)')).rowsChanged).toBe(3);
    expect((await session.run('UPDATE many SET a = 1 WHERE a > 2')).rowsChanged).toBe(2);
  });

  it('binds parameters by place and by name, typed', async () => {
    const at = new Date(0);
    const { rows } = await session.query('SELECT ?, ?, ?, ?', [1n, 'x', new SqlDate(1), at]);
    expect(rows[0]).toEqual([1n, 'x', new SqlDate(1), new Timestamp(0n, 'us', true)]);
    expect((await session.query('SELECT $a + $b AS c', { a: 1, b: 2 })).rows).toEqual([[3]]);
  });

  it('knows when a transaction is open', async () => {
    expect(session.inTransaction).toBe(false);
    await session.run('BEGIN');
    expect(session.inTransaction).toBe(true);
    await expect(session.run('SELECT * FROM nowhere')).rejects.toMatchObject({ code: 'duckdb.catalog' });
    await session.run('ROLLBACK');
    expect(session.inTransaction).toBe(false);
  });

  it('describes a query without running it', async () => {
    const columns = await session.describe("SELECT 1 AS a, error('never') AS b");
    expect(columns.map((c) => [c.name, c.type])).toEqual([
      ['a', 'INTEGER'],
      ['b', 'INTEGER'],
    ]);
  });

  it('refuses a result that is larger than asked for', async () => {
    const query = session.query('SELECT * FROM range(5000)', undefined, { rowsMax: 100 });
    await expect(query).rejects.toMatchObject({ code: 'duckdb.too-many-rows' });
  });

  it('appends rows without SQL text, nested ones too', async () => {
    await session.run(
      'CREATE TABLE appended (i BIGINT, s STRUCT(x INTEGER, y VARCHAR[]), m MAP(VARCHAR, DECIMAL(5,2)))',
    );
    const columns = await session.describe('SELECT * FROM appended');
    const rows = Array.from({ length: 5000 }, (_, i) => [
      i,
      i % 2 === 0 ? null : new StructValue(['x', 'y'], [i, ['a', null]]),
      new MapValue([['k', new Decimal(BigInt(i), 5, 2)]]),
    ]);
    expect(
      await session.appendRows(
        ['appended'],
        columns.map((c) => c.sqlType),
        rows,
      ),
    ).toBe(5000);
    const { rows: read } = await session.query(
      "SELECT count(*), sum(i), max(s.x), max(m['k']) FROM appended",
    );
    expect(read[0]).toEqual([5000n, 12497500n, 4999, new Decimal(4999n, 5, 2)]);
  });

  it('is interrupted by a signal', async () => {
    const stop = new AbortController();
    const running = session.query(
      'SELECT count(*) FROM range(100000000000) t(i) WHERE hash(i) = 1',
      undefined,
      {
        signal: stop.signal,
      },
    );
    setTimeout(() => stop.abort(), 30);
    await expect(running).rejects.toMatchObject({ code: 'duckdb.interrupted', exitCode: 130 });
    expect(await session.value('SELECT 1')).toBe(1);
  });

  it('is interrupted however early the signal comes', async () => {
    for (let turns = 0; turns < 20; turns += 1) {
      const stop = new AbortController();
      const running = session.query(
        `SELECT count(*) FROM range(100000000000) t(i) WHERE hash(i) = ${turns + 1}`,
        undefined,
        { signal: stop.signal },
      );
      const seen = expect(running).rejects.toMatchObject({ code: 'duckdb.interrupted' });
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
      stop.abort();
      await seen;
    }
    expect(await session.value('SELECT 1')).toBe(1);
  });

  it('takes nothing more once it is released', async () => {
    const other = await database.session();
    other.release();
    await expect(other.run('SELECT 1')).rejects.toMatchObject({ code: 'duckdb.session-closed' });
  });
});

describe('a stream', () => {
  let database: Database;
  let session: Session;
  beforeAll(async () => {
    database = await Database.open();
    session = await database.session();
  });
  afterAll(() => database.close());

  it('throws when the statement fails after rows were handed out, with the reason', async () => {
    let rows = 0;
    const read = async (): Promise<void> => {
      const sql = "SELECT CASE WHEN i = 500000 THEN error('boom') ELSE i END FROM range(2000000) t(i)";
      for await (const _ of session.stream(sql)) rows += 1;
    };
    await expect(read()).rejects.toMatchObject({
      code: 'duckdb.invalid-input',
      message: expect.stringContaining('boom'),
    });
    expect(rows).toBeGreaterThan(0);
    expect(await session.value('SELECT 1')).toBe(1);
  });

  it('throws when it is interrupted, and never looks merely short', async () => {
    const stop = new AbortController();
    const read = async (): Promise<void> => {
      const sql = 'SELECT i FROM range(100000000000) t(i) WHERE hash(i) % 100 = 1';
      for await (const _ of session.stream(sql, undefined, { signal: stop.signal })) stop.abort();
    };
    await expect(read()).rejects.toMatchObject({ code: 'duckdb.interrupted' });
  });

  it('holds one chunk at a time', async () => {
    let largest = 0;
    let rows = 0;
    for await (const batch of session.stream('SELECT * FROM range(1000000)').batches()) {
      largest = Math.max(largest, batch.rowCount);
      rows += batch.rowCount;
    }
    expect({ rows, largest }).toEqual({ rows: 1_000_000, largest: 2048 });
  });

  it('keeps the session busy, and frees it when left early', async () => {
    const stream = session.stream('SELECT * FROM range(100000)');
    for await (const _ of stream) {
      await expect(session.query('SELECT 1')).rejects.toMatchObject({ code: 'duckdb.session-busy' });
      break;
    }
    expect(await session.value('SELECT 1')).toBe(1);
  });

  it('leaves the transaction of its session open', async () => {
    await session.run('BEGIN; CREATE TABLE inside (a INTEGER)');
    for await (const _ of session.stream('SELECT * FROM inside')) expect.fail('the table is empty');
    expect(session.inTransaction).toBe(true);
    await session.run('ROLLBACK');
  });
});

describe('a database', () => {
  it('gives out no more sessions than it may, and passes a released place on', async () => {
    const database = await Database.open({ sessionsMax: 2 });
    const [first] = [await database.session(), await database.session()];
    const third = database.session();
    expect(await Promise.race([third.then(() => 'given'), Promise.resolve('waiting')])).toBe('waiting');
    first?.release();
    expect(await (await third).value('SELECT 7')).toBe(7);
    expect(database.sessionsOpen).toBe(2);
    const fourth = database.session();
    await database.close();
    await expect(fourth).rejects.toMatchObject({ code: 'duckdb.session-closed' });
  });

  it('makes the folder of its file, attaches others, and applies settings to every session', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'boathouse-duckdb-'));
    try {
      const other = path.join(folder, 'deep', 'other.duckdb');
      const made = await Database.open({ path: other });
      await (await made.session()).run('CREATE TABLE t AS SELECT 42 AS a');
      await made.close();
      const database = await Database.open({
        path: path.join(folder, 'main.duckdb'),
        settings: { TimeZone: 'Asia/Tokyo', threads: 1 },
        attach: [{ path: other, alias: 'o', readOnly: true }],
      });
      const session = await database.session();
      expect(await session.value('SELECT a FROM o.t')).toBe(42);
      expect(await session.value("SELECT current_setting('TimeZone')")).toBe('Asia/Tokyo');
      await expect(session.run('INSERT INTO o.t VALUES (1)')).rejects.toMatchObject({
        name: 'BoathouseError',
      });
      await database.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('refuses a setting that does not exist', async () => {
    const database = await Database.open({ settings: { no_such_setting: 1 } });
    await expect(database.session()).rejects.toMatchObject({ code: 'duckdb.catalog' });
    await database.close();
  });
});
