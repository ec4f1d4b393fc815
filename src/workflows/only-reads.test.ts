import { describe, expect, it } from 'vitest';
import { Database } from '../duckdb/index.ts';
import { refuseWrites } from './only-reads.ts';

async function verdict(sql: string): Promise<string> {
  const database = await Database.open({});
  try {
    const session = await database.session();
    return await refuseWrites(sql, (question) => session.value(question)).then(
      () => 'reads',
      (error: { code?: string }) => String(error.code),
    );
  } finally {
    await database.close();
  }
}

describe('refuseWrites', () => {
  it.each([
    'select 1',
    '  (select 1) union all (select 2)',
    'with a as (select 1) select * from a',
    'from t',
    'values (1)',
    'describe t',
    'summarize t',
    'show all tables',
    'explain select 1',
    'explain analyze select 1',
    '/* a; b */ -- c;\n select 1',
    'select 1;; -- the end',
    "select ';' as a; ",
    "select 'copy' as a",
    'selec 1',
    'pragma version',
    '-- only a comment',
    'explain (select 1)',
    '',
  ])('lets through: %s', async (sql) => expect(await verdict(sql)).toBe('reads'));

  it.each([
    "copy (select 1) to 'x.csv'",
    "COPY t TO 'x.csv'",
    "-- a comment\n/* and another */ copy t to 'x.csv'",
    "/* one /* in another */ still */ copy t to 'x.csv'",
    "explain /* why */ analyze -- not\n copy t to 'x.csv'",
    "explain analyze copy t to 'x.csv'",
    "explain (analyze, format json) copy t to 'x.csv'",
    ";copy t to 'x.csv'",
    "attach 'x.db'",
    "export database 'x'",
    'create table t (a integer)',
    "create persistent secret s (type http, bearer_token 'x')",
    'insert into t values (1)',
    'drop table t',
    'install httpfs',
    'set memory_limit = 1',
  ])('refuses: %s', async (sql) => expect(await verdict(sql)).toBe('workflows.not-a-query'));

  it.each(['select 1; select 2', "select 1; copy t to 'x.csv'", "describe t; attach 'x.db'"])(
    'refuses several statements: %s',
    async (sql) => expect(await verdict(sql)).toBe('workflows.several-statements'),
  );
});
