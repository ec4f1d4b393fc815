/** A bucket with very many objects is listed as a stream: memory doesn't grow with their number. */
import { mkdirSync, writeFileSync } from 'node:fs';
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
  const perFolder = 1000;
  for (let n = 0; n < count; n += perFolder) {
    const folder = join(data, 'bench', 'many', `day=${String(n / perFolder).padStart(5, '0')}`);
    mkdirSync(folder, { recursive: true });
    for (let i = 0; i < perFolder; i += 1) writeFileSync(join(folder, `part-${i}.parquet`), 'x');
  }
  const found = await ours(
    `const storage = boathouse.openStorage('s3://bench/many', input);
     const before = boathouse.requestCounts();
     let objects = 0;
     let heapMiB = 0;
     await meter(async () => {
       for await (const _ of storage.list('')) {
         objects += 1;
         if (objects % 5000 !== 0) continue;
         globalThis.gc();
         heapMiB = Math.max(heapMiB, process.memoryUsage().heapUsed / 2 ** 20);
       }
     });
     return { objects, listings: boathouse.requestsSince(before).requests.LIST, heapMaxMiB: heapMiB };`,
    options,
    { library, env: freshCache() },
  );
  same('objects', found.objects, count);
  budget('LISTs', found.listings, count / 1000 + 1);
  budget('MiB on the heap while they pass', Math.ceil(found.heapMaxMiB), 60);
  console.log(`  ${count} objects in ${found.wallS.toFixed(2)} s, ${found.cpuS.toFixed(2)} CPU s of ours`);
}
