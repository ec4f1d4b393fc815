import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBoathouseError, secrets } from '../base/index.ts';
import { Database, type Session } from './index.ts';

describe("DuckDB's errors", () => {
  let database: Database;
  let session: Session;
  beforeAll(async () => {
    database = await Database.open();
    session = await database.session();
    await session.run('CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR NOT NULL)');
  });
  afterAll(() => database.close());

  it.each([
    ['selec 1', 'parser', { line: 1, column: 1 }],
    ['SELECT 1,\n  FROM FROM t', 'parser', { line: 2, column: 8 }],
    ['SELECT * FROM nowhere', 'catalog', { line: 1, column: 15 }],
    ['SELECT\n\n nothing FROM t', 'binder', { line: 3, column: 2 }],
    ["SELECT 'x'::INTEGER", 'conversion', { line: 1, column: 11 }],
    ['INSERT INTO t VALUES (1, NULL)', 'constraint', undefined],
    ["INSERT INTO t VALUES (1, 'a'), (1, 'b')", 'constraint', undefined],
    ['SELECT 9223372036854775807 + 1::BIGINT', 'out-of-range', undefined],
    ["SELECT * FROM read_parquet('/no/such/file.parquet')", 'io', { line: 1, column: 15 }],
    ["SELECT error('mine')", 'invalid-input', undefined],
    ['COMMIT', 'transaction', undefined],
  ])('%j is duckdb.%s', async (sql, phrase, place) => {
    const error: unknown = await session.run(sql).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: `duckdb.${phrase}` });
    if (!isBoathouseError(error)) return;
    expect(error.message).not.toMatch(/\nLINE/);
    if (place) expect(error.location).toMatchObject({ ...place, text: sql });
  });

  it('points at the right column of a long line', async () => {
    const sql = `SELECT ${'1, '.repeat(100)}missing FROM t`;
    const error: unknown = await session.run(sql).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ location: { line: 1, column: sql.indexOf('missing') + 1 } });
  });

  it('shows no secret', async () => {
    secrets.add('hunter2hunter2');
    const error: unknown = await session
      .run("SELECT 'hunter2hunter2'::INTEGER")
      .catch((thrown: unknown) => thrown);
    if (!isBoathouseError(error)) expect.fail('an error was expected');
    expect(JSON.stringify([error.message, error.location, error.details])).not.toContain('hunter2');
  });

  it('are out-of-memory when memory is', async () => {
    const small = await Database.open({ memoryLimit: '20MB', settings: { max_temp_directory_size: '0KB' } });
    const query = (await small.session()).query(
      'SELECT list(range ORDER BY hash(range)) FROM range(10000000)',
    );
    await expect(query).rejects.toMatchObject({ code: 'duckdb.out-of-memory' });
    await small.close();
  });
});
