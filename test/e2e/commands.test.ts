/** The commands as people and scripts use them: pipes, signals, formats, secrets, folders that refuse. */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, ended, Folder, main, project } from './command.ts';

const slow = 'select count(*) as n from range(1000000) a, range(1000000) b where a.range * b.range % 7 = 8';

let folder: Folder;
beforeAll(async () => {
  folder = new Folder().put({
    ...project('shop'),
    'seeds/raw.csv': 'id,name\n1,Ada\n2,Grace\n',
    'models/people.sql': "{{ config(materialized='table') }} select * from {{ ref('raw') }}",
    'models/schema.yml':
      'version: 2\nmodels:\n  - name: people\n    columns: [{name: id, data_tests: [unique]}]\n',
    'macros/say.sql':
      "{% macro say(name, n=1) %}{{ print('hi ' ~ name ~ ' ' ~ n) }}{% endmacro %}{% macro no() %}{{ exceptions.raise_compiler_error('no way') }}{% endmacro %}",
  });
  await folder.ok('build');
});
afterAll(() => folder.remove());

/** Runs the command through a shell, as `boathouse` in it. */
function shell(line: string, cwd = folder.path): Promise<Ended> {
  const text = `set -o pipefail; boathouse() { "${process.execPath}" "${main}" "$@"; }; ${line}`;
  return ended(spawn('bash', ['-c', text], { cwd, env: { ...process.env, NO_COLOR: '1' } }));
}

describe('query', () => {
  it.each([
    ['an argument', 'boathouse query "select 42 as x" --format csv'],
    ['--inline', 'boathouse query --inline "select 42 as x" --format csv'],
    ['a file', 'echo "select 42 as x;" > q.sql; boathouse query --file q.sql --format csv'],
    ['-', 'echo "select 42 as x" | boathouse query - --format csv'],
    ['a pipe', 'echo "select 42 as x" | boathouse query --format csv'],
    ['a redirection', 'echo "select 42 as x" > q.sql; boathouse query --format csv < q.sql'],
  ])('takes its SQL from %s', async (_, line) => {
    expect(await shell(line)).toMatchObject({ code: 0, stdout: 'x\n42\n' });
  });

  it.each([
    ['nothing', [], 'cli.nothing-to-do', 2],
    ['two queries', ['select 1', '--inline', 'select 2'], 'cli.nothing-to-do', 2],
    ['several statements', ['select 1; select 2'], 'workflows.several-statements', 1],
    ['a statement that writes a file', ["copy (select 1) to 'stolen.csv'"], 'workflows.not-a-query', 1],
    ['a statement that makes a database', ["attach 'stolen.csv' as x"], 'workflows.not-a-query', 1],
    ['a statement that changes the catalog', ['drop table people'], 'workflows.not-a-query', 1],
    ['a mistake', ['selec 1'], 'duckdb.parser', 1],
    ['a folder that is not there', ['select 1', '-o', 'none/x.csv'], 'workflows.write-failed', 2],
    ['parquet on the terminal', ['select 1', '--format', 'parquet'], 'workflows.needs-output', 2],
  ])('refuses %s', async (_, args, code, exitCode) => {
    const child = folder.start('query', ...args);
    child.stdin?.end();
    const result = await ended(child);
    expect(result.output).toContain(`error[${code}]`);
    expect(result.code).toBe(exitCode);
    expect(existsSync(join(folder.path, 'stolen.csv'))).toBe(false);
  });

  it.each([
    ['csv', '1.50,170141183460469231731687303715884105727,2024-01-02 03:04:05.123456,,"[1, NULL]"'],
    [
      'ndjson',
      '{"d":1.50,"h":170141183460469231731687303715884105727,"t":"2024-01-02 03:04:05.123456","n":null,"l":[1,null]}',
    ],
  ])('loses nothing in %s', async (format, line) => {
    const sql =
      "select 1.50::decimal(9,2) d, 170141183460469231731687303715884105727::hugeint h, timestamp '2024-01-02 03:04:05.123456' t, null n, [1, null] l";
    expect((await folder.ok('query', sql, '--format', format)).stdout.trim().split('\n').at(-1)).toBe(line);
  });

  it('writes 3,000 columns in every format', async () => {
    const sql = `select ${Array.from({ length: 3000 }, (_, i) => `${i} as c${i}`).join(', ')}`;
    folder.put({ 'wide.sql': sql });
    for (const format of ['csv', 'json', 'ndjson', 'parquet', 'arrow']) {
      await folder.ok('query', '--file', 'wide.sql', '--format', format, '-o', `wide.${format}`);
      expect(statSync(join(folder.path, `wide.${format}`)).size).toBeGreaterThan(20_000);
    }
  });
});

