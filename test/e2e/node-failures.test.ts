/** What fails, fails alone and once: a source that is gone, a hook that commits, a column that isn't there. */
import { afterEach, describe, expect, it } from 'vitest';
import { Folder, project } from './command.ts';

let folder = new Folder();
afterEach(() => {
  folder.remove();
  folder = new Folder();
});

describe('a build', () => {
  it('fails only what reads a Delta source that is gone', async () => {
    folder.put({
      ...project('shop'),
      'models/sources.yml':
        'version: 2\nsources:\n  - name: landing\n    tables:\n      - name: gone\n        meta: {plugin: delta, delta_table_path: lake/gone}\n',
      'models/reads.sql': "select * from {{ source('landing', 'gone') }}",
      'models/fine.sql': 'select 1 as id',
    });
    const result = await folder.run('build');
    expect(result.code, result.output).toBe(1);
    expect(result.output).toContain('PASS=1 WARN=0 ERROR=1');
    expect(result.output).toContain('lake/gone');
  });

  it('runs a hook once, though the node fails after the hook has committed', async () => {
    folder.put({
      ...project('shop', { project: 'on-run-start: "create table if not exists seen (x integer)"\n' }),
      'models/hooked.sql':
        "{{ config(materialized='table', pre_hook='insert into seen values (1); commit;') }} select 1 as id",
    });
    await folder.run('build');
    expect(await folder.rows('select count(*)::integer as n from seen')).toEqual([{ n: 1 }]);
  });

  it('describes the columns there are, and lets the others be', async () => {
    folder.put({
      ...project('shop', { project: 'models:\n  +persist_docs: {relation: true, columns: true}\n' }),
      'models/schema.yml':
        'version: 2\nmodels:\n  - name: v\n    description: a view\n    columns: [{name: id, description: the key}, {name: nope, description: none}]\n',
      'models/v.sql': 'select 1 as id',
    });
    await folder.ok('build');
    const rows = await folder.rows("select comment from duckdb_columns() where table_name = 'v'");
    expect(rows).toEqual([{ comment: 'the key' }]);
  });
});
