import { describe, expect, it } from 'vitest';
import { parseStatement } from './parse-statement.ts';
import { rewriteTimeTravel } from './time-travel.ts';

describe('parseStatement', () => {
  it.each([
    ['select 1'],
    ['vacuum'],
    ['vacuum;'],
    ['vacuum analyze'],
    ['describe orders'],
    ['create view v as select 1'],
    ['create or replace view v as select 1'],
    ['alter view v rename to w'],
    ["set x = 'merge into'"],
    ['-- merge into t\nselect 1'],
    [''],
  ])('leaves %s to the engine', (sql) => {
    expect(parseStatement(sql)).toBeUndefined();
  });

  it('takes a MERGE apart', () => {
    const sql = `MERGE INTO delta.'/lake/orders' AS t
      USING (select * from new -- ) not here
        where note <> 'when matched then') s
      ON t.id = s.id AND t.day = CASE WHEN s.late THEN s.day ELSE t.day END
      WHEN MATCHED AND s.gone AND t.x IN (1, 2) THEN DELETE
      WHEN MATCHED THEN UPDATE SET t.amount = coalesce(s.amount, 0), \`a.b\`.c = 'then, when matched'
      WHEN NOT MATCHED THEN INSERT (id, "Day") VALUES (s.id, s.day);
      WHEN NOT MATCHED BY SOURCE AND t.old THEN UPDATE SET state = 'gone'
      WHEN NOT MATCHED BY SOURCE THEN DELETE`.replace(';', '');
    expect(parseStatement(sql)).toEqual({
      kind: 'merge',
      table: { kind: 'path', uri: '/lake/orders' },
      targetAlias: 't',
      source: {
        kind: 'query',
        sql: "select * from new -- ) not here\n        where note <> 'when matched then'",
      },
      sourceAlias: 's',
      on: 't.id = s.id AND t.day = CASE WHEN s.late THEN s.day ELSE t.day END',
      clauses: [
        { kind: 'matched-delete', condition: 's.gone AND t.x IN (1, 2)' },
        {
          kind: 'matched-update',
          set: { 't.amount': 'coalesce(s.amount, 0)', '`a.b`.c': "'then, when matched'" },
        },
        { kind: 'not-matched-insert', values: { id: 's.id', Day: 's.day' } },
        { kind: 'not-matched-by-source-update', condition: 't.old', set: { state: "'gone'" } },
        { kind: 'not-matched-by-source-delete' },
      ],
      schemaEvolution: false,
    });
  });

  it.each([
    ['update set *', 'WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *'],
    ['update and insert', 'WHEN MATCHED THEN UPDATE WHEN NOT MATCHED BY TARGET THEN INSERT BY NAME'],
  ])('takes every column with %s', (_, clauses) => {
    const sql = `merge with schema evolution into main.silver."Orders" using staged using (id, day) ${clauses}`;
    expect(parseStatement(sql)).toMatchObject({
      table: { kind: 'name', parts: ['main', 'silver', 'Orders'] },
      source: { kind: 'table', table: { kind: 'name', parts: ['staged'] } },
      on: '"Orders"."id" = "staged"."id" AND "Orders"."day" = "staged"."day"',
      schemaEvolution: true,
      clauses: [
        { kind: 'matched-update', set: 'all' },
        { kind: 'not-matched-insert', values: 'all' },
      ],
    });
  });

  it.each([
    [
      "update t as o set a = 1, b = f(x, y) where o.c = 'where'",
      { kind: 'update', alias: 'o', set: { a: '1', b: 'f(x, y)' }, where: "o.c = 'where'" },
    ],
    [
      'delete from delta.`/a b/t` where x in (select 1)',
      { kind: 'delete', table: { kind: 'path', uri: '/a b/t' }, where: 'x in (select 1)' },
    ],
    ['truncate table a.b', { kind: 'delete', truncate: true, where: undefined }],
    [
      'insert into t values (1, 2)',
      { kind: 'insert', columns: undefined, mode: 'append', query: 'values (1, 2)' },
    ],
    ['insert into t (a, b) select 1, 2', { kind: 'insert', columns: ['a', 'b'], query: 'select 1, 2' }],
    ['insert into t (select 1)', { kind: 'insert', columns: undefined, query: '(select 1)' }],
    ['insert into t by name from x', { kind: 'insert', byName: true, query: 'from x' }],
    ['insert overwrite t select 1', { kind: 'insert', mode: 'overwrite' }],
    [
      "insert overwrite t partition (day = '2024-01-01', region) select 1",
      {
        mode: 'overwrite',
        partition: new Map([
          ['day', "'2024-01-01'"],
          ['region', undefined],
        ]),
        query: 'select 1',
      },
    ],
    ['insert with schema evolution into t by name select 1 as a', { schemaEvolution: true, byName: true }],
    ["insert into t table delta.'x'", { query: "SELECT * FROM delta.'x'" }],
    [
      'with a as (select 1), b(x) as (select 2) insert into t select * from a',
      { kind: 'insert', query: 'with a as (select 1), b(x) as (select 2) select * from a' },
    ],
    [
      'with a as (select 1 as id) merge into t using a on t.id = a.id when matched then delete',
      {
        kind: 'merge',
        sourceAlias: 'a',
        source: { kind: 'query', sql: 'with a as (select 1 as id) SELECT * FROM "a"' },
      },
    ],
    [
      'merge into t using (values (1)) as s(id) on t.id <=> s.id when matched and t.a <=> null then delete',
      {
        sourceAlias: 's',
        source: { kind: 'query', sql: 'SELECT * FROM (values (1)) AS "s"("id")' },
        on: 't.id IS NOT DISTINCT FROM s.id',
        clauses: [{ kind: 'matched-delete', condition: 't.a IS NOT DISTINCT FROM null' }],
      },
    ],
    [
      'merge into t using u version as of 3 as s on t.id = s.id when matched then delete',
      { sourceAlias: 's', source: { kind: 'query', sql: 'SELECT * FROM u version as of 3' } },
    ],
    [
      "merge into t using read_csv('a.csv', header = true) s on t.id = s.id when matched then delete",
      { sourceAlias: 's', source: { kind: 'query', sql: "SELECT * FROM read_csv('a.csv', header = true)" } },
    ],
    [
      "merge into t using 'a.parquet' s on t.id = s.id when matched then delete",
      { sourceAlias: 's', source: { kind: 'query', sql: "SELECT * FROM 'a.parquet'" } },
    ],
    [
      'update t set a = b is distinct from c, d = 1 where e',
      { set: { a: 'b is distinct FROM c', d: '1' }, where: 'e' },
    ],
    ["vacuum '/lake/t' retain 200 hours", { kind: 'vacuum', table: { kind: 'path', uri: '/lake/t' } }],
    ["optimize '/lake/t'", { kind: 'optimize', table: { kind: 'path', uri: '/lake/t' } }],
    ["describe history '/lake/t'", { kind: 'history', table: { kind: 'path', uri: '/lake/t' } }],
    [
      'create table t (a int comment "one") partitioned by (day date, b) comment "two" tblproperties ("x" = -1)',
      {
        columns: 'a int comment "one", "day" date',
        spec: { partitionBy: ['day', 'b'], comment: 'two', properties: { x: '-1' } },
      },
    ],
    [
      "insert into t replace where day = '2024-01-01' select 1",
      { kind: 'insert', replaceWhere: "day = '2024-01-01'" },
    ],
    [
      'optimize t where day > 3 zorder by (a, b.c)',
      { kind: 'optimize', where: 'day > 3', zOrderBy: ['a', 'b.c'] },
    ],
    ['optimize t full', { kind: 'optimize', full: true }],
    ['reorg table t apply (purge)', { kind: 'purge' }],
    [
      'vacuum t lite retain 0.5 hours dry run',
      { kind: 'vacuum', mode: 'lite', retentionHours: 0.5, dryRun: true },
    ],
    ['restore table t to version as of 3', { kind: 'restore', to: { version: 3 } }],
    ["restore t timestamp as of '2024-01-01'", { kind: 'restore', to: { timestamp: '2024-01-01' } }],
    ['describe history t limit 5', { kind: 'history', limit: 5 }],
    ["describe detail delta.'x'", { kind: 'detail', table: { kind: 'path', uri: 'x' } }],
    [
      "convert to delta parquet.'/x' partitioned by (day date)",
      { kind: 'convert', uri: '/x', partitionSchema: 'day date' },
    ],
    [
      'create or replace table t (a int, b decimal(3, 1)) using delta partitioned by (a)',
      { kind: 'create', columns: 'a int, b decimal(3, 1)', spec: { orReplace: true, partitionBy: ['a'] } },
    ],
    [
      "create table if not exists t cluster by (a.b) tblproperties ('x' = 'y', delta.appendOnly = true) as select 1",
      {
        kind: 'create',
        columns: undefined,
        query: 'select 1',
        spec: {
          ifNotExists: true,
          clusterBy: [['a', 'b']],
          properties: { x: 'y', 'delta.appendOnly': 'true' },
        },
      },
    ],
    [
      "create table t shallow clone s version as of 2 location '/x'",
      { kind: 'clone', at: { version: 2 }, location: '/x' },
    ],
  ])('parses %s', (sql, expected) => {
    expect(parseStatement(sql)).toMatchObject(expected);
  });

  it.each([
    [
      "add column a.b struct<x: int, y: string> comment 'c' after z",
      [{ kind: 'add-column', parent: ['a'], position: { after: 'z' }, column: { name: 'b', comment: 'c' } }],
    ],
    [
      'add columns (a int, b decimal(3, 1) first)',
      [
        { kind: 'add-column', column: { name: 'a' } },
        { kind: 'add-column', position: 'first', column: { name: 'b' } },
      ],
    ],
    [
      "change column a b bigint comment 'x' after c",
      [
        { kind: 'change-type', column: ['a'], type: 'bigint' },
        { kind: 'comment-column', column: ['a'], comment: 'x' },
        { kind: 'move-column', column: ['a'], position: { after: 'c' } },
        { kind: 'rename-column', column: ['a'], to: 'b' },
      ],
    ],
    ['change column s.a a int first', [{ kind: 'change-type' }, { kind: 'move-column', column: ['s', 'a'] }]],
    ['replace columns (a int, b struct<c: int>)', []],
    ['rename column a.b to c', [{ kind: 'rename-column', column: ['a', 'b'], to: 'c' }]],
    [
      'drop columns (a, b)',
      [
        { kind: 'drop-column', column: ['a'] },
        { kind: 'drop-column', column: ['b'] },
      ],
    ],
    ['alter column a type bigint', [{ kind: 'change-type', type: 'bigint' }]],
    ['alter column a set not null', [{ kind: 'set-not-null' }]],
    ["alter column a comment 'x'", [{ kind: 'comment-column', comment: 'x' }]],
    ['alter column a first', [{ kind: 'move-column', position: 'first' }]],
    ['add constraint c check (a > (1))', [{ kind: 'add-constraint', name: 'c', expression: 'a > (1)' }]],
    ['drop constraint if exists c', [{ kind: 'drop-constraint', ifExists: true }]],
    ["set tblproperties ('a' = 'b')", [{ kind: 'set-properties', properties: { a: 'b' } }]],
    ["unset tblproperties if exists ('a')", [{ kind: 'unset-properties', keys: ['a'], ifExists: true }]],
    ['cluster by none', [{ kind: 'cluster-by', columns: [] }]],
    [
      'drop feature deletionVectors truncate history',
      [{ kind: 'drop-feature', feature: 'deletionVectors', truncateHistory: true }],
    ],
  ])('parses alter table t %s', (change, changes) => {
    expect(parseStatement(`alter table t ${change}`)).toMatchObject({ kind: 'alter', changes });
  });

  it.each([
    ['merge into t using s on', 'expected a condition, found the end', 1, 24],
    ['update t\nset a 1', "expected =, found '1'", 2, 7],
    ['delete t', "expected DELETE FROM, found 'delete'", 1, 1],
    ['merge into t using s on a = b when matched then explode', "expected UPDATE, found 'explode'", 1, 49],
    [
      'merge into t using s on a = b when not matched then insert (a, b) values (1)',
      '2 columns are named, and 1 values given',
      1,
      77,
    ],
    ['insert into t (a, A) values (1, 2)', 'A is named twice', 1, 22],
    ['insert into t values (1) returning *', 'RETURNING is not for Delta tables', 1, 26],
    ['delete from t where a returning *', 'RETURNING is not for Delta tables', 1, 23],
    ['update t set a = s.b from s where t.c = s.c', 'FROM is not for Delta tables', 1, 22],
    ["delete from 'lake/t'", "one by its place is delta.'path'", 1, 13],
    ['with a as (select 1) delete from t where b in (from a)', 'WITH is for INSERT and MERGE', 1, 1],
    ['create table t (a int) as select 1', 'the columns are those of the query', 1, 35],
    ['create table t deep clone u', 'only SHALLOW CLONE is known', 1, 16],
    ['alter table t alter column a sync identity', 'SYNC IDENTITY is not known', 1, 30],
    ['optimize t zorder (a)', "expected the end of the statement, found 'zorder'", 1, 12],
  ])('refuses %j where it goes wrong', (sql, problem, line, column) => {
    expect(() => parseStatement(sql)).toThrow(
      expect.objectContaining({
        code: 'tables.bad-statement',
        message: expect.stringContaining(problem),
        location: expect.objectContaining({ line, column }),
      }),
    );
  });
});

describe('rewriteTimeTravel', () => {
  it.each([
    ['select 1', 'select 1'],
    ["select * from delta.'/a'", "select * from delta_scan('/a')"],
    ['select * from delta.`/a` version as of 3 as t', "select * from delta_scan('/a', version => 3) as t"],
    ['select delta."/a" from delta', 'select delta."/a" from delta'],
    ['select * from delta.orders', 'select * from delta.orders'],
    ['select * from s.t for version as of 3, u', "select * from delta_scan('/s/t', version => 3), u"],
    [
      "select * from t timestamp as of '2024-01-01'",
      "select * from delta_scan('/t', timestamp => '2024-01-01')",
    ],
    ['select * from t at (version => 3)', "select * from delta_scan('/t', version => 3)"],
    ["select 'delta.''/a''' -- t version as of 3", "select 'delta.''/a''' -- t version as of 3"],
  ])('%s', async (sql, expected) => {
    expect(await rewriteTimeTravel(sql, async (parts) => `/${parts.join('/')}`)).toBe(expected);
  });
});
