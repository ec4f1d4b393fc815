/** Runs at once, and runs on folders that don't want to be written to, as real processes. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ended, ended, Folder, project } from './command.ts';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const allWell = (results: readonly Ended[]): void => {
  for (const { code, output } of results) expect(code, output).toBe(0);
};

/** One project's models over a shared folder of files. */
const models = (place: string): Record<string, string> => ({
  'models/a.sql': `{{ config(materialized='external', location='${place}/a.parquet') }}\nselect i, {{ var('n') }} as n from range(5000) t(i)`,
  'models/b.sql': `{{ config(materialized='external', location='${place}/b', options={'partition_by': 'part'}) }}\nselect *, i % 4 as part from {{ ref('a') }}`,
  'models/c.sql': "select min(n) as least, max(n) as most, count(*) as rows from {{ ref('b') }}",
});

describe('runs at once', () => {
  it('on one project write the same files, and one whole run is seen', async () => {
    folder.put({ ...project('shop'), ...models('files') });
    allWell(
      await Promise.all(
        [1, 2, 3].map((n) => folder.run('build', '--vars', `{n: ${n}}`, '--target-path', `t${n}`)),
      ),
    );
    const [row] = await folder.rows(
      'select c.least, c.most, c.rows::int as rows, (select min(n) from a) as a from c',
    );
    expect(row).toEqual({ least: row?.['most'], most: row?.['least'], rows: 5000, a: row?.['least'] });
    // The files themselves are one run's, too, though maybe another one's.
    const [files] = await folder.rows(
      `select count(*)::int as rows, count(distinct n)::int as runs from '${folder.path}/files/b/*/*.parquet'`,
    );
    expect(files).toEqual({ rows: 5000, runs: 1 });
    expect(readdirSync(join(folder.path, 'files/_boathouse'))).toEqual(['pins']);
    expect(readdirSync(join(folder.path, '_boathouse/work'))).toEqual([]);
  }, 240_000);

  it('on two projects and two targets that share one folder keep to their own catalogs', async () => {
    const lake = join(folder.path, 'lake');
    const outputs = `    prod:\n      type: duckdb\n      path: ${lake}/prod.duckdb\n    dev:\n      type: duckdb\n      path: ${lake}/dev.duckdb\n`;
    for (const name of ['one', 'two']) {
      const files = {
        ...models(lake),
        'models/d.sql': `{{ config(materialized='table') }}\nselect '${name}' as who, '{{ target.name }}' as target`,
        'dbt_project.yml': `name: ${name}\nversion: "1.0"\nprofile: ${name}\nmodels:\n  +schema: ${name}\n`,
        'profiles.yml': `${name}:\n  target: dev\n  outputs:\n${outputs}`,
      };
      folder.put(Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text])));
    }
    const runs = ['one dev 1', 'two dev 2', 'one prod 3', 'two prod 4'].map((run) => run.split(' '));
    const build = ([name = '', target = '', n = '']: string[]): Promise<Ended> =>
      folder.run(
        'build',
        '--project-dir',
        name,
        '--target',
        target,
        '--vars',
        `{n: ${n}}`,
        '--target-path',
        `${folder.path}/t${n}`,
      );
    for (let time = 0; time < 2; time += 1) allWell(await Promise.all(runs.map(build)));
    for (const [name = '', target = '', n = ''] of runs) {
      const [row] = await folder.rows(
        `select c.least, c.most, d.who, d.target from main_${name}.c, main_${name}.d`,
        '--catalog',
        `${lake}/${target}.duckdb`,
      );
      expect(row).toEqual({ least: Number(n), most: Number(n), who: name, target });
    }
  }, 240_000);

  it('pass over a run that was killed while it had its turn', async () => {
    folder.put({
      ...project('shop'),
      'models/slow.sql':
        "{{ config(materialized='table') }} select count(*) as n from range(20000) a(i), range({{ var('much', 1) }}) b(j) where hash(i, j) % 7 = 1",
    });
    await folder.ok('build');
    const holder = folder.start('build', '--vars', '{much: 10000000}');
    const end = ended(holder);
    const leases = join(folder.path, '_boathouse/leases/tables-shop.duckdb');
    const held = readdirSync(leases)[0] ?? '';
    while (existsSync(join(leases, held))) await new Promise((wait) => setTimeout(wait, 20));
    const second = folder.start('build', '--target-path', 't2');
    const waiter = ended(second);
    // It says whom it waits for.
    await new Promise<void>((told) => {
      const listen = (data: Buffer): void => void (String(data).includes(`process ${holder.pid}`) && told());
      second.stdout?.on('data', listen);
      second.stderr?.on('data', listen);
      second.once('close', () => told());
    });
    holder.kill('SIGKILL');
    await end;
    const { code, output } = await waiter;
    expect(code, output).toBe(0);
    expect(output).toContain(`process ${holder.pid}`);
    expect(readdirSync(join(folder.path, '_boathouse/work'))).toEqual([]);
  }, 240_000);
});

