/** The promises of storage, kept on real servers. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeStorageContract } from '../../src/storage/contract.ts';
import { openStorage } from '../../src/storage/index.ts';
import { type Store, startStore, storeReason } from './server.ts';

for (const kind of ['versitygw', 'minio'] as const) {
  for (const tls of [false, 'private-ca'] as const) {
    const reason = storeReason(kind);
    describe.skipIf(reason !== undefined)(
      `${kind} by ${tls ? 'https' : 'http'}${reason ? ` (${reason})` : ''}`,
      () => {
        let store: Store;
        beforeAll(async () => {
          store = await startStore({ kind, tls });
          await store.createBucket('contract');
        });
        afterAll(() => store?.stop());

        describeStorageContract(`S3Storage`, async () => ({
          storage: openStorage(`s3://contract/${randomUUID()}`, store.options),
          dispose: async () => undefined,
        }));
      },
    );
  }
}
