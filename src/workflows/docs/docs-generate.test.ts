/** What `docs generate` writes, without dbt beside it: the catalog of a lake, refusals, and what a page is told. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../duckdb/index.ts';
import { build } from '../build.ts';
import { openProject } from '../project-session.ts';
import { readRelations } from './catalog-relations.ts';
import { docsGenerate } from './docs-generate.ts';
import { docsServe } from './docs-serve.ts';
import type { SiteData } from './site-shape.ts';

type Json = { readonly [key: string]: unknown };

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boathouse-docs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project in a folder of its own. */
function put(
  name: string,
  files: Readonly<Record<string, string>>,
): { projectDir: string; env: Record<string, string> } {
  const projectDir = join(folder, name);
  const usual = {
    'dbt_project.yml': 'name: shop\nversion: "1"\nprofile: shop\n',
    'profiles.yml': 'shop: {target: d, outputs: {d: {type: duckdb, path: shop.duckdb}}}\n',
  };
  for (const [path, text] of Object.entries({ ...usual, ...files })) {
    mkdirSync(dirname(join(projectDir, path)), { recursive: true });
    writeFileSync(join(projectDir, path), text);
  }
  return { projectDir, env: {} };
}

function read(path: string | undefined): Json {
  return JSON.parse(readFileSync(path!, 'utf8')) as Json;
}

/** What the page was told. */
function told(sitePath: string | undefined): SiteData {
  const page = readFileSync(sitePath!, 'utf8');
  const [, packed = ''] = /id="boathouse-data">([^<]*)<\/script>/.exec(page) ?? [];
  return JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString()) as SiteData;
}

describe('the catalog', () => {
  it('has a Delta table as a table, an external model as a view, each with its columns', async () => {
    const shop = put('lake', {
      'models/orders.sql':
        "{{ config(materialized='table', format='delta') }} select 1 as id, 2.5::decimal(9,2) as price",
      'models/files.sql': "{{ config(materialized='external') }} select * from {{ ref('orders') }}",
      'models/seen.sql': "{{ config(materialized='view') }} select id from {{ ref('files') }}",
    });
    await build(shop);
    const { catalogPath, errors } = await docsGenerate(shop);
    const nodes = read(catalogPath)['nodes'] as Record<
      string,
      { metadata: Json; columns: Record<string, Json> }
    >;
    const shown = Object.entries(nodes).map(([id, { metadata, columns }]) => [
      id,
      metadata['type'],
      Object.values(columns).map(({ name, type, index }) => `${index} ${name} ${type}`),
    ]);
    const columns = ['1 id INTEGER', '2 price DECIMAL(9,2)'];
    expect(shown).toEqual([
      ['model.shop.files', 'VIEW', columns],
      ['model.shop.orders', 'BASE TABLE', columns],
      ['model.shop.seen', 'VIEW', ['1 id INTEGER']],
    ]);
    expect(errors).toEqual([]);
  });

  it('asks for each relation by name where something else than DuckDB is attached', async () => {
    const shop = put('attached', {
      'profiles.yml': `shop: {target: d, outputs: {d: {type: duckdb, path: shop.duckdb, attach: [{path: '${join(folder, 'attached/other.duckdb')}', alias: other}]}}}\n`,
      'models/orders.sql':
        "{{ config(materialized='table', persist_docs={'relation': true, 'columns': true}) }} select 1 as id, 2 as b",
      'models/schema.yml':
        'models: [{name: orders, description: All of them, columns: [{name: ID, description: The key}]}]\nsources: [{name: other, database: other, schema: main, tables: [{name: ships}, {name: gone}]}]\n',
    });
    const other = await Database.open({ path: join(shop.projectDir, 'other.duckdb') });
    const filling = await other.session();
    await filling.run('create table ships(id bigint, name varchar)');
    await other.close();
    await build(shop);
    const together = read((await docsGenerate(shop)).catalogPath);
    const session = await openProject('generate', { ...shop, logPath: null });
    const target = await session.openTarget({ writes: false });
    try {
      const { nodes, sources } = session.compilation.manifest;
      await target.prepare([]);
      const connection = await target.session('docs');
      const wanted = [...Object.values(nodes), ...Object.values(sources)];
      const one = await readRelations(connection, wanted, false);
      expect(one.relations.map(({ name }) => name)).toEqual(['orders', 'ships']);
      expect(await readRelations(connection, wanted, true)).toEqual(one);
      await connection.release();
    } finally {
      await target.close();
      session.close();
    }
    expect(Object.keys(together['sources'] as Json)).toEqual(['source.shop.other.ships']);
  });
});