describe('a run', () => {
  it('says so when the folder of the catalog can not be written to, and leaves what is there', async () => {
    folder.put({ ...project('shop'), 'models/a.sql': 'select 1 as n' });
    await folder.ok('build');
    folder.put({ 'models/a.sql': 'select 2 as n' });
    folder.dropRights();
    for (const name of ['_boathouse', '_boathouse/catalog', '_boathouse/work', '_boathouse/leases']) {
      chmodSync(join(folder.path, name), 0o555);
    }
    const { code, output } = await folder.run('build');
    expect(code).toBe(2);
    expect(output).toMatch(/permission|EACCES|not allowed|may not/i);
    expect(output).not.toMatch(/\n\s+at /);
    expect(await folder.rows('select n from a')).toEqual([{ n: 1 }]);
    for (const name of ['_boathouse', '_boathouse/catalog', '_boathouse/work', '_boathouse/leases']) {
      chmodSync(join(folder.path, name), 0o755);
    }
    await folder.ok('build');
    expect(await folder.rows('select n from a')).toEqual([{ n: 2 }]);
  }, 240_000);

  const canMount = process.getuid?.() === 0 && process.platform === 'linux';
  it.skipIf(!canMount)(
    'says so when the disk is full, and leaves what is there (needs root, for a small disk)',
    async () => {
      const disk = join(folder.path, 'disk');
      mkdirSync(disk);
      if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk]).status !== 0) return;
      try {
        const rows = (n: number): Record<string, string> => ({
          'models/a.sql': `{{ config(materialized='external', location='disk/a.parquet') }}\nselect ${n} as n, hash(i) as h from range(${n}) t(i)`,
          'models/t.sql': `{{ config(materialized='table') }}\nselect ${n} as n, hash(i) as h from range(${n}) t(i)`,
        });
        folder.put({ ...project('shop', {}), ...rows(100) });
        writeFileSync(
          join(folder.path, 'profiles.yml'),
          'shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: disk/shop.duckdb\n',
        );
        await folder.ok('build');
        folder.put(rows(2_000_000));
        const { code, output } = await folder.run('build');
        expect([1, 2]).toContain(code);
        expect(output).toMatch(/space|full|ENOSPC/i);
        expect(output).not.toMatch(/\n\s+at /);
        expect(await folder.rows('select (select max(n) from a) as a, (select max(n) from t) as t')).toEqual([
          { a: 100, t: 100 },
        ]);
        folder.put(rows(200));
        await folder.ok('build');
        expect(await folder.rows('select (select max(n) from a) as a, (select max(n) from t) as t')).toEqual([
          { a: 200, t: 200 },
        ]);
      } finally {
        spawnSync('umount', [disk]);
      }
    },
    240_000,
  );

  it('works in memory, and leaves only its files', async () => {
    folder.put({ ...project('shop'), ...models('files') });
    writeFileSync(
      join(folder.path, 'profiles.yml'),
      "shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: ':memory:'\n",
    );
    for (const n of [1, 2]) await folder.ok('build', '--vars', `{n: ${n}}`);
    expect(existsSync(join(folder.path, '_boathouse'))).toBe(false);
    expect(readdirSync(join(folder.path, 'files')).sort()).toEqual(['a.parquet', 'b']);
  }, 240_000);
});

const older = resolve(import.meta.dirname, '../../.cache/peers-duckdb-1.4/venv/bin/python');
describe.skipIf(!existsSync(older))('DuckDB 1.4 (node scripts/peers.mjs installs it)', () => {
  it('opens the published file without an extension, and reads every kind of relation', async () => {
    folder.put({
      ...project('shop'),
      ...models('files'),
      'seeds/s.csv': 'id,name\n1,a\n',
      'models/d.sql':
        "{{ config(materialized='table', format='delta', location='files/d', partition_by='part') }}\nselect * from {{ ref('b') }}",
      'models/e.sql':
        "{{ config(materialized='external', location='files/e.csv') }}\nselect i, n from {{ ref('a') }} limit 3",
      'models/f.sql':
        "{{ config(materialized='external', location='files/f.json') }}\nselect i, [n] as list from {{ ref('a') }} where false",
      'models/t.sql':
        "{{ config(materialized='table') }}\nselect i, {'a': n} as s, map {'k': n} as m from {{ ref('a') }}",
      'models/g.sql':
        "{{ config(materialized='table_function', parameters='least := 3') }}\nselect i from {{ ref('a') }} where i < least",
    });
    await folder.ok('build', '--vars', '{n: 1}');
    rmSync(join(folder.path, 'models'), { recursive: true });
    const script = `
import duckdb, json
con = duckdb.connect('shop.duckdb', read_only=True, config={'autoinstall_known_extensions': 'false', 'autoload_known_extensions': 'false'})
names = ['a', 'b', 'c', 'd', 'e', 'f', 't', 's', 'g()']
print(json.dumps([duckdb.__version__] + [con.sql(f'select count(*) from {name}').fetchone()[0] for name in names]))`;
    const { stdout, stderr } = spawnSync(older, ['-c', script], { cwd: folder.path, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(['1.4.0', 5000, 5000, 1, 5000, 3, 0, 5000, 1, 3]);
  }, 240_000);
});
