/** Without copies DuckDB reads buckets by itself: httpfs gets the secret and the authorities of each place. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../src/duckdb/index.ts';
import { openStorage, trustBundle } from '../../src/storage/index.ts';
import { trustOf } from '../../src/storage/trust/trust.ts';
import { RemoteRelations, writeDelta } from '../../src/tables/index.ts';
import { extensionWheel, installWheels } from './extension-wheels.ts';
import { type Store, startStore, storeReason } from './server.ts';

const wheels = ['httpfs', 'delta'].flatMap((name) => extensionWheel(name) ?? []);
const reason =
  storeReason('versitygw') ??
  (wheels.length < 2 ? 'no Python of BOATHOUSE_PEERS_PYTHON has httpfs and delta' : undefined);

describe.skipIf(reason !== undefined)(`httpfs without copies${reason ? ` (${reason})` : ''}`, () => {
  let folder: string;
  const stores: Store[] = [];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'boathouse-direct-'));
    await installWheels(folder, wheels);
    for (const [i, tls] of (['private-ca', false] as const).entries()) {
      const store = await startStore({ kind: 'versitygw', tls });
      stores.push(store);
      await store.createBucket(`lake${i}`);
      const storage = openStorage(`s3://lake${i}/in`, store.options);
      await storage.put('rows.csv', new TextEncoder().encode(`id\n${i}\n`));
    }
  });
  afterAll(async () => {
    for (const store of stores) await store.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('two stores in one statement, one behind TLS of a private CA, and no secret in its error', async () => {
    const remote = new RemoteRelations(async () => undefined);
    await using database = await Database.open({
      extensionDirectory: folder,
      config: { custom_extension_repository: 'http://127.0.0.1:9' },
      settings: { http_retries: 0 },
      beforeStatement: remote.hook,
    });
    await using session = await database.session();
    const read = "SELECT sum(id)::INT FROM read_csv(['s3://lake0/in/rows.csv', 's3://lake1/in/rows.csv'])";
    expect(await session.value(read)).toBe(1);
    expect(await session.value('SELECT count(*)::INT FROM duckdb_secrets()')).toBe(2);
    const failure: unknown = await session
      .value("FROM 's3://lake0/in/none.csv'")
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: expect.stringMatching(/^duckdb\./) });
    expect(JSON.stringify(failure)).not.toContain('secret-of');
  });

  it('the delta extension, whose own connections learn of the CA as well', async () => {
    const [store] = stores as [Store];
    const table = 's3://lake0/by-extension';
    await writeDelta(table, { sql: 'SELECT range AS id FROM range(7)' }, { storageOptions: store.options });
    const open = (caFile: string | undefined): Promise<Database> =>
      Database.open({
        extensionDirectory: folder,
        config: { custom_extension_repository: 'http://127.0.0.1:9' },
        extensions: [{ name: 'httpfs' }, { name: 'delta' }],
        secrets: [
          {
            type: 's3',
            key_id: store.accessKeyId,
            secret: store.secretAccessKey,
            region: store.region,
            endpoint: store.endpoint,
          },
        ],
        caFile: async () => caFile,
      });
    await using database = await open(await trustBundle(store.caFile));
    await using session = await database.session();
    expect(await session.value(`SELECT count(*)::INT FROM delta_scan('${table}')`)).toBe(7);
    // What was put into the variable isn't the user's word: who asks without naming the CA doesn't trust it.
    const { ca } = trustOf({ caFiles: [], env: process.env });
    expect(ca).not.toContain(readFileSync(store.caFile ?? '', 'utf8').trim());
  });
});
