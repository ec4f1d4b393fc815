/** A store that makes an object whether or not one is there: found out by racing, and refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import aws4 from 'aws4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onStorageWarning, openStorage, type StorageOptions } from '../../src/storage/index.ts';
import { forgetVerdicts } from '../../src/storage/s3/index.ts';
import { writeDelta } from '../../src/tables/index.ts';
import { type ProxyOptions, type StoreProxy, startProxy } from './proxy.ts';
import { type Store, startStore, storeReason } from './server.ts';

for (const kind of ['versitygw', 'minio'] as const) {
  const reason = storeReason(kind);
  describe.skipIf(reason !== undefined)(
    `a store that ignores If-None-Match, made of ${kind}${reason ? ` (${reason})` : ''}`,
    () => {
      let store: Store;
      let proxy: StoreProxy;
      let change: NonNullable<ProxyOptions['change']>;
      let options: StorageOptions;
      let folder: string;
      const cache = process.env['BOATHOUSE_CACHE_DIR'];
      beforeAll(async () => {
        store = await startStore({ kind });
        await store.createBucket('careless');
        // The condition is signed, so what is left is signed anew.
        change = (headers, { method, path }) => {
          if (headers['if-none-match'] === undefined) return headers;
          const { 'if-none-match': _ignored, authorization: _signature, ...rest } = headers;
          const { accessKeyId, secretAccessKey, region } = store;
          const asked = { service: 's3', region, method, path, headers: rest };
          return aws4.sign(asked, { accessKeyId, secretAccessKey }).headers ?? {};
        };
        proxy = await startProxy({ target: store.endpoint, change });
        options = { ...store.options, AWS_ENDPOINT_URL: proxy.endpoint };
        folder = mkdtempSync(join(tmpdir(), 'boathouse-careless-'));
        process.env['BOATHOUSE_CACHE_DIR'] = folder;
        forgetVerdicts();
      });
      afterAll(async () => {
        if (cache === undefined) delete process.env['BOATHOUSE_CACHE_DIR'];
        else process.env['BOATHOUSE_CACHE_DIR'] = cache;
        await proxy?.close();
        await store?.stop();
        if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      });

      it('is refused before anything is committed', async () => {
        const storage = openStorage('s3://careless/a', options);
        const create = storage.putIfAbsent('x', new TextEncoder().encode('one'));
        await expect(create).rejects.toMatchObject({ code: 'storage.no-conditional-create' });
        expect(await storage.stat('x')).toBeUndefined();
        const writing = writeDelta('s3://careless/table', [{ n: 1 }], { storageOptions: options });
        await expect(writing).rejects.toMatchObject({ code: 'storage.no-conditional-create' });
        const there: string[] = [];
        const table = openStorage('s3://careless/table', options);
        for await (const { path } of table.list('_delta_log/')) there.push(path);
        expect(there).toEqual([]);
      });

      it.each(['AWS_S3_ALLOW_UNSAFE_RENAME', 'aws_s3_allow_unsafe_rename', 'single_writer'])(
        'is used for one writer when that is asked for by %s',
        async (name) => {
          const storage = openStorage(`s3://careless/${name}`, { ...options, [name]: 'true' });
          const bytes = new TextEncoder().encode('one');
          expect(await storage.putIfAbsent('x', bytes)).toEqual({ kind: 'created' });
          expect(await storage.putIfAbsent('x', bytes)).toEqual({ kind: 'taken' });
        },
      );

      it('is warned of in every run that relies on one writer, and in no other', async () => {
        // A way of its own to the store, of which nothing was told yet.
        const other = await startProxy({ target: store.endpoint, change });
        const warned: string[] = [];
        const forget = onStorageWarning((code, message) => warned.push(`${code}: ${message}`));
        try {
          const asked = {
            ...options,
            AWS_ENDPOINT_URL: other.endpoint,
            AWS_S3_ALLOW_UNSAFE_RENAME: 'true',
          };
          for (const table of ['one', 'two']) {
            await writeDelta(`s3://careless/warned/${table}`, [{ n: 1 }], { storageOptions: asked });
          }
          expect(warned).toHaveLength(1);
          expect(warned[0]).toMatch(/^storage\.single-writer: .*AWS_S3_ALLOW_UNSAFE_RENAME.*one writer/);
          expect(warned[0]).toContain(other.endpoint);
          expect(warned[0]).not.toContain(store.secretAccessKey);
          // A store that honours the condition needs no warning, asked for or not.
          const careful = { ...store.options, AWS_S3_ALLOW_UNSAFE_RENAME: 'true' };
          await writeDelta('s3://careless/warned/three', [{ n: 1 }], { storageOptions: careful });
          expect(warned).toHaveLength(1);
        } finally {
          forget();
          await other.close();
        }
      });

      it('is taken when it honours the condition again', async () => {
        const storage = openStorage('s3://careless/c', store.options);
        expect(await storage.putIfAbsent('x', new TextEncoder().encode('one'))).toEqual({ kind: 'created' });
      });
    },
  );
}
