import { describe, expect, it } from 'vitest';
import { changesTables, isBlank } from './statement-kinds.ts';

describe('changesTables', () => {
  it.each([
    'select 1',
    "select 'insert into t values (1)'",
    '-- insert into t\nfrom t',
    'with x as (select 1) select * from x',
    'create or replace view v as select 1; comment on view v is $$; delete from t$$',
    'create temp table t as select 1',
    'create or replace temporary table t as select 1',
    'drop view if exists v',
    'create schema s; drop schema s',
    "copy (select 1 as a) to 'x.parquet' (format parquet)",
    "copy t to 'x.csv'",
    '/* drop table t */ set threads = 2',
    'explain delete from t',
    '',
  ])('leaves tables alone: %s', (sql) => {
    expect(changesTables(sql)).toBe(false);
  });

  it.each([
    'insert into t values (1)',
    'with x as (select 1) insert into t from x',
    'WITH x AS (SELECT 1) DELETE FROM t',
    'create table t (a int)',
    'create unlogged thing',
    "copy t from 'x.csv'",
    "copy t (a, b) from 'x.csv'",
    'copy from database a to b',
    'create index i on t (a)',
    "create type mood as enum ('a')",
    'create sequence s',
    'drop schema s cascade',
    'alter table t add column b int',
    "comment on table t is 'x'",
    'select 1; /* now */ truncate t',
    "import database 'x'",
    'merge into t using s on true when matched then delete',
  ])('may change tables: %s', (sql) => {
    expect(changesTables(sql)).toBe(true);
  });

  it('knows text without a statement', () => {
    expect([isBlank(' ; -- x\n /* y */'), isBlank("''"), isBlank('select 1')]).toEqual([true, false, false]);
  });
});
