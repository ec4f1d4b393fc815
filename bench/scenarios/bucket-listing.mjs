/** A bucket with very many objects is listed as a stream, also by a vacuum of their table: memory is bounded. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasStore, withBucket } from '../bucket.mjs';
import { budget, same } from '../compare.mjs';
import { ours } from '../processes.mjs';

export const title = 'a listing of very many objects';

export async function run({ quick }) {
  if (!hasStore('versitygw')) return;
  await withBucket('versitygw', (bucket) => listing(bucket, quick ? 5_000 : 200_000));
}

async function listing({ data, options, library, freshCache }, count) {
  // The server keeps objects as files, so they needn't be sent.
  const table = join(data, 'bench', 'many');
  const perFolder = 1000;
  const adds = [];
  for (let n = 0; n < count; n += perFolder) {
    const day = `day=${String(n / perFolder).padStart(5, '0')}`;
    mkdirSync(join(table, day), { recursive: true });
    for (let i = 0; i < perFolder; i += 1) {
      const path = `${day}/part-${i}.parquet`;
      writeFileSync(join(table, path), 'x');
      adds.push(add(path, day.slice(4)));
    }
  }
  const found = await ours(
    `${sampled}
     const storage = boathouse.openStorage('s3://bench/many', input);
     const before = boathouse.requestCounts();
     let objects = 0;
     await meter(async () => {
       for await (const _ of storage.list('')) {
         objects += 1;
         if (objects % 5000 === 0) sample();
       }
     });
     return { objects, listings: boathouse.requestsSince(before).requests.LIST, heapMaxMiB };`,
    options,
    { library, env: freshCache() },
  );
  same('objects', found.objects, count);
  budget('LISTs', found.listings, count / 1000 + 1);
  budget('MiB on the heap while they pass', Math.ceil(found.heapMaxMiB), 30);
  console.log(`  ${count} objects in ${found.wallS.toFixed(2)} s, ${found.cpuS.toFixed(2)} CPU s of ours`);
  await vacuum(table, adds, { options, library, env: freshCache() });
}

/** All of them live in a table but for a few, which a vacuum finds. */
async function vacuum(table, adds, { options, library, env }) {
  const garbage = 1200;
  for (let i = 0; i < garbage; i += 1) {
    const path = join(table, `day=00000/old-${i}.parquet`);
    writeFileSync(path, 'x');
    utimesSync(path, 1_600_000_000, 1_600_000_000);
  }
  mkdirSync(join(table, '_delta_log'));
  writeFileSync(join(table, '_delta_log', `${'0'.padStart(20, '0')}.json`), [...head, ...adds].join('\n'));
  const input = { options, table: 's3://bench/many' };
  // As such a table is found: with a checkpoint.
  await ours(
    `const table = await boathouse.DeltaTable.open(input.table, { storageOptions: input.options });
     await table.checkpoint();`,
    input,
    { library, env },
  );
  const done = await ours(
    `${sampled}
     const table = await boathouse.DeltaTable.open(input.table, { storageOptions: input.options });
     const timer = setInterval(sample, 300);
     const before = boathouse.requestCounts();
     const result = await meter(() => table.vacuum({ retentionHours: 0, enforceRetention: false }));
     clearInterval(timer);
     const { requests } = boathouse.requestsSince(before);
     return { deleted: result.files.length, requests, heapMaxMiB };`,
    input,
    { library, env },
  );
  same('files deleted', done.deleted, garbage);
  budget('LISTs of the vacuum', done.requests.LIST, adds.length / 1000 + 20);
  budget('DELETEs', done.requests.DELETE, Math.ceil(garbage / 500) + 1);
  budget('MiB on the heap of the vacuum', Math.ceil(done.heapMaxMiB), 45);
  console.log(
    `  vacuum beside ${adds.length} live files in ${done.wallS.toFixed(2)} s, ${done.cpuS.toFixed(2)} CPU s, heap ${done.heapMaxMiB.toFixed(0)} MiB, peak ${done.peakMiB.toFixed(0)} MiB; requests ${JSON.stringify(done.requests)}`,
  );
}

/** The heap that is in use, looked at now and then. */
const sampled = `
     let heapMaxMiB = 0;
     const sample = () => {
       globalThis.gc();
       heapMaxMiB = Math.max(heapMaxMiB, process.memoryUsage().heapUsed / 2 ** 20);
     };`;

const head = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      id: 'e7a3c1d2-5b0f-4a55-9d0c-6f1f0f5d9e21',
      format: { provider: 'parquet', options: {} },
      schemaString: JSON.stringify({
        type: 'struct',
        fields: ['id', 'day'].map((name) => ({ name, type: 'string', nullable: true, metadata: {} })),
      }),
      partitionColumns: ['day'],
      configuration: {},
      createdTime: 0,
    },
  },
].map((action) => JSON.stringify(action));

const add = (path, day) =>
  JSON.stringify({
    add: {
      path,
      partitionValues: { day },
      size: 1,
      modificationTime: 0,
      dataChange: true,
      stats: '{"numRecords":1}',
    },
  });
