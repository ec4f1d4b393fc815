import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../duckdb/index.ts';
import { stageCatalogFile } from './catalog-file.ts';
import { fileCalls } from './file-calls.ts';
import type { CatalogRelation } from './generation.ts';
import { asIs } from './stand-ins.ts';

describe('fileCalls', () => {
  it.each([
    ['none', 'select 1', []],
    [
      'one with options',
      "select * from read_csv(['s3://b/x.csv'], header = true, delim := ';')",
      ['header delim'],
    ],
    [
      'as DuckDB prints them',
      "read_parquet(main.list_value('s3://b/x'), (hive_partitioning = CAST('f' AS BOOLEAN)))",
      ['hive_partitioning'],
    ],
    [
      'brackets and commas inside of arguments',
      "read_csv('s3://b/x(,)', columns = {'a, b': 'DECIMAL(3, 1)'}, x = [1, 2])",
      ['columns x'],
    ],
    ['not in texts', "select 'read_csv(''a'')' from read_json('s3://b/y')", ['']],
    ['not in comments', "-- read_csv('a')\nselect /* read_csv('b') */ 1", []],
    ['one in another', "read_parquet((select x from read_text('s3://b/z')))", ['', '']],
  ] satisfies [string, string, string[]][])('%s', (_, sql, options) => {
    expect(fileCalls(sql).map((call) => call.options.join(' '))).toEqual(options);
  });
});

describe('a catalog file over a bucket', () => {
  let folder = '';
  let engine: Database;
  const asked: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boathouse-stand-ins-'));
    engine = await Database.open({});
    const session = await engine.session();
    await session.run(`copy (select 1::int as id, 'x' as name) to '${folder}/a.parquet'`);
    await session.run(`copy (select 1::bigint as id, 2.5::double as price) to '${folder}/b.csv' (header)`);
    session.release();
  });
  afterAll(async () => {
    await engine.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** An engine that reads files below `folder` for those of the bucket, as a mount does. */
  function mounted(): Database {
    return new Proxy(engine, {
      get(target, key) {
        if (key !== 'session') return Reflect.get(target, key).bind(target);
        return async () => {
          const session = await target.session();
          const localise = (sql: string): string => {
            if (sql.startsWith(asIs)) return sql;
            if (sql.includes('s3://')) asked.push(sql);
            return sql.replaceAll('s3://lake', folder);
          };
          return new Proxy(session, {
            get(inner, name) {
              const value = Reflect.get(inner, name);
              if (typeof value !== 'function') return value;
              const isStatement = ['run', 'query', 'describe', 'value'].includes(String(name));
              return (first: unknown, ...rest: unknown[]) =>
                value.call(inner, isStatement ? localise(String(first)) : first, ...rest);
            },
          });
        };
      },
    });
  }

  const relation = (name: string, sql: string, kind: CatalogRelation['kind'] = 'view'): CatalogRelation => ({
    database: 'lake',
    schema: 'main',
    name,
    kind,
    sql,
    location: null,
    format: null,
    deltaVersion: null,
    pins: [],
    columns: [],
    comment: null,
    runId: 'r',
    uniqueId: null,
  });
  const relations = [
    relation('both', 'select a.name, b.price from lake.main.a join lake.main.b using (id)'),
    relation(
      'a',
      "select * from read_parquet(['s3://lake/a.parquet'], hive_partitioning = false)",
      'external',
    ),
    relation('b', "select * from read_csv('s3://lake/b.csv', header = true)", 'external'),
    relation('gone', "select * from read_parquet('s3://lake/none.parquet')", 'external'),
  ];

  it('names the bucket in its views, and opens each file once at most', async () => {
    const path = join(folder, 'lake.duckdb');
    const staged = await stageCatalogFile({ relations }, { database: 'lake', path, engine: mounted() });

    expect(staged.broken.map((one) => one.relation.name)).toEqual(['gone']);
    await staged.publish();
    expect(asked.length).toBe(3);
    const session = await engine.session();
    await session.run(`attach '${path}' as there (read_only)`);
    const { rows } = await session.query(
      "select view_name, sql like '%s3://lake/%' from duckdb_views() where database_name = 'there' and not internal order by all",
    );
    expect(rows).toEqual([
      ['a', true],
      ['b', true],
      ['both', false],
    ]);
    const columns = await session.query(
      "select table_name, column_name, data_type from duckdb_columns() where database_name = 'there' order by table_name, column_index",
    );
    expect(columns.rows).toEqual([
      ['a', 'id', 'INTEGER'],
      ['a', 'name', 'VARCHAR'],
      ['b', 'id', 'BIGINT'],
      ['b', 'price', 'DOUBLE'],
      ['both', 'name', 'VARCHAR'],
      ['both', 'price', 'DOUBLE'],
    ]);
    await session.run('detach there');
    session.release();
  });

  it('keeps what is made already without asking for its files', async () => {
    asked.length = 0;
    const path = join(folder, 'lake.duckdb');
    const more = [...relations, relation('more', 'select name from lake.main.both')];
    const staged = await stageCatalogFile(
      { relations: more },
      {
        database: 'lake',
        path,
        engine: mounted(),
        tablesFrom: path,
        isKept: ({ name }) => name !== 'more' && name !== 'gone',
      },
    );
    expect(staged.made).toBe(4);
    await staged.discard();
    // Two for the new view, whose columns come from them, and one for the file that isn't there.
    expect(asked.length).toBe(3);
  });
});
