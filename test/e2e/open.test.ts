/** `boathouse open`: statements from a pipe, and at a terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, ended, Folder, main, project } from './command.ts';

let folder: Folder;
beforeAll(async () => {
  folder = new Folder().put({
    ...project('shop'),
    'seeds/raw.csv': 'id,name\n1,Ada\n2,Grace\n',
    'models/people.sql': "{{ config(materialized='table') }} select * from {{ ref('raw') }}",
    'models/events.sql':
      "{{ config(materialized='incremental', format='delta', location='lake/events') }} select 1 as id, 'a' as what",
  });
  folder.env['XDG_STATE_HOME'] = join(folder.path, 'state');
  await folder.ok('build');
});
afterAll(() => folder.remove());

function piped(text: string, ...args: string[]): Promise<Ended> {
  const child = folder.start('open', ...args);
  child.stdin?.end(text);
  return ended(child);
}

describe('a prompt that reads a pipe', () => {
  it('answers one statement after another, in one session', async () => {
    const { code, stdout } = await piped(
      "select count(*) as n\nfrom people;\nset variable x = 41; create temp table t as select getvariable('x') + 1 as y;\nselect y, ';' as z from t",
    );
    expect(code).toBe(0);
    expect(stdout).toContain('│ 2 │');
    expect(stdout).toMatch(/│ 42 │ ; │/);
    expect(existsSync(join(folder.path, 'state'))).toBe(false);
  });

  it('knows the words of DuckDB and psql', async () => {
    const { code, stdout } = await piped('\\dt peo*\n.describe people\n\\q\nselect 1/0 as never;\n');
    expect(code).toBe(0);
    expect(stdout).toMatch(/people +│ table/);
    expect(stdout).toMatch(/name +│ VARCHAR/);
    expect(stdout).not.toContain('never');
  });

  it('ends at the first error, and says where it is', async () => {
    const { code, stdout, stderr } = await piped(
      'select 1 as one;\nselect nope from people;\nselect 2 as two;',
    );
    expect(code).toBe(1);
    expect(stdout).toContain('one');
    expect(stdout).not.toContain('two');
    expect(stderr).toContain('error[duckdb.binder]');
    expect(stderr).toContain('select nope from people');
    expect((await piped('.nope')).code).toBe(2);
  });

  it.each([
    ['insert into people values (3, 4)', /people is a table, and INSERT needs a Delta table/],
    ["copy people to 'people.csv'", /COPY is not a query/],
    ['create table t as select 1', /workflows.needs-place/],
    ['create view v as select 1', /CREATE is not a query/],
    ["attach 'x.duckdb'", /ATTACH is not a query/],
    ['set global threads = 1', /SET is not a query/],
  ])('refuses %s', async (sql, why) => {
    const { code, stderr } = await piped(`${sql};`);
    expect(stderr).toMatch(why);
    expect(code).toBe(1);
    expect(existsSync(join(folder.path, 'people.csv'))).toBe(false);
  });

  it('changes Delta tables, and sees what it changed', async () => {
    const { code, stdout, stderr } = await piped(
      "insert into events values (2, 'b');\nselect max(id) as newest from events;\ndelete from events where id = 2;",
    );
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(stdout).toMatch(/newest[\s\S]*│ +2 │/);
  });

  it('reads the past, and a catalog by its place', async () => {
    const past = await piped('select count(*) as n from people;', '--at', '1');
    expect(past).toMatchObject({ code: 0 });
    const named = await piped('select count(*) as n from shop.main.people;', 'shop.duckdb');
    expect(named).toMatchObject({ code: 0 });
    expect((await piped('select 1;', 'nowhere.duckdb')).stderr).toContain('workflows.no-catalog');
  });
});

const script = '/usr/bin/script';
describe.skipIf(process.platform !== 'linux' || !existsSync(script))(
  'a prompt at a terminal (needs util-linux’s script)',
  () => {
    /** A terminal of its own around the command; what is typed goes to its standard input. */
    function terminal(): {
      readonly child: ChildProcess;
      said(): string;
      until(text: RegExp): Promise<void>;
    } {
      const line = `"${process.execPath}" "${main}" open`;
      const child = spawn(script, ['-qefc', line, '/dev/null'], {
        cwd: folder.path,
        env: { ...process.env, ...folder.env, NO_COLOR: '1', TERM: 'xterm' },
      });
      let text = '';
      child.stdout.on('data', (piece: Buffer) => {
        text += piece;
      });
      const until = async (wanted: RegExp): Promise<void> => {
        for (const end = Date.now() + 60_000; !wanted.test(text); await sleep(20)) {
          if (Date.now() > end) throw new Error(`${wanted} isn't in\n${text}`);
        }
        text = '';
      };
      return { child, said: () => text, until };
    }

    it('takes several lines, goes on after errors, stops a statement at Ctrl-C and remembers', async () => {
      const { child, until } = terminal();
      const type = (keys: string): unknown => child.stdin?.write(keys);
      await until(/boathouse> /);
      type('select nope;\r');
      await until(/duckdb\.binder[\s\S]*boathouse> /);
      type('select count(*) as n\r');
      await until(/\.\.\.> /);
      type('from people;\r');
      await until(/│ 2 │[\s\S]*boathouse> /);
      type('select count(*) from range(100000000) a, range(100000) b where a.range * b.range % 7 = 8;\r');
      await sleep(500);
      type('\u0003');
      await until(/Interrupted[\s\S]*boathouse> /);
      type('select peop');
      type('\u0003');
      await until(/boathouse> /);
      type('from peop\t');
      await until(/from people/);
      type(' limit 1;\r');
      await until(/Ada[\s\S]*boathouse> /);
      const left = new Promise<number | null>((done) => child.once('exit', done));
      type('\u0004');
      expect(await left).toBe(0);
      const history = readFileSync(join(folder.path, 'state/boathouse/history'), 'utf8');
      expect(history).toContain('select nope;\n');
      expect(history).toContain('from people limit 1;\n');
    }, 120_000);
  },
);