describe('a reader that leaves', () => {
  it('ends a query in peace', async () => {
    const result = await shell('boathouse query "select * from range(10000000)" --format csv | head -2');
    expect(result).toMatchObject({ code: 0, stdout: 'range\n0\n', stderr: '' });
  });

  it('does not end a build', async () => {
    const other = new Folder().put({ ...project('shop'), 'models/a.sql': 'select 1 as a' });
    expect((await shell('boathouse build | head -1', other.path)).code).toBe(0);
    expect(await other.rows('select a from a')).toEqual([{ a: 1 }]);
    other.remove();
  });

  it.skipIf(process.platform !== 'linux')('is told from a full disk (only on Linux)', async () => {
    const result = await shell('boathouse ls > /dev/full');
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('cli.unwritable-output') });
  });
});

describe.skipIf(process.platform === 'win32')('a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s ends a query with 130 and leaves no file', async (signal) => {
    const child = folder.start('query', slow, '-o', 'slow.csv');
    await sleep(1500);
    child.kill(signal);
    expect((await ended(child)).code).toBe(130);
    expect(readdirSync(folder.path).filter((name) => name.startsWith('slow'))).toEqual([]);
  });

  it('ends a build with 130, keeps what is done and says what is skipped', async () => {
    const other = new Folder().put({
      ...project('shop'),
      'models/done.sql': "{{ config(materialized='table') }} select 1 as a",
      'models/slow.sql': `-- depends_on: {{ ref('done') }}\n{{ config(materialized='table') }} ${slow}`,
      'models/never.sql': "select * from {{ ref('slow') }}",
    });
    const child = other.start('build');
    const done = ended(child);
    await new Promise<void>((seen) => {
      child.stdout?.on('data', (data: Buffer) => {
        if (String(data).includes('main.done')) seen();
      });
    });
    await sleep(300);
    child.kill('SIGINT');
    const result = await done;
    expect(result.code, result.output).toBe(130);
    expect(result.output).toMatch(/PASS=1 WARN=0 ERROR=0 SKIP=2/);
    expect(await other.rows('select a from done')).toEqual([{ a: 1 }]);
    other.remove();
  });
});

describe('secrets', () => {
  const values = {
    DBT_ENV_SECRET_TOKEN: 'token"with\'quotes-4711',
    DBT_ENV_SECRET_UNREAD: 'nobody-reads-this-4712',
  };
  let other: Folder;
  let printed = '';
  beforeAll(async () => {
    const secret = "{{ env_var('DBT_ENV_SECRET_TOKEN') }}";
    const output = `      secrets:\n        - {type: http, name: a, bearer_token: "${secret}"}\n        - {type: http, name: b, bearer_token: plain-password-4713}\n`;
    other = new Folder().put({
      // Tables: the text of a view is part of the catalog, where masking it would change what it says.
      ...project('shop', { output, project: 'models: {+materialized: table}\n' }),
      'models/told.sql':
        "select {{ tojson(target.secrets | string) | tojson }} as x, '{{ var('x', '') }}' as y",
      'models/literal.sql':
        "{{ config(meta={'p': 'plain-password-4713'}) }} select 'plain-password-4713' as x",
      'models/fails.sql': "select 'plain-password-4713' as x from nowhere",
      'models/raises.sql': "{{ exceptions.warn('plain-password-4713') }} select 1 as a",
    });
    Object.assign(other.env, values);
    const vars = `{x: ${values.DBT_ENV_SECRET_UNREAD}}`;
    for (const more of [[], ['--debug'], ['--json'], ['--log-format', 'json', '--log-level', 'debug']]) {
      printed += (await other.run('build', '--vars', vars, ...more)).output;
    }
    printed += (await other.run('compile', '-s', 'literal')).output;
    printed += (await other.run('query', "select 'plain-password-4713' +")).output;
    printed += (await other.run('debug')).output;
    other.put({ 'models/reads.sql': "select '{{ env_var('DBT_ENV_SECRET_TOKEN') }}' as x" });
    printed += (await other.run('build')).output;
  });
  afterAll(() => other.remove());

  it('are never printed', () => {
    expect(printed.match(/.*(quotes-4711|reads-this-4712|password-4713).*/g)).toBe(null);
    expect(printed).toContain('*****');
  });

  it('are in no file that commands write', () => {
    const written = ['target', 'logs', '_boathouse'].flatMap((name) =>
      readdirSync(join(other.path, name), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(name, file),
      ),
    );
    expect(written).toContain('target/manifest.json');
    expect(written).toContain('target/compiled/shop/models/literal.sql');
    // A model that selects the secret has it for its row: published files and their kept copies hold what was asked for.
    const leaking = written.filter((file) => {
      if (file.endsWith('.duckdb')) return false;
      const path = join(other.path, file);
      return (
        statSync(path).isFile() &&
        /quotes-4711|reads-this-4712|password-4713/.test(readFileSync(path, 'latin1'))
      );
    });
    expect(leaking).toEqual([]);
  });

  it('can not be read by a model', () => expect(printed).toContain("'DBT_ENV_SECRET_TOKEN' is a secret"));
});

