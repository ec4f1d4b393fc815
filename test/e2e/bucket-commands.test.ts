/** What the commands do with a lake in a bucket, beside building it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStorage } from '../../src/storage/index.ts';
import { longReason, type Store, type StoreKind, startStore, storeReason } from '../stores/server.ts';
import { bucketProject, reach } from './bucket-project.ts';
import type { Folder } from './command.ts';

const kinds: readonly StoreKind[] = ['versitygw', 'minio'];

for (const kind of kinds) {
  const reason = kind === 'minio' ? longReason(kind) : storeReason(kind);
  describe.skipIf(reason !== undefined)(
    `commands on a bucket of ${kind}${reason === undefined ? '' : ` (skipped: ${reason})`}`,
    () => {
      let store: Store;
      const folders: Folder[] = [];
      beforeAll(async () => {
        store = await startStore({ kind, tls: 'private-ca' });
      });
      afterAll(async () => {
        for (const folder of folders) folder.remove();
        await store.stop();
      });
      let made = 0;
      /** The project in a bucket of its own. */
      const projectIn = async (
        files: Readonly<Record<string, string>> = {},
        more: Readonly<Record<string, string>> = {},
      ): Promise<Folder> => {
        made += 1;
        const bucket = `lake-${made}`;
        await store.createBucket(bucket);
        const folder = bucketProject(files);
        folders.push(folder);
        reach(folder, store, { BUCKET: bucket, ...more });
        return folder;
      };
      const bucketOf = (folder: Folder): string => folder.env['BUCKET'] ?? '';
      const storageOf = (folder: Folder) => openStorage(`s3://${bucketOf(folder)}`, store.options);

      it('a run of one model leaves the views of the others as they were', async () => {
        const folder = await projectIn();
        await folder.ok('build');
        await folder.ok('build');
        const { output } = await folder.ok('build', '--select', 'alone');
        expect(output).toContain(`Published s3://${bucketOf(folder)}/catalog.duckdb (1 relation changed)`);
        expect(output).not.toContain('warning');
        const file = new TextDecoder('latin1').decode(await storageOf(folder).read('catalog.duckdb'));
        expect(file).toContain(`s3://${bucketOf(folder)}/events.delta/`);
        expect(file).not.toContain('/mounts/');
        expect(await folder.rows('select * from totals')).toEqual([{ total: 21 }]);
      });
    },
  );
}
