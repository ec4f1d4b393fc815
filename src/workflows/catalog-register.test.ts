/** `catalog register` against a stand-in that speaks Trino's protocol: pages, busy answers, errors, its own state. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TrinoStandIn } from '../../test/trino/stand-in.ts';
import { build, registerCatalog } from './index.ts';

let root: string;
let server: TrinoStandIn;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'boathouse-register-'));
  server = await TrinoStandIn.start();
  await mkdir(join(root, 'models'));
  await writeFile(join(root, 'dbt_project.yml'), 'name: shop\nprofile: shop\nmodel-paths: [models]\n');
  await writeFile(
    join(root, 'profiles.yml'),
    'shop:\n  target: prod\n  outputs:\n    prod: { type: duckdb, path: lake.duckdb, external_root: lake }\n',
  );
  const delta = `{{ config(materialized='table', format='delta') }} select 1 as id`;
  await writeFile(join(root, 'models/Orders.sql'), delta);
  await writeFile(join(root, 'models/plain.sql'), 'select 1 as id');
  const result = await build({ projectDir: root, logPath: null });
  expect(result.results.map(({ status }) => status)).toEqual(['success', 'success']);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const register = (more: object = {}): ReturnType<typeof registerCatalog> =>
  registerCatalog({ projectDir: root, trino: { url: server.url }, ...more });

const actions = async (more: object = {}): Promise<string[]> =>
  (await register(more)).tables.map(({ name, action }) => `${name} ${action}`);

it('registers Delta tables once, in lower case, and says what it leaves out', async () => {
  server.busyAnswers = 2;
  expect(await actions()).toEqual(['main.orders registered', 'main.plain skipped']);
  const location = server.metastore.get('main')?.get('orders') ?? '';
  expect(location).toMatch(new RegExp(`^file://${root}/lake/`));
  const again = await register();
  expect(again.tables[0]?.action).toBe('kept');
  expect(again.statements).toEqual([]);
});

it('changes nothing in a dry run, and maps schemas', async () => {
  const told = await register({ dryRun: true, schemas: { main: 'Shop' }, trinoCatalog: 'lake' });
  expect(told.statements[0]).toBe('CREATE SCHEMA IF NOT EXISTS "lake"."shop"');
  expect(told.statements[1]).toContain(`CALL "lake".system.register_table(schema_name => 'shop'`);
  expect(server.metastore.size).toBe(0);
});

it('replaces another location and prunes what is gone only when asked, and never what is not of the lake', async () => {
  server.metastore.set(
    'main',
    new Map([
      ['orders', 's3://old/orders'],
      ['old', `file://${root}/lake/old`],
      ['other', 's3://x/y'],
    ]),
  );
  expect(await actions()).toEqual(['main.orders elsewhere', 'main.plain skipped', 'main.old gone']);
  expect(server.metastore.get('main')?.get('orders')).toBe('s3://old/orders');
  expect(await actions({ replace: true, prune: true })).toEqual([
    'main.orders replaced',
    'main.plain skipped',
    'main.old pruned',
  ]);
  expect([...(server.metastore.get('main')?.keys() ?? [])].sort()).toEqual(['orders', 'other']);
});

it.each([
  [
    'a password by http',
    { trino: { url: 'http://127.0.0.1:1', password: 'open-sesame-1' } },
    'workflows.trino-url',
  ],
  ['no URL', { trino: { url: 'trino' } }, 'workflows.trino-url'],
  ['nobody there', { trino: { url: 'http://127.0.0.1:1' } }, 'workflows.trino-unreachable'],
])('refuses %s', async (_, more, code) => {
  await expect(register(more)).rejects.toMatchObject({ code });
});

it('tells what Trino refused', async () => {
  server.metastore.set('main', new Map());
  const tables = server.metastore.get('main');
  // Another registers the same name between our look and our call.
  tables?.set('orders', 's3://x');
  const keys = Object.getPrototypeOf(tables).keys;
  Object.defineProperty(tables, 'keys', { value: () => keys.call(new Map()) });
  await expect(register()).rejects.toMatchObject({ code: 'workflows.trino-refused' });
});