describe('a folder that refuses', () => {
  it.skipIf(process.platform === 'win32')(
    'stops a build before it begins, by name; ls and query go on',
    async () => {
      const other = new Folder().put({ ...project('shop'), 'models/a.sql': 'select 1 as a' });
      await other.ok('build');
      mkdirSync(join(other.path, 'shut'));
      other.dropRights();
      chmodSync(join(other.path, 'shut'), 0o500);
      const refused = await other.run('build', '--target-path', 'shut/target');
      const listed = await other.run('ls', '--target-path', 'shut/target');
      const logged = await other.run('build', '--log-path', 'shut/logs');
      chmodSync(join(other.path, 'shut'), 0o700);
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('workflows.not-writable') });
      expect(refused.output).toContain(join(other.path, 'shut/target'));
      expect(listed).toMatchObject({ code: 0, stdout: 'shop.a\n' });
      expect(logged.code, logged.output).toBe(0);
      other.remove();
    },
  );
});

describe('the command line', () => {
  it.each([
    ['no threads', ['build', '--threads', '0'], 'cli.bad-value'],
    ['too many threads', ['build', '--threads', '99999'], 'runner.bad-threads'],
    ['words for threads', ['build', '--threads', 'x'], 'cli.bad-value'],
    ['broken variables', ['parse', '--vars', '{a: ['], 'project.bad-vars'],
    [
      'a project folder that is a file',
      ['parse', '--project-dir', 'dbt_project.yml'],
      'project.not-a-project',
    ],
    ['a project folder with a slip', ['parse', '--project-dir', 'modles'], 'project.not-a-project'],
    ['a kind of node that is none', ['ls', '--resource-type', 'modle'], 'workflows.bad-resource-type'],
    ['models and kinds at once', ['ls', '-m', 'people', '--resource-type', 'seed'], 'cli.bad-value'],
    ['a flag that is none', ['build', '--ful-refresh'], 'cli.usage'],
    ['nothing to show', ['show'], 'workflows.nothing-to-show'],
    ['a show that writes', ['show', '--inline', "copy (select 1) to 'x'"], 'workflows.not-a-query'],
    ['a macro with a slip', ['run-operation', 'sya'], 'workflows.macro-missing'],
    ['arguments that are none', ['run-operation', 'say', '--args', '[1]'], 'cli.bad-value'],
    ['an argument with a blank', ['run-operation', 'say', '--args', '{"a b": 1}'], 'workflows.bad-arguments'],
    ['an argument nobody takes', ['run-operation', 'say', '--args', '{nme: 1}'], 'jinja.type-error'],
    ['a macro that raises', ['run-operation', 'no'], 'compiler.raised-by-macro'],
  ])('says what is wrong with %s: %s', async (_, args, code) => {
    const result = await folder.run(...args);
    expect(result.output).toContain(`error[${code}]`);
    expect(result.code).toBeGreaterThan(0);
    expect(result.output, 'no stack trace').not.toMatch(/\n\s+at .+:\d+:\d+\)?\n/);
  });

  it('gives the same error to machines', async () => {
    const usage = await folder.run('build', '--ful-refresh', '--json');
    expect(JSON.parse(usage.stdout)).toMatchObject({ kind: 'error', error: { code: 'cli.usage' } });
    const line = await folder.run('build', '--target', 'x', '--log-format', 'json');
    expect(JSON.parse(line.stdout)).toMatchObject({
      info: { name: 'MainEncounteredError', level: 'error' },
      data: { code: 'project.no-target' },
    });
  });

  it.each([
    ['text', '{name: "it\'s \\"{{ 1 }}\\" %}"}', 'hi it\'s "{{ 1 }}" %} 1'],
    ['what is nested', '{name: x, n: {a: [1, null, true]}}', "hi x {'a': [1, None, True]}"],
  ])('hands %s to a macro as it is', async (_, args, said) => {
    expect((await folder.ok('run-operation', 'say', '--args', args)).stdout.trim()).toBe(said);
  });

  it('lists by unique id, as dbt does', async () => {
    expect((await folder.ok('ls')).stdout).toBe('shop.people\nshop.raw\nshop.unique_people_id\n');
    expect((await folder.ok('-q', 'ls', '-m', 'people')).stdout).toBe('shop.people\n');
    const { stdout } = await folder.ok(
      'ls',
      '-s',
      'raw',
      '--output',
      'json',
      '--output-keys',
      'name config.materialized',
    );
    expect(JSON.parse(stdout)).toEqual({ name: 'raw', 'config.materialized': 'seed' });
  });

  it('works from below the project, and with blanks and quotes in its path', async () => {
    const other = new Folder();
    const home = 'it\'s a "shop" größe';
    const files = { ...project('shop'), 'models/gold/größe.sql': 'select 1 as "ü b"' };
    other.put(Object.fromEntries(Object.entries(files).map(([path, text]) => [`${home}/${path}`, text])));
    await other.ok('build', '--project-dir', home);
    const below = await shell('boathouse query "from größe" --format json', join(other.path, home, 'models'));
    expect(JSON.parse(below.stdout)).toEqual([{ 'ü b': 1 }]);
    other.remove();
  });
});
