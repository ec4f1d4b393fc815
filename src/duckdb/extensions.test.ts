import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachSql } from './attach.ts';
import { Extensions } from './extensions.ts';
import { Database } from './index.ts';
import { extensionsHinted, lackOf } from './lacks.ts';
import { createSecretSql } from './secrets.ts';

describe('createSecretSql', () => {
  it.each([
    [
      { type: 's3', key_id: 'k', secret: "s'q" },
      `CREATE OR REPLACE SECRET "_dbt_secret_1" (TYPE "s3", "key_id" 'k', "secret" 's''q')`,
    ],
    [
      {
        type: 's3',
        name: 'mine',
        provider: 'credential_chain',
        persistent: true,
        scope: 's3://b',
        chain: 'env;config',
      },
      `CREATE OR REPLACE PERSISTENT SECRET "mine" (TYPE "s3", PROVIDER "credential_chain", SCOPE 's3://b', "chain" 'env;config')`,
    ],
    [
      { type: 's3', scope: ['s3://a', 's3://b'], use_ssl: false },
      `CREATE OR REPLACE SECRET "_dbt_secret_1" (TYPE "s3", SCOPE ['s3://a', 's3://b'], "use_ssl" false)`,
    ],
    [
      { type: 'http', extra_http_headers: { Authorization: 'Bearer x' } },
      `CREATE OR REPLACE SECRET "_dbt_secret_1" (TYPE "http", "extra_http_headers" MAP {'Authorization': 'Bearer x'})`,
    ],
  ])('writes %j', (secret, sql) => {
    expect(createSecretSql(secret, 1)).toBe(sql);
  });
});

describe('attachSql', () => {
  it.each([
    [{ path: 'a.duckdb' }, "ATTACH IF NOT EXISTS 'a.duckdb'"],
    [
      { path: 'x.db', alias: 'x', type: 'sqlite', readOnly: true },
      `ATTACH IF NOT EXISTS 'x.db' AS "x" (TYPE "sqlite", READ_ONLY)`,
    ],
    [
      { path: 'p', type: 'postgres', secret: 's', options: { schema: 'public' } },
      `ATTACH IF NOT EXISTS 'p' (TYPE "postgres", SECRET "s", "schema" 'public')`,
    ],
  ])('writes %j', (spec, sql) => {
    expect(attachSql(spec)).toBe(sql);
  });
});

describe('what a statement lacks', () => {
  it.each([
    ['Missing Extension Error: File s3://b/x requires the extension httpfs to be loaded', 'httpfs'],
    [
      'Catalog Error: Table Function with name "st_read" is not in the catalog, but it exists in the spatial extension.',
      'spatial',
    ],
    [
      "Invalid Input Error: Secret type 's3' does not exist, but it exists in the httpfs extension.",
      'httpfs',
    ],
    [
      'IO Error: Extension "/x/sqlite_scanner.duckdb_extension" not found.\nExtension "sqlite" is an existing extension.',
      'sqlite',
    ],
  ])('is read from %j', (message, name) => {
    expect(lackOf(message)).toEqual({ kind: 'extension', name });
  });

  it('is a function when only a name is unknown, and nothing for other trouble', () => {
    expect(lackOf('Catalog Error: Scalar Function with name foo does not exist!')).toEqual({
      kind: 'function',
    });
    expect(lackOf('Catalog Error: Table with name foo does not exist!')).toBeUndefined();
  });

  it('is hinted at by paths', () => {
    expect(extensionsHinted("SELECT * FROM 's3://b/x.parquet', 'abfss://c/y'")).toEqual(['httpfs', 'azure']);
    expect(extensionsHinted('SELECT 1')).toEqual([]);
  });
});

