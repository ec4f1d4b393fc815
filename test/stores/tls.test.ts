/** TLS to real servers: what is trusted, what isn't and why, by our own client and by DuckDB's httpfs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Database } from '../../src/duckdb/index.ts';
import { openStorage, s3SecretFor, trustBundle } from '../../src/storage/index.ts';
import type { CertificateKind } from './certificates.ts';
import { extensionWheel, installWheels } from './extension-wheels.ts';
import { type Store, startStore, storeReason } from './server.ts';

const reason = storeReason('versitygw');
const extension = extensionWheel('httpfs');
const why = extension === undefined ? ' (skipped: no Python of BOATHOUSE_PEERS_PYTHON has httpfs)' : '';

describe.skipIf(reason !== undefined)(`TLS${reason ? ` (${reason})` : ''}`, () => {
  const stores = new Map<CertificateKind, Store>();
  const kinds: readonly CertificateKind[] = ['private-ca', 'self-signed', 'expired', 'wrong-name'];
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'boathouse-tls-'));
    if (extension !== undefined) await installWheels(folder, [extension]);
    for (const kind of kinds) {
      const store = await startStore({ kind: 'versitygw', tls: kind });
      stores.set(kind, store);
      await store.createBucket('tls');
    }
  });
  afterAll(async () => {
    for (const store of stores.values()) await store.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const storeOf = (kind: CertificateKind): Store => {
    const store = stores.get(kind);
    if (store === undefined) throw new Error(`no server shows ${kind}`);
    return store;
  };
  const write = (kind: CertificateKind, options: Record<string, string>) => {
    const { ca_file: _own, ...known } = storeOf(kind).options;
    return openStorage('s3://tls', { ...known, AWS_MAX_RETRIES: '0', ...options }).put(
      'x',
      new TextEncoder().encode('1'),
    );
  };

  describe('by our own client', () => {
    it.each(['private-ca', 'self-signed'] as const)('trusts %s once its file is named', async (kind) => {
      await write(kind, { ca_file: storeOf(kind).caFile ?? '' });
    });

    it('trusts what AWS_CA_BUNDLE names', async () => {
      await write('private-ca', { AWS_CA_BUNDLE: storeOf('private-ca').caFile ?? '' });
    });

    it.each([
      ['private-ca', undefined, 'a CA that is not trusted'],
      ['self-signed', undefined, 'self-signed'],
      ['expired', 'expired', 'expired'],
      ['wrong-name', 'wrong-name', 'another name'],
    ] as const)('refuses %s, and says what to do', async (kind, trusted, said) => {
      const ca = trusted === undefined ? {} : { ca_file: storeOf(trusted).caFile ?? '' };
      const refused = write(kind, ca);
      await expect(refused).rejects.toMatchObject({
        code: 'storage.untrusted-certificate',
        message: expect.stringContaining(said),
        hint: expect.any(String),
      });
    });

    it('verifies nothing only when that is asked for by name, with a warning', async () => {
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      await write('expired', { allow_invalid_certificates: 'true', AWS_TIMEOUT: '29s' });
      expect(warned.mock.calls.join(' ')).not.toContain('secret-of');
      warned.mockRestore();
    });

    it.each([
      ['no file', 'nowhere.pem'],
      ['no certificate', import.meta.filename],
    ])('says that %s is there', async (_what, file) => {
      await expect(write('private-ca', { ca_file: file })).rejects.toMatchObject({
        code: expect.stringMatching(/^storage\.bad-(?:option|ca-file)$/),
      });
    });

    it('tells http from https, both ways', async () => {
      const { endpoint } = storeOf('private-ca');
      const plain = write('private-ca', { AWS_ENDPOINT_URL: endpoint.replace('https:', 'http:') });
      await expect(plain).rejects.toMatchObject({ code: 'storage.wrong-protocol' });
    });
  });

  describe.skipIf(extension === undefined)(`by httpfs${why}`, () => {
    const read = async (kind: CertificateKind, caFile: string | undefined) => {
      const store = storeOf(kind);
      await openStorage('s3://tls', {
        ...store.options,
        ca_file: store.caFile ?? '',
        allow_invalid_certificates: String(kind === 'expired' || kind === 'wrong-name'),
      }).put('rows.csv', new TextEncoder().encode('id\n1\n2\n'));
      const secret = s3SecretFor('s3://tls', store.options);
      await using database = await Database.open({
        extensionDirectory: folder,
        config: { custom_extension_repository: 'http://127.0.0.1:9' },
        caFile: () => trustBundle(caFile, {}),
        secrets: [
          { ...(secret.options as Record<string, string | boolean>), type: 's3', scope: secret.scope },
        ],
        settings: { http_retries: 0 },
      });
      await using session = await database.session();
      return await session.value("select count(*) from 's3://tls/rows.csv'");
    };

    it.each(['private-ca', 'self-signed'] as const)('trusts %s once its file is named', async (kind) => {
      expect(Number(await read(kind, storeOf(kind).caFile))).toBe(2);
    });

    it.each(['private-ca', 'self-signed', 'expired', 'wrong-name'] as const)(
      'refuses %s otherwise',
      async (kind) => {
        const named = kind === 'expired' || kind === 'wrong-name' ? storeOf(kind).caFile : undefined;
        await expect(read(kind, named)).rejects.toMatchObject({ code: expect.stringMatching(/^duckdb\./) });
      },
    );
  });
});
