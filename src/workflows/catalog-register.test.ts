/** `catalog register` against a stand-in that speaks Trino's protocol: pages, busy answers, errors, its own state. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { build, registerCatalog } from './index.ts';

let root: string;
let server: Server;
let url: string;
/** Schemas, their tables and where these are: what a Trino keeps in its metastore. */
let metastore: Map<string, Map<string, string>>;
let asked: string[];
let busyAnswers: number;

/** What Trino answers to the statements that are sent to it. */
function execute(sql: string): unknown[][] {
  const named = (name: string): string => new RegExp(`${name} => '([^']*)'`).exec(sql)?.[1] ?? '';
  const names = [...sql.matchAll(/"([^"]*)"/g)].map((match) => match[1] ?? '');
  const tables = metastore.get(named('schema_name') || (names[1] ?? ''));
  if (sql.startsWith('SHOW SCHEMAS')) return [...metastore.keys()].map((name) => [name]);
  if (sql.startsWith('SHOW TABLES')) return [...(tables?.keys() ?? [])].map((name) => [name]);
  if (sql.startsWith('SHOW CREATE TABLE')) {
    return [
      [`CREATE TABLE t (\n   id integer\n)\nWITH (\n   location = '${tables?.get(names[2] ?? '')}'\n)`],
    ];
  }
  if (sql.startsWith('CREATE SCHEMA')) {
    metastore.set(names[1] ?? '', metastore.get(names[1] ?? '') ?? new Map());
    return [];
  }
  if (tables === undefined) throw new Error(`Schema ${named('schema_name')} not found`);
  if (sql.includes('unregister_table')) tables.delete(named('table_name'));
  else if (tables.has(named('table_name'))) throw new Error('Table already exists');
  else tables.set(named('table_name'), named('table_location'));
  return [];
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'boathouse-register-'));
  metastore = new Map();
  asked = [];
  busyAnswers = 0;
  const pending = new Map<string, unknown>();
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      if (busyAnswers > 0) {
        busyAnswers -= 1;
        response.writeHead(503).end();
        return;
      }
      const id = `${url}/v1/statement/executing/${asked.length}`;
      let page: unknown = pending.get(request.url ?? '');
      if (request.method === 'POST') {
        asked.push(body);
        page = { id: 'q', nextUri: id, stats: { state: 'QUEUED' } };
        let last: unknown;
        try {
          last = { id: 'q', data: execute(body), stats: { state: 'FINISHED' } };
        } catch (error) {
          const message = error instanceof Error ? error.message : '';
          last = { id: 'q', error: { message, errorName: 'NOT_FOUND' }, stats: { state: 'FAILED' } };
        }
        pending.set(new URL(id).pathname, last);
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
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
  await new Promise((done) => server.close(done));
  await rm(root, { recursive: true, force: true });
});

const register = (more: object = {}): ReturnType<typeof registerCatalog> =>
  registerCatalog({ projectDir: root, trino: { url }, ...more });

const actions = async (more: object = {}): Promise<string[]> =>
  (await register(more)).tables.map(({ name, action }) => `${name} ${action}`);

it('registers Delta tables once, in lower case, and says what it leaves out', async () => {
  busyAnswers = 2;
  expect(await actions()).toEqual(['main.orders registered', 'main.plain skipped']);
  const location = metastore.get('main')?.get('orders') ?? '';
  expect(location).toMatch(new RegExp(`^file://${root}/lake/`));
  const again = await register();
  expect(again.tables[0]?.action).toBe('kept');
  expect(again.statements).toEqual([]);
});

it('changes nothing in a dry run, and maps schemas', async () => {
  const told = await register({ dryRun: true, schemas: { main: 'Shop' }, trinoCatalog: 'lake' });
  expect(told.statements[0]).toBe('CREATE SCHEMA IF NOT EXISTS "lake"."shop"');
  expect(told.statements[1]).toContain(`CALL "lake".system.register_table(schema_name => 'shop'`);
  expect(metastore.size).toBe(0);
});

it('replaces another location and prunes what is gone only when asked, and never what is not of the lake', async () => {
  metastore.set(
    'main',
    new Map([
      ['orders', 's3://old/orders'],
      ['old', `file://${root}/lake/old`],
      ['other', 's3://x/y'],
    ]),
  );
  expect(await actions()).toEqual(['main.orders elsewhere', 'main.plain skipped', 'main.old gone']);
  expect(metastore.get('main')?.get('orders')).toBe('s3://old/orders');
  expect(await actions({ replace: true, prune: true })).toEqual([
    'main.orders replaced',
    'main.plain skipped',
    'main.old pruned',
  ]);
  expect([...(metastore.get('main')?.keys() ?? [])].sort()).toEqual(['orders', 'other']);
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
  metastore.set('main', new Map());
  const tables = metastore.get('main');
  // Another registers the same name between our look and our call.
  tables?.set('orders', 's3://x');
  const keys = Object.getPrototypeOf(tables).keys;
  Object.defineProperty(tables, 'keys', { value: () => keys.call(new Map()) });
  await expect(register()).rejects.toMatchObject({ code: 'workflows.trino-refused' });
});
