/** `boathouse table`, `maintain`, and statements on Delta tables, as people type them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folder, project } from './command.ts';

let folder: Folder;
beforeAll(async () => {
  folder = new Folder();
  await folder.ok('table', 'create', 'lake/there', '--schema', 'id BIGINT, day DATE');
});
afterAll(() => folder.remove());

/** The one line of JSON that a command ends with. */
async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await folder.ok(...args, '--json');
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

describe('boathouse table', () => {
  it('leads a table through its life', async () => {
    const made = await folder.ok(
      'table',
      'create',
      'lake/orders',
      '--schema',
      'id BIGINT, day DATE',
      '--property',
      'delta.enableChangeDataFeed=true',
    );
    expect(made.stdout).toMatch(/^Made lake\/orders, at version 0 \(\d+\.\d\ds\)\n$/);
    await folder.ok(
      'query',
      "insert into delta.'lake/orders' select i, date '2024-01-01' from range(3) t(i)",
    );
    const updated = await folder.ok(
      'table',
      'update',
      'lake/orders',
      '--set',
      "day = date '2025-02-03'",
      '--where',
      'id = 1',
    );
    expect(updated.stdout).toContain('Updated 1 row of lake/orders, now at version 2');
    folder.put({ 'new.csv': 'id,day\n1,2026-01-01\n7,2026-01-01\n' });
    const merged = await folder.ok('table', 'merge', 'lake/orders', '--source', 'new.csv', '--on', 'id');
    expect(merged.stdout).toContain('1 row inserted, 1 updated, 0 deleted, now at version 3');
    const deleted = await folder.ok('table', 'delete', 'lake/orders', '--where', 'id = 7');
    expect(deleted.stdout).toContain('Deleted 1 row from lake/orders');
    const history = await folder.ok('table', 'history', 'lake/orders', '--limit', '2');
    expect(history.stdout).toMatch(/│ +4 │ .*│ DELETE +│[\s\S]*│ +3 │ .*│ MERGE +│/);
    expect(
      (await folder.ok('table', 'show', 'lake/orders', '--version', '1', '--where', 'id = 1')).stdout,
    ).toContain('│  1 │ 2024-01-01 │');
    expect((await folder.ok('table', 'changes', 'lake/orders', '--from', '4')).stdout).toContain('delete');
    expect((await folder.ok('table', 'restore', 'lake/orders', '--version', '1')).stdout).toContain(
      'Restored lake/orders',
    );
    expect(await folder.rows("select count(*) as n from delta.'lake/orders'")).toEqual([{ n: 3 }]);
    // Its six measures have no room beside each other.
    const again = await folder.ok('query', "restore delta.'lake/orders' to version as of 1");
    expect(again.stdout).toMatch(/│ num_restored_files +│ 0 +│\n/);
  });

  it('says in one line of JSON what each verb did', async () => {
    expect(await json('table', 'optimize', 'lake/orders')).toMatchObject({
      kind: 'result',
      command: 'table optimize',
      exitCode: 0,
      statement: 'optimize',
      version: expect.any(Number),
      rows: [{ metrics: { totalConsideredFiles: expect.any(Number) } }],
    });
    expect(await json('table', 'checkpoint', 'lake/orders')).toMatchObject({ command: 'table checkpoint' });
    expect(await json('table', 'files', 'lake/orders')).toMatchObject({
      command: 'table files',
      files: expect.arrayContaining([expect.objectContaining({ rows: expect.any(Number) })]),
    });
    expect(
      await json('table', 'vacuum', 'lake/orders', '--retain-hours', '0', '--force', '--dry-run'),
    ).toMatchObject({
      command: 'table vacuum',
      dryRun: true,
      changed: false,
      files: expect.arrayContaining([expect.objectContaining({ reason: 'removed' })]),
    });
    expect(await json('table', 'detail', 'lake/orders')).toMatchObject({ rows: [{ format: 'delta' }] });
    expect(await json('table', 'history', 'lake/orders')).toMatchObject({ command: 'table history' });
    expect(await json('table', 'show', 'lake/orders')).toMatchObject({
      columns: [{ name: 'id' }, { name: 'day' }],
    });
    expect(await json('table', 'clone', 'lake/orders', 'lake/copy')).toMatchObject({
      statement: 'clone',
      version: 0,
    });
    expect(await json('query', "delete from delta.'lake/copy' where id = 0")).toMatchObject({
      command: 'query',
      statement: 'delete',
      version: 1,
      rows: [{ num_affected_rows: 1 }],
    });
  });

  it('lists what a vacuum deletes', async () => {
    const args = ['table', 'vacuum', 'lake/orders', '--retain-hours', '0', '--force'];
    const dry = await folder.ok(...args, '--dry-run');
    expect(dry.stdout).toMatch(/│ file +│ +size │ why +│ modified|│ file +│ size +│ why/);
    expect(dry.stdout).toMatch(/Would delete \d+ files of lake\/orders, /);
    const done = await folder.ok(...args, '--limit', '1');
    expect(done.stdout).toMatch(/… and \d+ files more: see --limit\nDeleted \d+ files/);
    expect((await folder.ok(...args)).stdout).toContain('Nothing to delete in lake/orders');
  });

  it.each([
    ['no condition', ['table', 'delete', 'lake/there'], 'workflows.needs-condition', 2],
    ['a table that is not there', ['table', 'show', 'lake/nothing'], 'delta.not-a-table', 2],
    ['a name without a catalog', ['table', 'detail', 'silver.orders'], 'tables.unknown-table', 1],
    [
      'a version and a time',
      ['table', 'show', 'lake/there', '--version', '1', '--timestamp', '2024-01-01'],
      'cli.nothing-to-do',
      2,
    ],
    ['a version that is no number', ['table', 'show', 'lake/there', '--version', 'last'], 'cli.bad-value', 2],
    [
      'a version that is not there',
      ['table', 'show', 'lake/there', '--version', '999'],
      'delta.no-such-version',
      2,
    ],
    [
      'too short a retention',
      ['table', 'vacuum', 'lake/there', '--retain-hours', '0'],
      'tables.retention-too-short',
      1,
    ],
    ['a verb misspelled', ['table', 'optimise', 'lake/there'], 'cli.usage', 2],
    ['a merge of nothing', ['table', 'merge', 'lake/there', '--on', 'id'], 'cli.nothing-to-do', 2],
    ['an update of nothing', ['table', 'update', 'lake/there', '--all'], 'cli.nothing-to-do', 2],
    ['a table without columns', ['table', 'create', 'lake/new'], 'cli.nothing-to-do', 2],
    ['no table', ['table', 'optimize'], 'cli.usage', 2],
    [
      'a pair without a value',
      ['table', 'update', 'lake/there', '--set', 'day', '--all'],
      'cli.bad-value',
      2,
    ],
  ])('refuses %s', async (_, args, code, exitCode) => {
    const result = await folder.run(...args);
    expect(result.stderr).toContain(`error[${code}]`);
    expect(result.code).toBe(exitCode);
    expect(result.stdout).toBe('');
  });

  it('lists its verbs, and what each takes', async () => {
    const bare = await folder.ok('table');
    expect(bare.stdout).toBe((await folder.ok('table', '--help')).stdout);
    for (const verb of ['history', 'optimize', 'merge', 'vacuum', 'convert'])
      expect(bare.stdout).toContain(`  ${verb} `);
    expect((await folder.ok('table', 'restore', '--help')).stdout).toMatch(
      /--version <number>[\s\S]*Examples:/,
    );
    expect((await folder.ok('--version')).stdout).toMatch(/^boathouse \d/);
  });
});

