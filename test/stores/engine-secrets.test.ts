/** What a profile's secrets become for DuckDB's own way to a bucket. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, type DatabaseOptions, type SecretSpec } from '../../src/duckdb/index.ts';
import {
  engineAccess,
  engineSecret,
  openStorage,
  storageAccess,
  trustBundle,
} from '../../src/storage/index.ts';
import { RemoteRelations } from '../../src/tables/index.ts';
import { extensionWheel, installWheels } from './extension-wheels.ts';
import { startProxy } from './proxy.ts';
import { type Store, startStore, storeReason } from './server.ts';

const wheel = extensionWheel('httpfs');
const reason =
  storeReason('versitygw') ??
  (wheel === undefined ? 'no Python of BOATHOUSE_PEERS_PYTHON has httpfs' : undefined);

describe.skipIf(reason !== undefined)(`secrets of httpfs${reason ? ` (${reason})` : ''}`, () => {
  let folder: string;
  let store: Store;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'boathouse-secrets-'));
    await installWheels(folder, wheel === undefined ? [] : [wheel]);
    store = await startStore({ kind: 'versitygw', tls: 'private-ca' });
    await store.createBucket('lake');
    await openStorage('s3://lake', store.options).put('rows.csv', new TextEncoder().encode('id\n1\n'));
  });
  afterAll(async () => {
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (more: Partial<DatabaseOptions>): Promise<Database> =>
    Database.open({
      extensionDirectory: folder,
      // Nothing else can be had: no extension for AWS.
      config: { custom_extension_repository: 'http://127.0.0.1:9' },
      resolveSecret: engineSecret,
      ...more,
      settings: { http_retries: 0, ...more.settings },
    });
  const count = async (database: Database): Promise<unknown> => {
    await using session = await database.session();
    return await session.value("SELECT count(*)::INT FROM read_csv('s3://lake/rows.csv')");
  };

  it('take a file of certificates, and go through the chain of credentials without an extension', async () => {
    const given: SecretSpec = {
      type: 's3',
      provider: 'credential_chain',
      endpoint: store.endpoint,
      ca_file: store.caFile ?? '',
    };
    const before = { ...process.env };
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: store.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
    });
    try {
      await using database = await open({ secrets: [given], caFile: () => trustBundle(store.caFile) });
      expect(await count(database)).toBe(1);
      await using session = await database.session();
      const { rows } = await session.query('SELECT provider FROM duckdb_secrets()');
      expect(rows).toEqual([['config']]);
    } finally {
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
  });

  it.each(['curl', 'httplib'])('never go unverified with %s unless a secret says so', async (client) => {
    const secret: SecretSpec = {
      type: 's3',
      key_id: store.accessKeyId,
      secret: store.secretAccessKey,
      endpoint: store.endpoint,
    };
    const settings = { httpfs_client_implementation: client };
    await using careful = await open({ secrets: [secret], settings });
    await expect(count(careful)).rejects.toMatchObject({
      code: expect.stringMatching(/^duckdb\./),
      hint: expect.stringContaining('ca_file'),
    });
    await using trusting = await open({
      secrets: [secret],
      settings,
      caFile: () => trustBundle(store.caFile),
    });
    expect(await count(trusting)).toBe(1);
    await using careless = await open({ secrets: [{ ...secret, verify_ssl: false }], settings });
    expect(await count(careless)).toBe(1);
  });

  it.each([
    ['a clock that is off', 'RequestTimeTooSkewed', 403, /clock/],
    ['a key that is refused', 'InvalidAccessKeyId', 403, /doctor/],
    ['an object that is gone', 'NoSuchKey', 404, /no such object/],
  ])('fail with what to do: %s', async (_what, code, status, hint) => {
    const proxy = await startProxy({
      target: store.endpoint,
      decide: () => ({ kind: 'refused', status, code }),
    });
    try {
      const secret = { type: 's3', key_id: store.accessKeyId, secret: store.secretAccessKey };
      await using database = await open({ secrets: [{ ...secret, endpoint: proxy.endpoint }] });
      const failed: unknown = await count(database).catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: 'duckdb.http', hint: expect.stringMatching(hint) });
      expect(JSON.stringify(failed)).not.toContain('secret-of');
    } finally {
      await proxy.close();
    }
  });

  it('are given for what COPY writes, too', async () => {
    const access = storageAccess({ secrets: [], settings: {}, storageOptions: store.options });
    const remote = new RemoteRelations(
      async () => undefined,
      (uri) => engineAccess(uri, access),
    );
    await using database = await open({ beforeStatement: remote.hook });
    await using session = await database.session();
    await session.run("COPY (SELECT 42 AS id) TO 's3://lake/out.csv' (HEADER)");
    const written = await openStorage('s3://lake', store.options).read('out.csv');
    expect(new TextDecoder().decode(written)).toBe('id\n42\n');
  });
});
