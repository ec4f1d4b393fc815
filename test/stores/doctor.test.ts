/** `doctor` on real servers: good ones, ones with bad certificates, wrong keys and places that aren't there. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/index.ts';
import { examine, type Finding } from '../../src/storage/s3/examine.ts';
import type { CertificateKind } from './certificates.ts';
import { freePort, type Store, startStore, storeReason } from './server.ts';

const reason = storeReason('versitygw');
const env = { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' };

describe.skipIf(reason !== undefined)(`doctor${reason ? ` (${reason})` : ''}`, () => {
  const stores = new Map<CertificateKind | 'http', Store>();
  beforeAll(async () => {
    for (const kind of ['http', 'private-ca', 'self-signed', 'expired', 'wrong-name'] as const) {
      const store = await startStore({ kind: 'versitygw', tls: kind === 'http' ? false : kind });
      stores.set(kind, store);
      await store.createBucket('lake');
    }
  });
  afterAll(async () => {
    for (const store of stores.values()) await store.stop();
  });

  const storeOf = (kind: CertificateKind | 'http'): Store => {
    const store = stores.get(kind);
    if (store === undefined) throw new Error(`no server of kind ${kind}`);
    return store;
  };
  const look = (kind: CertificateKind | 'http', options: Record<string, string> = {}, bucket = 'lake') =>
    examine(`s3://${bucket}/prod`, { ...storeOf(kind).options, ...options }, async (uri) => uri, env);
  const failed = (findings: readonly Finding[]) => findings.filter(({ ok }) => !ok);
  const shown = (findings: readonly Finding[]) =>
    findings.map(({ name, found, hint = '' }) => `${name} ${found} ${hint}`).join('\n');

  it.each(['http', 'private-ca', 'self-signed'] as const)(
    'finds nothing wrong with %s, shows no secret and leaves nothing behind',
    async (kind) => {
      const findings = await look(kind);
      expect(failed(findings)).toEqual([]);
      expect(findings.map(({ name }) => name)).toEqual(
        [
          'options',
          'trust',
          ...['dns', 'tcp', 'tls', 'clock', 'credentials', 'bucket', 'write', 'read', 'list order'],
          ...['conditional create', 'duckdb', 'delete'],
        ].filter((name) => kind !== 'http' || (name !== 'trust' && name !== 'tls')),
      );
      expect(shown(findings)).not.toContain(storeOf(kind).secretAccessKey);
      const left: string[] = [];
      for await (const { path } of openStorage('s3://lake', storeOf(kind).options).list('')) left.push(path);
      expect(left).toEqual([]);
    },
  );

  it.each([
    [
      'a private CA that is not named',
      'private-ca',
      { ca_file: '' },
      'lake',
      'tls',
      'storage.untrusted-certificate',
      /ca_file/,
    ],
    ['an expired certificate', 'expired', {}, 'lake', 'tls', 'storage.untrusted-certificate', /Renew/],
    [
      'a certificate of another name',
      'wrong-name',
      {},
      'lake',
      'tls',
      'storage.untrusted-certificate',
      /elsewhere\.example/,
    ],
    [
      'wrong keys',
      'http',
      { AWS_SECRET_ACCESS_KEY: 'not-this-secret' },
      'lake',
      'bucket',
      'storage.bad-credentials',
      /secret/,
    ],
    ['a bucket that is not there', 'http', {}, 'nowhere', 'bucket', 'storage.no-bucket', /name/],
    [
      'a CA file that is none',
      'private-ca',
      { ca_file: '/nonexistent.pem' },
      'lake',
      'trust',
      'storage.bad-option',
      /PEM/,
    ],
    [
      'an option that is none',
      'http',
      { AWS_TIMEOUT: 'soon' },
      'lake',
      'options',
      'storage.bad-option',
      /options/,
    ],
  ] as const)('names the step and the cure: %s', async (_what, kind, options, bucket, step, code, hint) => {
    const findings = await look(kind, options, bucket);
    expect(failed(findings)).toMatchObject([
      { name: step, hint: expect.stringMatching(hint), error: { code } },
    ]);
    expect(shown(findings)).not.toContain('not-this-secret');
  });

  it('names the step where there are no credentials at all', async () => {
    const { endpoint } = storeOf('http');
    const findings = await examine('s3://lake/', { AWS_ENDPOINT_URL: endpoint }, async (uri) => uri, env);
    expect(failed(findings)).toMatchObject([
      { name: 'credentials', error: { code: 'storage.no-credentials' } },
    ]);
  });

  it('tells http from https, and a port where nobody listens', async () => {
    const swapped = storeOf('http').endpoint.replace('http:', 'https:');
    const plain = await look('http', { AWS_ENDPOINT_URL: swapped });
    expect(failed(plain)).toMatchObject([{ name: 'tls', hint: expect.stringContaining('use_ssl: false') }]);
    const nobody = await look('http', { AWS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}` });
    expect(failed(nobody)).toMatchObject([{ name: 'tcp', hint: expect.stringContaining('port') }]);
  });
});