describe('a mistake in a statement', () => {
  it('is shown where it stands', async () => {
    const sql =
      "merge into delta.'lake/orders' t\nusing delta.'lake/copy' s on t.id = s.id\nwhen matched then updat set *";
    const result = await folder.run('query', sql);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`error[tables.bad-statement]: MERGE: expected UPDATE, found 'updat'
  --> <sql>:3:19
    1 | merge into delta.'lake/orders' t
    2 | using delta.'lake/copy' s on t.id = s.id
  > 3 | when matched then updat set *
      |                   ^
  hint: The statement goes: MERGE INTO table`);
  });
});

describe('boathouse maintain', () => {
  it('says what it does to the tables of a catalog, and why', async () => {
    const shop = new Folder().put({
      ...project('shop'),
      'models/orders.sql':
        "{{ config(materialized='table', file_format='delta', location_root='lake') }} select 1 as id",
    });
    try {
      await shop.ok('build');
      for (const id of [2, 3, 4]) await shop.ok('query', `insert into orders values (${id})`);
      const dry = await shop.ok('maintain', '--dry-run');
      expect(dry.stdout).toMatch(
        /\.orders, version 3\n {2}optimize {7}4 files .* would become 1\n {2}no purge {7}/,
      );
      const done = await shop.ok('maintain');
      expect(done.stdout).toMatch(/4 files became 1, \d+ bytes\n$/);
      expect(await shop.rows('select count(*) as n from orders')).toEqual([{ n: 4 }]);
      const { stdout } = await shop.ok('maintain', 'orders', '--json');
      expect(JSON.parse(stdout)).toMatchObject({
        command: 'maintain',
        exitCode: 0,
        tables: [{ name: 'orders', version: 4, done: [], plan: { steps: [] } }],
      });
      const failed = await shop.run('maintain', 'nothing/here', 'orders');
      expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('delta.not-a-table') });
      expect(failed.stdout).toContain('orders, version 4: nothing is worth doing');
    } finally {
      shop.remove();
    }
  });
});
