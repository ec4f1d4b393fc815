/** Opening a table in a bucket with a long log: on a machine that has never seen it, and on one that has. */
import { join } from 'node:path';
import { hasStore, withBucket } from '../bucket.mjs';
import { budget, same, sideBySide } from '../compare.mjs';
import { deltaRs, ours } from '../processes.mjs';
import { writeLog } from './table-snapshots.mjs';

export const title = 'snapshots of long logs in a bucket';

export async function run({ folder, quick }) {
  for (const kind of quick ? ['versitygw'] : ['versitygw', 'minio']) {
    if (!hasStore(kind)) continue;
    await withBucket(kind, (bucket) => snapshots(kind, folder, bucket, quick));
  }
}

async function snapshots(kind, folder, { options, library, freshCache }, quick) {
  const commits = quick ? 200 : 1000;
  const local = join(folder, `bucket-log-${kind}`);
  writeLog(local, commits);
  const uploader = { library, env: { BOATHOUSE_CACHE: 'off' } };
  await ours(
    `const { readdir, readFile } = await import('node:fs/promises');
     const storage = boathouse.openStorage(input.table, input.options);
     const names = (await readdir(input.local + '/_delta_log')).filter((name) => name.endsWith('.json'));
     for (let i = 0; i < names.length; i += 16) {
       await Promise.all(names.slice(i, i + 16).map(async (name) =>
         storage.put('_delta_log/' + name, await readFile(input.local + '/_delta_log/' + name))));
     }
     // Opened before anything is measured: loading an engine is a cost of the process, on both sides.
     await boathouse.writeDelta(input.first, [{ a: 1 }], { storageOptions: input.options });`,
    { table: 's3://bench/log', first: 's3://bench/first', local, options },
    uploader,
  );
  const env = freshCache();
  const open = () =>
    ours(
      `const storageOptions = input.options;
       await boathouse.DeltaTable.open(input.first, { storageOptions });
       const before = boathouse.requestCounts();
       const table = await meter(() => boathouse.DeltaTable.open(input.table, { storageOptions }));
       const { requests } = boathouse.requestsSince(before);
       await boathouse.backgroundDone(10_000);
       return { version: table.version, files: table.files().length, requests };`,
      { table: 's3://bench/log', first: 's3://bench/first', options },
      { library, env },
    );
  const cold = await open();
  const warm = await open();
  same('live files', cold.files, commits);
  budget('LISTs to open', cold.requests.LIST, Math.ceil(commits / 1000) + 1);
  budget('GETs to open', cold.requests.GET, commits + 1);
  budget('GETs to open again', warm.requests.GET, 1);
  const theirs = quick
    ? undefined
    : await deltaRs(
        `options = given["options"]
DeltaTable(given["first"], storage_options=options)
meter(lambda: DeltaTable(given["table"], storage_options=options))`,
        { table: 's3://bench/log', first: 's3://bench/first', options },
      );
  sideBySide(`${commits} commits on ${kind}, never seen before`, cold, theirs, 'wall ≤ 0.5×');
  sideBySide(`${commits} commits on ${kind}, seen before`, warm, theirs, 'wall ≤ 0.5×');
}