describe('Extensions', () => {
  it('loads once, then creates the secrets and makes the settings that waited', async () => {
    const ran: string[] = [];
    const run = async (sql: string): Promise<void> => {
      ran.push(sql);
    };
    const options = { extensions: [{ name: 'httpfs' }], secrets: [{ type: 's3', key_id: 'k' }] };
    const extensions = new Extensions(run, options, undefined);
    await extensions.createBuiltInSecrets();
    extensions.whenLoaded('httpfs', "SET s3_region = 'x'");
    expect(ran).toEqual([]);
    await Promise.all([extensions.load('httpfs'), extensions.load('httpfs')]);
    expect(ran).toEqual([
      'LOAD "httpfs"',
      'SET GLOBAL enable_server_cert_verification = true',
      "SET s3_region = 'x'",
      `CREATE OR REPLACE SECRET "_dbt_secret_1" (TYPE "s3", "key_id" 'k')`,
    ]);
  });

  it('installs from the repository that is named', async () => {
    const ran: string[] = [];
    const run = async (sql: string): Promise<void> => {
      ran.push(sql);
      if (ran.length === 1) throw new Error('IO Error: not found');
    };
    const extensions = new Extensions(
      run,
      { extensions: [{ name: 'h3', repository: 'community' }] },
      undefined,
    );
    expect(await extensions.loadDeclared()).toBe(true);
    expect(ran).toEqual(['LOAD "h3"', 'INSTALL "h3" FROM community', 'LOAD "h3"']);
    expect(await extensions.loadDeclared()).toBe(true);
    expect(ran).toHaveLength(3);
  });

  it('creates what a secret is resolved to', async () => {
    const ran: string[] = [];
    const run = async (sql: string): Promise<void> => {
      ran.push(sql);
    };
    const secrets = [{ type: 's3', provider: 'credential_chain' }];
    const resolveSecret = async () => ({ type: 's3', key_id: 'k' });
    await new Extensions(run, { secrets, resolveSecret }, undefined).load('httpfs');
    expect(ran.at(-1)).toBe(`CREATE OR REPLACE SECRET "_dbt_secret_1" (TYPE "s3", "key_id" 'k')`);
    expect(ran.join()).not.toContain('aws');
  });

  it('keeps a secret that was refused, so that no later statement goes on without it', async () => {
    const ran: string[] = [];
    let refuse = true;
    const run = async (sql: string): Promise<void> => {
      if (!sql.startsWith('SET')) ran.push(sql.slice(0, 6));
      if (sql.startsWith('CREATE') && refuse) throw new Error('Invalid Input Error: no');
    };
    const extensions = new Extensions(run, { secrets: [{ type: 's3' }, { type: 'gcs' }] }, undefined);
    await expect(extensions.load('httpfs')).rejects.toMatchObject({ code: 'duckdb.invalid-input' });
    refuse = false;
    await extensions.load('httpfs');
    expect(ran).toEqual(['LOAD "', 'CREATE', 'LOAD "', 'CREATE', 'CREATE']);
  });

  it('creates a secret of two extensions once both are there, whichever is loaded first', async () => {
    for (const order of [
      ['httpfs', 'aws'],
      ['aws', 'httpfs'],
    ] as const) {
      const ran: string[] = [];
      const run = async (sql: string): Promise<void> => {
        await new Promise((resolve) => setImmediate(resolve));
        if (!sql.startsWith('SET')) ran.push(sql.split('"')[0] as string);
      };
      const secret = { type: 's3', provider: 'credential_chain' };
      const extensions = new Extensions(run, { secrets: [secret] }, undefined);
      await Promise.all(order.map((name) => extensions.load(name)));
      expect(ran).toEqual(['LOAD ', 'LOAD ', 'CREATE OR REPLACE SECRET ']);
    }
  });
});

describe('a project that lists httpfs and an S3 secret', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'boathouse-extensions-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('opens and works without them, and says what to do once one is needed', async () => {
    const database = await Database.open({
      extensions: [{ name: 'httpfs' }, { name: 'parquet' }],
      secrets: [{ type: 's3', key_id: 'key', secret: 'secret-value' }],
      settings: { s3_region: 'eu-west-1' },
      extensionDirectory: folder,
      // Nothing listens there, so that an install fails at once on every machine.
      config: { custom_extension_repository: 'http://127.0.0.1:9' },
    });
    const session = await database.session();
    expect(await session.value("SELECT 's3://only/text'")).toBe('s3://only/text');
    await expect(session.query("SELECT * FROM 's3://bucket/file.parquet'")).rejects.toMatchObject({
      code: 'duckdb.extension-unavailable',
      details: { extension: 'httpfs' },
      hint: expect.stringContaining(folder),
    });
    expect(await session.value('SELECT 1')).toBe(1);
    await database.close();
  });
});
