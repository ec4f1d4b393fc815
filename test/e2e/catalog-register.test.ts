/** `boathouse catalog register` as a person runs it: on folders, buckets and branches, by http and with a private CA. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../stores/certificates.ts';
import { type Store, startStore, storeReason } from '../stores/server.ts';
import { TrinoStandIn } from '../trino/stand-in.ts';
import { Folder } from './command.ts';

const models = {
  'dbt_project.yml': 'name: shop\nprofile: shop\n',
  'models/orders.sql': "{{ config(materialized='table', format='delta') }} select 1 as id",
  'models/lines.sql': "{{ config(materialized='table', format='delta') }} select 2 as id",
  'models/shown.sql': "{{ config(materialized='view') }} select * from {{ ref('orders') }}",
};
const profile = (output: string): Record<string, string> => ({
  'profiles.yml': `shop:\n  target: prod\n  outputs:\n    prod: ${output}\n`,
});

describe('catalog register, of a folder', () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = new Folder().put({
      ...models,
      ...profile('{ type: duckdb, path: lake.duckdb, external_root: lake }'),
    });
    await folder.ok('build', '--quiet');
  });
  afterAll(() => folder.remove());
  const register = (...args: string[]): ReturnType<Folder['run']> =>
    folder.run('catalog', 'register', ...args);

  it('tells each table and what became of it, and does nothing twice', async () => {
    await using trino = await TrinoStandIn.start();
    const first = await register('--trino', trino.url);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^registered {2}main\.lines$/m);
    expect(first.stdout).toMatch(/^registered {2}main\.orders$/m);
    expect(first.stdout).toMatch(/^skipped {5}main\.shown {2}\(a view is in DuckDB's SQL\)$/m);
    expect(trino.tables).toEqual(
      ['lines', 'orders'].map((name) => `main.${name} file://${folder.path}/lake/${name}.delta`),
    );
    expect(trino.asked.find((sql) => sql.startsWith('CREATE'))).toContain('"delta"."main"');
    const again = await register('--trino', trino.url);
    expect(again.stdout).toMatch(/^kept {8}main\.orders$/m);
    const json = await register('--trino', trino.url, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      command: 'catalog register',
      exitCode: 0,
      dryRun: false,
      generation: 1,
      statements: [],
    });
    expect((await register('--trino', trino.url, '--quiet')).output).toBe('');
  });

  it('prints SQL that can be handed on in a dry run, for the catalog and schema that are named', async () => {
    await using trino = await TrinoStandIn.start();
    const args = ['--trino', trino.url, '--trino-catalog', 'lake', '--trino-schema', 'main=Shop'];
    const { code, stdout } = await register(...args, '--dry-run');
    expect(code).toBe(0);
    expect(stdout.trim().split(';\n')).toHaveLength(3);
    expect(stdout).toContain('CREATE SCHEMA IF NOT EXISTS "lake"."shop";\n');
    expect(trino.tables).toEqual([]);
  });

  it('ends with 1 for a table that is registered elsewhere, until it is told to replace it', async () => {
    await using trino = await TrinoStandIn.start();
    trino.metastore.set('main', new Map([['orders', 's3://old/orders']]));
    const { code, stdout } = await register('--trino', trino.url);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^elsewhere {3}main\.orders {2}\(s3:\/\/old\/orders\)$/m);
    expect((await register('--trino', trino.url, '--replace')).code).toBe(0);
    expect(trino.tables[1]).toBe(`main.orders file://${folder.path}/lake/orders.delta`);
  });

  it('needs no project where --catalog names the published file, as in other commands', async () => {
    await using trino = await TrinoStandIn.start();
    const elsewhere = new Folder();
    try {
      const file = join(folder.path, 'lake.duckdb');
      const ran = await elsewhere.run('catalog', 'register', '--trino', trino.url, '--catalog', file);
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(trino.tables).toHaveLength(2);
    } finally {
      elsewhere.remove();
    }
  });

  it('registers a branch beside the main lake, in a schema of its own', async () => {
    await using trino = await TrinoStandIn.start();
    await folder.ok('branch', 'create', 'dev');
    await folder.ok('query', 'insert into main.orders values (7)', '--branch', 'dev', '--quiet');
    await register('--trino', trino.url);
    const ran = await register('--trino', trino.url, '--branch', 'dev', '--trino-schema', 'main=dev');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const at = (name: string): string | undefined => trino.metastore.get('dev')?.get(name);
    // Only what the branch changed is its own: the rest it shares.
    expect(at('orders')).toContain('/_boathouse/branches/dev/');
    expect(at('lines')).toBe(trino.metastore.get('main')?.get('lines'));
  });

  it.each([
    ['no server given', [], 'cli.', 2],
    [
      'a schema that is mapped to nothing',
      ['--trino', 'http://127.0.0.1:1', '--trino-schema', 'main'],
      'cli.bad-value',
      2,
    ],
    ['nothing that is a URL', ['--trino', 'trino'], 'workflows.trino-url', 2],
    ['a server that is not there', ['--trino', 'http://127.0.0.1:1'], 'workflows.trino-unreachable', 2],
  ])('refuses %s with a code', async (_, args, code, exit) => {
    const ran = await register(...args);
    expect(ran.code).toBe(exit);
    expect(ran.stderr).toContain(code);
  });
});

describe('catalog register, by https with a private authority', () => {
  let folder: Folder;
  let trino: TrinoStandIn;
  let caFile = '';
  beforeAll(async () => {
    folder = new Folder().put({
      ...models,
      ...profile('{ type: duckdb, path: lake.duckdb, external_root: lake }'),
    });
    const files = makeCertificate('private-ca', join(folder.path, 'certs'));
    caFile = files.caFile;
    trino = await TrinoStandIn.start(files);
    await folder.ok('build', '--quiet');
    folder.env['TRINO_PASSWORD'] = 'open-sesame-42';
  });
  afterAll(async () => {
    await trino[Symbol.asyncDispose]();
    folder.remove();
  });

  it('sends user and password to a server that it trusts, and shows neither', async () => {
    const args = ['--trino', trino.url, '--user', 'ada', '--ca-file', caFile, '--debug'];
    const ran = await folder.run('catalog', 'register', ...args);
    expect(ran.code, ran.output).toBe(0);
    const basic = Buffer.from('ada:open-sesame-42').toString('base64');
    expect(trino.headers.every(({ authorization }) => authorization === `Basic ${basic}`)).toBe(true);
    expect(trino.headers[0]?.['x-trino-user']).toBe('ada');
    expect(ran.output).not.toContain('open-sesame-42');
    expect(ran.output).not.toContain(basic);
  });

  it.each([['AWS_CA_BUNDLE'], ['SSL_CERT_FILE'], ['NODE_EXTRA_CA_CERTS']])(
    'trusts what %s names, as everywhere',
    async (name) => {
      folder.env[name] = caFile;
      try {
        const ran = await folder.run('catalog', 'register', '--trino', trino.url);
        expect(ran.code, ran.output).toBe(0);
      } finally {
        delete folder.env[name];
      }
    },
  );

  it('refuses a server that it has no reason to trust, saying what to do', async () => {
    const asked = trino.asked.length;
    const ran = await folder.run('catalog', 'register', '--trino', trino.url);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('workflows.trino-unreachable');
    expect(ran.stderr).toContain('--ca-file');
    expect(trino.asked).toHaveLength(asked);
  });

  it('refuses a file of authorities that is none', async () => {
    const args = ['--trino', trino.url, '--ca-file', join(folder.path, 'dbt_project.yml')];
    const ran = await folder.run('catalog', 'register', ...args);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('dbt_project.yml');
  });
});

const reason = storeReason('versitygw');
describe.skipIf(reason !== undefined)(
  `catalog register, of a bucket${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    let folder: Folder;
    let store: Store;
    beforeAll(async () => {
      store = await startStore({ kind: 'versitygw', tls: 'private-ca' });
      await store.createBucket('lake');
      const secret = `{ type: s3, key_id: '${store.accessKeyId}', secret: '${store.secretAccessKey}', region: ${store.region}, endpoint: '${store.endpoint}', url_style: path }`;
      folder = new Folder().put({
        ...models,
        ...profile(
          `{ type: duckdb, path: 's3://lake/shop/lake.duckdb', secrets: [${secret}], lakehouse: { ca_file: '${store.caFile}' } }`,
        ),
      });
      folder.env['BOATHOUSE_CACHE_DIR'] = join(folder.path, 'cache');
      await folder.ok('build', '--quiet');
    });
    afterAll(async () => {
      await store.stop();
      folder.remove();
    });
    const wanted = ['lines', 'orders'].map((name) => `main.${name} s3://lake/shop/${name}.delta`);

    it('registers s3:// locations', async () => {
      await using trino = await TrinoStandIn.start();
      const ran = await folder.run('catalog', 'register', '--trino', trino.url);
      expect(ran.code, ran.output).toBe(0);
      expect(trino.tables).toEqual(wanted);
    });

    it('needs no project where --catalog names the object and the environment opens it', async () => {
      await using trino = await TrinoStandIn.start();
      const elsewhere = new Folder();
      Object.assign(elsewhere.env, {
        AWS_ENDPOINT_URL: store.endpoint,
        AWS_ACCESS_KEY_ID: store.accessKeyId,
        AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
        AWS_REGION: store.region,
        AWS_CA_BUNDLE: store.caFile,
        BOATHOUSE_CACHE_DIR: join(elsewhere.path, 'cache'),
      });
      try {
        const args = ['--trino', trino.url, '--catalog', 's3://lake/shop/lake.duckdb'];
        const ran = await elsewhere.run('catalog', 'register', ...args);
        expect(ran.code, ran.output).toBe(0);
        expect(trino.tables).toEqual(wanted);
      } finally {
        elsewhere.remove();
      }
    });
  },
);
