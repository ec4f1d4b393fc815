/** The published file from one run to the next: what stays, what goes, and who else writes to it. */
import { copyFile, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { markedName } from '../base/index.ts';
import { Database } from '../duckdb/index.ts';
import { Lake, statuses } from './lake.fixture.ts';
import type { TargetNotice } from './target.ts';

const lake = new Lake();
beforeEach(() => lake.make());
afterEach(() => lake.remove());

const one = "{{ config(materialized='table') }} select 1 as n";

describe('a published file of somebody else', () => {
  it('keeps everything that is no relation of the project', async () => {
    await lake.write({ 'models/mine.sql': "select n + 1 as n from {{ source('s', 'theirs') }}" });
    await lake.write({
      'models/sources.yml': 'sources:\n  - name: s\n    schema: main\n    tables:\n      - name: theirs\n',
    });
    await lake.change(`create table theirs (n integer primary key default 7); insert into theirs values (1);
create index by_n on theirs (n); create view looking as select n from theirs; create type mood as enum ('a', 'b');
create sequence counting start 5; create schema other; create table other.t as select 'b'::mood as m;
create macro plus(a, b := 5) as a + b; create macro twice(a) as a * 2, (a, b) as (a + b) * 2;
create macro rows_of(n := 3) as table from range(n); comment on table theirs is 'theirs'`);
    const { results } = await lake.build();
    expect(statuses(results)).toEqual({ mine: 'success' });
    await lake.build();
    expect(
      await lake.query(
        `select (select n from mine), (select n from looking), (select m from other.t), plus(1), plus(1, 1), twice(2), twice(1, 2),
(select count(*) from rows_of()), nextval('counting') is not null,
(select count(*) from duckdb_indexes()), (select comment from duckdb_tables() where table_name = 'theirs')`.replace(
          "nextval('counting') is not null",
          '(select count(*) from duckdb_sequences())',
        ),
      ),
    ).toEqual([['2', '1', 'b', '6', '2', '4', '6', '3', '1', '1', 'theirs']]);
  });

  it('is refused when it is no database, and not touched', async () => {
    await lake.write({ 'models/mine.sql': 'select 1 as n', 'lake.duckdb': 'x'.repeat(20_000) });
    await expect(lake.build()).rejects.toMatchObject({ code: 'catalog.unreadable-file' });
    expect(await readFile(join(lake.root, 'lake.duckdb'), 'utf8')).toBe('x'.repeat(20_000));
    expect(await readdir(join(lake.root, '_boathouse', 'work'))).toEqual([]);
  });

  it('takes over what is in its log, and leaves none beside it', async () => {
    await lake.write({ 'models/mine.sql': one });
    await lake.build();
    const file = join(lake.root, 'lake.duckdb');
    const other = await Database.open({ path: file });
    await (await other.session()).run('create table by_hand as select 1 as a');
    // As a program leaves it that dies with the file open.
    await copyFile(`${file}.wal`, `${file}.log`);
    await copyFile(file, `${file}.data`);
    await other.close();
    await rename(`${file}.data`, file);
    await rename(`${file}.log`, `${file}.wal`);
    await lake.build();
    expect(await lake.query('select (select n from mine), (select a from by_hand)')).toEqual([['1', '1']]);
    await writeFile(`${file}.wal`, 'torn');
    await lake.build();
    expect(await lake.query('select n from mine')).toEqual([['1']]);
    expect((await readdir(lake.root)).filter((name) => name.endsWith('.wal'))).toEqual([]);
  });

  it('keeps what another program wrote to it while a run worked on views', async () => {
    await lake.write({ 'models/mine.sql': 'select 1 as n' });
    await lake.build();
    await lake.write({ 'models/mine.sql': 'select 2 as n' });
    const { target, ids } = await lake.begin();
    for (const id of ids) await target.runNode(id);
    await lake.change('create table by_hand as select 3 as n');
    await target.publish();
    await target.close();
    expect(await lake.query('select (select n from mine), (select n from by_hand)')).toEqual([['2', '3']]);
    await lake.build();
    expect(await lake.query('select n from by_hand')).toEqual([['3']]);
  });

  it('stops a run that changed tables in a copy of it while another program wrote to it', async () => {
    await lake.write({ 'models/mine.sql': one });
    await lake.build();
    const { target, ids } = await lake.begin();
    for (const id of ids) await target.runNode(id);
    await lake.change('create table by_hand as select 3 as n');
    await expect(target.publish()).rejects.toMatchObject({ code: 'targets.changed-outside' });
    await target.close();
    await lake.build();
    expect(await lake.query('select (select n from mine), (select n from by_hand)')).toEqual([['1', '3']]);
  });
});

describe('a published file', () => {
  it('does not grow from run to run, with tables in it', async () => {
    await lake.write({
      'models/big.sql':
        "{{ config(materialized='table') }} select i, md5(i::varchar) as h from range(60000) t(i)",
      'models/small.sql': "select count(*) as n from {{ ref('big') }}",
    });
    const sizes: number[] = [];
    for (let run = 0; run < 20; run += 1) {
      await lake.build();
      sizes.push((await stat(join(lake.root, 'lake.duckdb'))).size);
    }
    // One copy of the rows is used; as much may be free, and a few blocks.
    expect(Math.max(...sizes)).toBeLessThan(3 * (sizes[0] ?? 0));
  }, 240_000);

  it('shrinks when most of its tables are gone, and keeps keys, indexes and rows', async () => {
    await lake.change(`create table kept (n integer primary key, m varchar default 'm'); insert into kept values (1, 'x');
create index by_m on kept (m); create table gone as select i, md5(i::varchar) as h from range(300000) t(i)`);
    await lake.write({ 'models/mine.sql': one });
    await lake.build();
    const before = (await stat(join(lake.root, 'lake.duckdb'))).size;
    await lake.change('drop table gone');
    await lake.build();
    expect((await stat(join(lake.root, 'lake.duckdb'))).size).toBeLessThan(before / 4);
    expect(
      await lake.query(
        'select n, m, (select count(*) from duckdb_indexes()), (select n from mine) from kept',
      ),
    ).toEqual([['1', 'x', '1', '1']]);
    await expect(lake.change("insert into kept values (1, 'again')")).rejects.toThrow(
      /Duplicate key|Constraint/,
    );
  });

  it('is put in place by the next run when a run died after it had created the generation', async () => {
    await lake.write({ 'models/mine.sql': one, 'models/other.sql': 'select 5 as n' });
    await lake.build({ select: ['other'] });
    const file = join(lake.root, 'lake.duckdb');
    await copyFile(file, `${file}.before`);
    await lake.build({ select: ['mine'] });
    // As a run leaves it that dies between the generation and the rename.
    const log = join(lake.root, '_boathouse', 'catalog');
    const newest =
      (await readdir(log))
        .filter((name) => name.endsWith('.json'))
        .sort()
        .at(-1) ?? '';
    const { files } = JSON.parse(await readFile(join(log, newest), 'utf8')) as {
      files: { staged: string }[];
    };
    const staged = join(lake.root, files[0]?.staged ?? '');
    await lake.write({ [files[0]?.staged ?? '']: '' });
    await rename(file, staged);
    await rename(`${file}.before`, file);
    await lake.build({ select: ['other'] });
    expect(await lake.query('select (select n from mine), (select n from other)')).toEqual([['1', '5']]);
    await expect(stat(staged)).rejects.toThrow();
  });

  it('lacks a view whose file is away for a while, and has it again when the file is back', async () => {
    const reading = "select a from read_csv('data/x.csv')";
    await lake.write({
      'data/x.csv': 'a\n1\n',
      'models/reading.sql': reading,
      'models/mine.sql': 'select 1 as n',
    });
    await lake.build();
    await rename(join(lake.root, 'data/x.csv'), join(lake.root, 'data/y.csv'));
    const notices: TargetNotice[] = [];
    await lake.build({
      select: ['mine'],
      vars: { changed: 1 },
      onNotice: (notice) => notices.push(notice),
    });
    await lake.write({ 'models/mine.sql': 'select 2 as n' });
    await lake.build({ select: ['mine'] });
    await expect(lake.query('select a from reading')).rejects.toThrow();
    await rename(join(lake.root, 'data/y.csv'), join(lake.root, 'data/x.csv'));
    await lake.build({ select: ['mine'], fullRefresh: true });
    expect(await lake.query('select a from reading')).toEqual([['1']]);
  });

  it('keeps relations of models that are renamed or deleted', async () => {
    await lake.write({
      'models/a.sql': 'select 1 as n',
      'models/b.sql': one,
      'models/c.sql': 'select 3 as n',
    });
    await lake.build();
    await rename(join(lake.root, 'models/a.sql'), join(lake.root, 'models/a2.sql'));
    await rm(join(lake.root, 'models/b.sql'));
    await lake.build();
    expect(await lake.query('select (select n from a), (select n from a2), (select n from b)')).toEqual([
      ['1', '1', '1'],
    ]);
  });

  it('has a relation as what it was made last, with whoever reads it', async () => {
    const kinds = [
      "materialized='table'",
      "materialized='view'",
      "materialized='external', location='out/x.parquet'",
      "materialized='external', location='out/x', options={'partition_by': 'part'}",
      "materialized='table', format='delta', location='out/d'",
      "materialized='incremental'",
      "materialized='external', location='out/x.parquet'",
      "materialized='table'",
      "materialized='incremental', format='delta', location='out/d2'",
      "materialized='view'",
    ];
    await lake.write({ 'models/reading.sql': "select n * 10 as n from {{ ref('x') }}" });
    for (const [index, kind] of kinds.entries()) {
      await lake.write({ 'models/x.sql': `{{ config(${kind}) }} select ${index} as n, 1 as part` });
      // A model that adds rows keeps those that are there, in whichever format, unless it is refreshed.
      const { results } = await lake.build({ fullRefresh: kind.includes('incremental') });
      expect(statuses(results), kind).toEqual({ x: 'success', reading: 'success' });
      expect(await lake.query('select x.n, reading.n from x, reading'), kind).toEqual([
        [String(index), String(index * 10)],
      ]);
    }
  }, 240_000);

  it('may be named as no other file is', async () => {
    await lake.write({ 'models/mine.sql': one });
    const file = join(lake.root, 'not yet/there, it\'s "ours"/läke ü.v1.duckdb');
    const profile = { path: file, databaseFile: file, database: 'läke ü', ownDatabase: 'läke ü' };
    for (let run = 0; run < 2; run += 1) {
      const { results, published } = await lake.build({ project: { profile } });
      expect(statuses(results)).toEqual({ mine: 'success' });
      expect(published.path).toBe(file);
    }
    expect((await stat(file)).isFile()).toBe(true);
  });

  it.each([
    ["is named like DuckDB's own database", 'memory.duckdb', 'targets.unsupported-path'],
    ['has the database name of another one beside it', 'lake.db', 'targets.same-database'],
  ])('is refused when it %s', async (_, name, code) => {
    await lake.write({ 'models/mine.sql': one });
    await lake.build();
    const file = join(lake.root, name);
    const database = name.split('.')[0] ?? '';
    const profile = { path: name, databaseFile: file, database, ownDatabase: database };
    await expect(lake.build({ project: { profile } })).rejects.toMatchObject({ code });
  });
});

describe('a run that changes tables unexpectedly', () => {
  const sneaky =
    "{% do run_query('create or replace table side as select ' ~ var('n') ~ ' as n') %}select 1 as n";

  it('takes its turn when it does, and what it wrote is published', async () => {
    await lake.write({ 'models/sneaky.sql': sneaky });
    const { results } = await lake.build({ vars: { n: 7 } });
    expect(statuses(results)).toEqual({ sneaky: 'success' });
    expect(await lake.query('select n from side')).toEqual([['7']]);
  });

  it('stops before it changes any when another run has changed some since it began', async () => {
    await lake.write({ 'models/sneaky.sql': sneaky, 'models/mine.sql': one });
    const { target, ids } = await lake.begin({ select: ['sneaky'], vars: { n: 1 } });
    await lake.build({ select: ['mine'], vars: { n: 2 } });
    const result = await target.runNode(ids[0] ?? '');
    expect(result.error).toMatchObject({ code: 'targets.tables-overtaken' });
    await target.close();
    expect(await lake.query('select n from mine')).toEqual([['1']]);
    await lake.build({ vars: { n: 3 } });
    expect(await lake.query('select (select n from mine), (select n from side)')).toEqual([['1', '3']]);
  });
});

describe('an external folder', () => {
  const model =
    "{{ config(materialized='external', location='out/x', options={'partition_by': 'part'}) }} select 1 as n, 1 as part";
  const ended = { host: '', pid: 0, began: 0 };

  it('is put back by the next run when a run died in the middle of replacing it, whatever that one builds', async () => {
    await lake.write({ 'models/x.sql': model, 'models/other.sql': 'select 1 as n' });
    await lake.build();
    // As a process leaves it that dies between the two renames. The host is unknown, and long silent.
    const swap = join(lake.root, 'out', '_boathouse', 'swap', markedName('1', ended));
    await lake.write({ [`out/_boathouse/swap/${markedName('1', ended)}/new-x/part=1/new.parquet`]: 'half' });
    await rename(join(lake.root, 'out', 'x'), join(swap, 'old-1-x'));
    // A clock that is ahead makes nobody dead: that nothing was heard for long is told by the disk's own times.
    const longAgo = new Date(Date.now() - 8 * 86_400_000);
    for (const name of ['', ...(await readdir(swap, { recursive: true }))]) {
      await utimes(join(swap, name), longAgo, longAgo);
    }
    await lake.write({ 'models/other.sql': 'select 2 as n' });
    await lake.build({ select: ['other'] });
    expect(await readdir(join(lake.root, 'out', 'x', 'part=1'))).toHaveLength(1);
    expect(await readdir(join(lake.root, 'out', '_boathouse'))).toEqual(['pins']);
    expect(await lake.query('select n from x')).toEqual([['1']]);
  });

  it('is replaced by a file only when nothing else is in it', async () => {
    await lake.write({
      'out/x/notes.md': 'mine',
      'models/x.sql': "{{ config(materialized='external', location='out/x') }} select 1 as n",
    });
    const { results } = await lake.build();
    expect(results.get('x')?.error).toMatchObject({ code: 'targets.external-overlap' });
    expect(await readFile(join(lake.root, 'out/x/notes.md'), 'utf8')).toBe('mine');
  });
});
