/** Trouble with a bucket, met by the built command: its exit code, its words, and what is left. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/index.ts';
import type { CertificateKind } from '../stores/certificates.ts';
import { type Passing, type StoreProxy, startProxy, type Trouble } from '../stores/proxy.ts';
import { longReason, type Store, type StoreKind, startStore, storeReason } from '../stores/server.ts';
import { bucketProject, reach } from './bucket-project.ts';
import type { Folder } from './command.ts';

const kinds: readonly StoreKind[] = ['versitygw', 'minio'];

for (const kind of kinds) {
  const reason = kind === 'minio' ? longReason(kind) : storeReason(kind);
  describe.skipIf(reason !== undefined)(
    `trouble with a bucket of ${kind}${reason === undefined ? '' : ` (skipped: ${reason})`}`,
    () => {
      const stores = new Map<CertificateKind | 'http', Store>();
      const proxies: StoreProxy[] = [];
      let folder: Folder;
      let page: Server;
      beforeAll(async () => {
        for (const tls of ['http', 'private-ca', 'expired', 'wrong-name'] as const) {
          const store = await startStore({ kind, tls: tls === 'http' ? false : tls });
          stores.set(tls, store);
          await store.createBucket('lake');
        }
        page = createServer((_asked, reply) => {
          reply.writeHead(200, { 'content-type': 'text/html' });
          reply.end('<html><body>The console</body></html>');
        });
        await new Promise<void>((done) => page.listen(0, '127.0.0.1', done));
        folder = bucketProject();
        reach(folder, storeOf('http'));
        await folder.ok('build');
      });
      afterAll(async () => {
        folder.remove();
        page.close();
        for (const proxy of proxies) await proxy.close();
        for (const store of stores.values()) await store.stop();
      });

      const storeOf = (tls: CertificateKind | 'http'): Store => {
        const store = stores.get(tls);
        if (store === undefined) throw new Error(`no server of kind ${tls}`);
        return store;
      };
      const through = async (decide: (passing: Passing) => Trouble | undefined): Promise<string> => {
        const proxy = await startProxy({ target: storeOf('http').endpoint, decide });
        proxies.push(proxy);
        return proxy.endpoint;
      };
      /** The newest generation of the lake that every test is about. */
      const generation = async (): Promise<number> => {
        reach(folder, storeOf('http'));
        const { stdout } = await folder.ok('log', '--json', '--limit', '1');
        const [, newest] = /"number":(\d+)/.exec(stdout) ?? [];
        expect(newest).toBeDefined();
        return Number(newest);
      };

      it.each([
        [
          'a key that nobody has',
          'http',
          { KEY_ID: 'nobody-has-this' },
          'bad-credentials',
          /key_id and secret/,
        ],
        [
          'another secret',
          'http',
          { DBT_ENV_SECRET_KEY: 'another-secret-altogether' },
          'bad-credentials',
          /doctor/,
        ],
        ['a bucket that is not there', 'http', { BUCKET: 'nowhere' }, 'no-bucket', /buckets are not made/],
        ['a web page', 'http', { ENDPOINT: 'page' }, 'not-s3', /web page or console/],
        ['http where https is', 'private-ca', { ENDPOINT: 'http' }, 'wrong-protocol', /https:\/\//],
        ['https where http is', 'http', { ENDPOINT: 'https' }, 'wrong-protocol', /http:\/\//],
        ['a certificate that has expired', 'expired', {}, 'untrusted-certificate', /Renew/],
        ['an unknown authority', 'private-ca', { CA_FILE: '' }, 'untrusted-certificate', /ca_file/],
        ['a certificate of another name', 'wrong-name', {}, 'untrusted-certificate', /alternative names/],
      ] as const)('is told of before anything runs: %s', async (_what, tls, more, code, hint) => {
        const store = storeOf(tls);
        const given: Record<string, string> = { ...more };
        if (given['ENDPOINT'] === 'page') {
          given['ENDPOINT'] = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
        } else if (given['ENDPOINT'] !== undefined) {
          given['ENDPOINT'] = store.endpoint.replace(/^\w+/, given['ENDPOINT']);
        }
        reach(folder, store, given);
        const startedMs = Date.now();
        for (const args of [['build'], ['query', 'select * from totals']]) {
          const { code: exitCode, output } = await folder.run(...args);
          expect(output).toContain(`error[storage.${code}]`);
          expect(output).toMatch(hint);
          expect(exitCode).toBe(2);
        }
        // Nobody waits for what doesn’t pass, as for minutes otherwise; the rest is what a busy machine takes.
        expect(Date.now() - startedMs).toBeLessThan(60_000);
        const looked = await folder.run('doctor');
        expect(looked.code).toBe(1);
        expect(looked.output).toMatch(/ ERROR {2}/);
      });

      it.each([
        ['a full bucket', 'InsufficientStorage', 507, 'storage.no-space', /Free space/],
        ['a full bucket of MinIO', 'XMinioStorageFull', 507, 'storage.no-space', /Free space/],
        [
          'a bucket that is only read',
          'AccessDenied',
          403,
          'storage.no-permission',
          /lack the right to write/,
        ],
      ] as const)('leaves the catalog as it was: %s', async (_what, refused, status, code, hint) => {
        const before = await generation();
        const isOfOrders = ({ method, path }: Passing): boolean =>
          method === 'PUT' && path.includes('/orders');
        const refusal = { kind: 'refused', status, code: refused } as const;
        const all = await through(({ method }) => (method === 'PUT' ? refusal : undefined));
        reach(folder, storeOf('http'), { ENDPOINT: all });
        const failed = await folder.run('build');
        expect(failed.code).toBe(1);
        expect(failed.output).toContain(`[${code}]`);
        expect(failed.output).toMatch(hint);
        expect(failed.output).toContain('PASS=0 WARN=0 ERROR=2 SKIP=2');
        expect(failed.output).not.toContain('Published');
        expect(await folder.rows('select * from totals')).toHaveLength(1);
        expect((await folder.run('doctor')).output).toMatch(/ERROR {2}write/);
        expect(await generation()).toBe(before);

        // Where one model's place is full, the others are built and published.
        reach(folder, storeOf('http'), {
          ENDPOINT: await through((asked) => (isOfOrders(asked) ? refusal : undefined)),
        });
        const one = await folder.run('build');
        expect(one.code).toBe(1);
        expect(one.output).toContain('PASS=1 WARN=0 ERROR=1 SKIP=2');
        expect(one.output).toContain('Published');
        expect(await generation()).toBe(before + 1);
        const readonlyQuery = await folder.run('query', 'insert into events select * from orders');
        expect(readonlyQuery.code).toBe(0);
      });

      it('tells what nodes did though nothing can be published, and what was published stays', async () => {
        const before = await generation();
        const refused = { kind: 'refused', status: 403, code: 'AccessDenied' } as const;
        const endpoint = await through(({ method, path }) =>
          method === 'PUT' && path.includes('_boathouse/catalog/') ? refused : undefined,
        );
        reach(folder, storeOf('http'), { ENDPOINT: endpoint });
        const failed = await folder.run('build');
        expect(failed.code).toBe(2);
        expect(failed.output).toContain('PASS=4');
        expect(failed.output).not.toContain('Published');
        expect(failed.output).toContain('error[storage.no-permission]');
        const results = readFileSync(join(folder.path, 'target/run_results.json'), 'utf8');
        expect(JSON.parse(results)).toMatchObject({ results: { length: 4 } });
        const changed = await folder.run('query', 'insert into events select 77, 7.0');
        expect(changed.output).toContain('error[workflows.committed-unseen]');
        expect(changed.output).toContain('events.delta is changed, and is at version ');
        expect(changed.code).toBe(1);
        expect(await generation()).toBe(before);
      });

      it('leaves the catalog as it was when the store goes away in the middle', async () => {
        const before = await generation();
        const proxy = await startProxy({
          target: storeOf('http').endpoint,
          decide: ({ method, path }) => {
            if (method === 'PUT' && path.includes('/events.delta/')) proxy.cut();
            return undefined;
          },
        });
        proxies.push(proxy);
        reach(folder, storeOf('http'), { ENDPOINT: proxy.endpoint });
        const failed = await folder.run('build');
        expect(failed.code).toBe(2);
        expect(failed.output).toMatch(/ERROR +incremental main\.events/);
        expect(failed.output).toMatch(/SKIP +view +main\.totals/);
        expect(failed.output).toContain('error[storage.unreachable]');
        expect(failed.output).toMatch(/What was committed before is safe/);
        expect(await generation()).toBe(before);
      });

      it.each([
        ['a file', 's3://lake/none.parquet'],
        ['a pattern', 's3://lake/none/**/*.parquet'],
      ])('%s that is not there is told as that', async (_what, place) => {
        reach(folder, storeOf('http'));
        const { code, output } = await folder.run('query', `select * from read_parquet('${place}')`);
        expect(output).toContain(`error[tables.no-files]: no file matches ${place}`);
        expect(code).toBe(1);
        // A text that is compared is no file.
        expect(await folder.rows(`select 'x' is distinct from '${place}' as differs`)).toEqual([
          { differs: true },
        ]);
      });

      it('a clock an hour off is corrected', async () => {
        folder.put({
          'clock.mjs': `const now = Date.now, Real = Date;
globalThis.Date = class extends Real {
  constructor(...given) { given.length === 0 ? super(now() - 3_600_000) : super(...given); }
  static now() { return now() - 3_600_000; }
};`,
        });
        const before = await generation();
        reach(folder, storeOf('http'), { NODE_OPTIONS: `--import ${folder.path}/clock.mjs` });
        const { output } = await folder.ok('build');
        expect(output).toContain('PASS=4');
        expect(await folder.rows('select n from alone')).toEqual([{ n: 7 }]);
        const looked = await folder.run('doctor');
        expect(looked.output).toMatch(/ERROR {2}clock .*60 minutes apart/);
        expect(looked.output).toMatch(/timedatectl/);
        delete folder.env['NODE_OPTIONS'];
        expect(await generation()).toBe(before + 1);
      });

      it('a proxy that cuts replies at a megabyte is got round', async () => {
        const large = 'select i as id, md5(i::text) as text from range(300000) t(i)';
        reach(folder, storeOf('http'));
        folder.put({ 'models/large.sql': `{{ config(materialized='external') }} ${large}` });
        await folder.ok('build', '--select', 'large');
        reach(folder, storeOf('http'), {
          ENDPOINT: await through(() => ({ kind: 'cut', bytes: 1_000_000 })),
          BOATHOUSE_CACHE_DIR: `${folder.path}/cache-of-proxy`,
        });
        const [row] = await folder.rows('select count(*) as n, count(distinct text) as texts from large');
        expect(row).toEqual({ n: 300000, texts: 300000 });
        await folder.ok('build', '--select', 'large');
      });

      it('what is replaced while it is read is never mixed', async () => {
        const storage = openStorage('s3://lake', storeOf('http').options);
        const rows = (word: string): Uint8Array =>
          new TextEncoder().encode(`word\n${`${word.repeat(15)}\n`.repeat(450_000)}`);
        await storage.put('in/words.csv', rows('old'));
        let replacing: Promise<void> | undefined;
        let ranges = 0;
        const endpoint = await through(({ method, path }) => {
          if (method !== 'GET' || !path.includes('words.csv')) return undefined;
          ranges += 1;
          // The first range is of the old one; the second has to wait until that is gone.
          if (ranges === 1) return undefined;
          replacing ??= storage.put('in/words.csv', rows('new'));
          return { kind: 'late', ms: 1500 };
        });
        reach(folder, storeOf('http'), { ENDPOINT: endpoint });
        const words = "select distinct word from read_csv('s3://lake/in/words.csv')";
        const mixed = await folder.run('query', words);
        await replacing;
        expect(mixed.output).toContain('error[storage.changed]');
        expect(mixed.output).toMatch(/Run the command again/);
        expect(mixed.code).toBe(2);
        reach(folder, storeOf('http'));
        expect(await folder.rows(words)).toEqual([{ word: 'new'.repeat(15) }]);
      });

      it('works with an expired certificate where that is asked for, and warns each run', async () => {
        const asked = { VERIFY: 'false', CA_FILE: '' };
        reach(folder, storeOf('expired'), asked);
        for (let time = 1; time <= 2; time += 1) {
          const { output } = await folder.ok('build');
          expect(output.match(/warning\[storage\.unverified-tls\]/g)).toHaveLength(1);
          expect(output).toMatch(/not verified, as asked/);
        }
        const read = await folder.ok('query', 'select * from totals');
        expect(read.stderr).toContain('warning[storage.unverified-tls]');
        const looked = await folder.ok('doctor');
        expect(looked.output).toContain('NOT VERIFIED, as asked');
      });

      it.skipIf(kind === 'minio')('another region is found out, and told', async () => {
        reach(folder, storeOf('http'), { REGION: 'eu-west-9' });
        const { output } = await folder.ok('build', '--select', 'alone');
        expect(output).toMatch(/warning\[storage\.wrong-region\]: .* us-east-1, not in eu-west-9/);
        expect((await folder.run('doctor')).output).toMatch(/bucket .*us-east-1, not in eu-west-9/);
      });

      it.skipIf(kind === 'minio')('an object in the way of another is told as that', async () => {
        const storage = openStorage('s3://lake', storeOf('http').options);
        await storage.put('taken', new TextEncoder().encode('x'));
        await expect(storage.put('taken/x', new TextEncoder().encode('y'))).rejects.toMatchObject({
          code: 'storage.key-in-the-way',
          hint: expect.stringContaining('a/b/c'),
        });
      });
    },
  );
}