describe('docs generate', () => {
  it('tells the page of everything, and of the README where there is no overview', async () => {
    const shop = put('readme', {
      'README.md': '# The shop\n',
      'models/orders.sql': 'select 1 as id',
      'models/hidden.sql': "{{ config(docs={'show': false}) }} select * from {{ ref('orders') }}",
      'models/schema.yml':
        "models: [{name: orders, docs: {node_color: '#abc'}, columns: [{name: id, data_tests: [unique], constraints: [{type: not_null}]}]}]\n",
    });
    await build(shop);
    const { sitePath } = await docsGenerate({ ...shop, static: true });
    const { overview, nodes, project } = told(sitePath);
    expect([project, overview]).toEqual(['shop', '# The shop\n']);
    const orders = nodes.find(({ id }) => id === 'model.shop.orders');
    expect(orders).toMatchObject({
      color: '#abc',
      relationType: 'VIEW',
      columns: [{ name: 'id', type: 'INTEGER', constraints: ['not null'] }],
      compiled: 'select 1 as id',
    });
    expect(nodes.find(({ type }) => type === 'test')).toMatchObject({
      testOf: 'model.shop.orders',
      testColumn: 'id',
    });
    expect(nodes.filter(({ isShown }) => !isShown).map(({ id }) => id)).toEqual(['model.shop.hidden']);
    expect(nodes.filter(({ type }) => type === 'macro')).toEqual([]);
    expect(readFileSync(join(dirname(sitePath!), 'static_index.html'))).toEqual(readFileSync(sitePath!));
  });

  it('keeps secrets out of the page', async () => {
    const shop = put('secret', {
      'models/orders.sql': "select '{{ env_var('DBT_ENV_SECRET_TOKEN') if false }}' as a -- hush-hush-token",
    });
    const { sitePath } = await docsGenerate({ ...shop, env: { DBT_ENV_SECRET_TOKEN: 'hush-hush-token' } });
    expect(JSON.stringify(told(sitePath))).not.toContain('hush-hush');
  });

  it('writes no site when a node can’t be compiled, and tries all the others', async () => {
    const shop = put('broken', {
      'models/a.sql': "select {{ exceptions.raise_compiler_error('no') if execute }}",
      'models/b.sql': "select * from {{ ref('a') }}",
      'models/c.sql': 'select 1 as id',
    });
    const { results, catalogPath, sitePath } = await docsGenerate(shop);
    expect([catalogPath, sitePath]).toEqual([undefined, undefined]);
    expect(Object.fromEntries(results.map(({ uniqueId, status }) => [uniqueId.slice(11), status]))).toEqual({
      a: 'error',
      b: 'skipped',
      c: 'success',
    });
  });

  it('copies asset-paths, and refuses those that lead elsewhere', async () => {
    const shop = put('assets', { 'pictures/a.svg': '<svg/>', 'models/a.sql': 'select 1 as id' });
    const config = (paths: string): void =>
      writeFileSync(
        join(shop.projectDir, 'dbt_project.yml'),
        `name: shop\nversion: "1"\nprofile: shop\nasset-paths: [${paths}]\n`,
      );
    config('pictures, missing');
    await docsGenerate(shop);
    expect(existsSync(join(shop.projectDir, 'target/pictures/a.svg'))).toBe(true);
    for (const path of ['../attached', '.', resolve(folder), 'target']) {
      config(JSON.stringify(path));
      await expect(docsGenerate(shop)).rejects.toMatchObject({ code: 'workflows.bad-asset-path' });
    }
  });
});

describe('docs serve', () => {
  it('says how to get what isn’t there', async () => {
    const shop = put('unwritten', { 'models/a.sql': 'select 1 as id' });
    await expect(docsServe({ ...shop, port: 0 })).rejects.toMatchObject({ code: 'workflows.no-docs' });
    cpSync(join(shop.projectDir, 'models'), join(shop.projectDir, 'target'), { recursive: true });
    await expect(docsServe({ ...shop, port: 0 })).rejects.toMatchObject({ code: 'workflows.no-docs' });
  });
});
