import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeResult } from '../targets/index.ts';
import { build } from './build.ts';
import { publishingEach } from './publish-moments.ts';
import { query } from './query.ts';

const projects: string[] = [];

async function project(publish: string, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'boathouse-moments-'));
  projects.push(root);
  const all = {
    'dbt_project.yml': 'name: shop\nprofile: shop\n',
    'profiles.yml': `shop:\n  target: dev\n  outputs:\n    dev: { type: duckdb, path: shop.duckdb, threads: 3, lakehouse: { publish: ${publish} } }\n`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}
afterAll(async () => {
  for (const root of projects) await rm(root, { recursive: true, force: true });
});

const table = (text: string): string => `{{ config(materialized='table') }} ${text}`;
const count = async (projectDir: string, name: string): Promise<unknown> =>
  (await query({ projectDir, sql: `select count(*) from ${name}` })).rows[0]?.[0]?.text;

describe('on_success', () => {
  let root = '';
  beforeAll(async () => {
    root = await project('on_success', {
      'models/a.sql': table('select 1 as n'),
      'models/a.yml': 'models:\n  - { name: a, columns: [{ name: n, data_tests: [unique] }] }\n',
      'models/b.sql': table("select * from {{ ref('a') }}"),
    });
    await build({ projectDir: root });
  });

  it('shows a run whose tests passed', async () => {
    expect(await count(root, 'a')).toBe('1');
  });

  it.each([
    ['a test fails', table('select 1 as n union all select 1')],
    ['a model fails', table("select error('no')")],
  ])('shows nothing of a run in which %s', async (_, text) => {
    await writeFile(join(root, 'models/a.sql'), text);
    const { published } = await build({ projectDir: root });
    expect(published).toBeUndefined();
    expect(await count(root, 'a')).toBe('1');
    expect(await count(root, 'b')).toBe('1');
  });
});

describe('per_node', () => {
  it('shows what was made before something failed, tables and views', async () => {
    const root = await project('per_node', {
      'models/a.sql': table('select 1 as n'),
      'models/b.sql': "select n + 1 as n from {{ ref('a') }}",
      'models/c.sql': table("select * from {{ ref('b') }}"),
      'models/d.sql': table("select error('no') from {{ ref('c') }}"),
      'models/e.sql': table('select 5 as n'),
    });
    const { published, counts } = await build({ projectDir: root });
    expect(counts.error).toBe(1);
    expect(published?.generation).toBe(4);
    for (const name of ['a', 'b', 'c', 'e']) expect(await count(root, name)).toBe('1');
    await build({ projectDir: root });
    expect(await count(root, 'c')).toBe('1');
  });

  it('publishes while no node runs', async () => {
    const { signal } = new AbortController();
    let running = 0;
    let published = 0;
    const runner = publishingEach(
      {
        runNode: async (uniqueId) => {
          running += 1;
          await new Promise((done) => setTimeout(done, 5));
          running -= 1;
          return { uniqueId, status: 'success' } as NodeResult;
        },
      },
      ({ uniqueId }) => uniqueId !== 'c',
      async () => {
        expect(running).toBe(0);
        await new Promise((done) => setTimeout(done, 5));
        expect(running).toBe(0);
        published += 1;
      },
    );
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => runner.runNode(id, signal)));
    await runner.runNode('e', signal);
    expect(published).toBe(4);
  });
});
