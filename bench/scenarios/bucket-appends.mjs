/** A hundred small appends to a table in a bucket, on an open table: requests counted, time beside delta-rs. */
import { hasStore, withBucket } from '../bucket.mjs';
import { budget, same, sideBySide } from '../compare.mjs';
import { deltaRs, ours } from '../processes.mjs';
import { wideRows } from '../rows.mjs';

export const title = 'small appends to a table in a bucket';

const p50 = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];

export async function run({ quick }) {
  for (const kind of quick ? ['versitygw'] : ['versitygw', 'minio']) {
    if (!hasStore(kind)) continue;
    await withBucket(kind, (bucket) => appends(kind, bucket, quick));
  }
}

async function appends(kind, { options, library, freshCache }, quick) {
  const count = quick ? 20 : 100;
  const mine = await ours(
    `const storageOptions = input.options;
     await boathouse.writeDelta(input.table, { sql: input.rows }, { storageOptions });
     const table = await boathouse.DeltaTable.open(input.table, { storageOptions });
     const times = [];
     const before = boathouse.requestCounts();
     await meter(async () => {
       for (let i = 0; i < input.count; i += 1) {
         const start = performance.now();
         await table.append({ sql: input.rows });
         times.push(performance.now() - start);
       }
     });
     const { requests, total } = boathouse.requestsSince(before);
     const after = await boathouse.DeltaTable.open(input.table, { storageOptions });
     return { times, requests, total, version: after.version, files: after.files().length };`,
    { table: 's3://bench/appends', rows: wideRows(1000), count, options },
    { library, env: freshCache() },
  );
  same('commits', mine.version, count);
  same('files', mine.files, count + 1);
  // A data file and a commit each; every tenth brings a checkpoint, which is three objects.
  budget('PUTs', mine.requests.PUT + mine.requests.MULTIPART, 2 * count + 3 * Math.ceil(count / 10));
  budget('GETs, HEADs and LISTs', mine.requests.GET + mine.requests.HEAD + mine.requests.LIST, 2 * count);
  const theirs = quick
    ? undefined
    : await deltaRs(
        `import duckdb
rows = duckdb.sql(given["rows"]).to_arrow_table()
options = given["options"]
write_deltalake(given["table"], rows, storage_options=options)
table = DeltaTable(given["table"], storage_options=options)
times = []
def work():
    for _ in range(given["count"]):
        start = time.perf_counter()
        write_deltalake(table, rows, mode="append")
        times.append((time.perf_counter() - start) * 1000)
meter(work)
result["times"] = times`,
        { table: 's3://bench/appends-by-delta-rs', rows: wideRows(1000), count, options },
      );
  sideBySide(`${count} appends of 1,000 rows on ${kind}`, mine, theirs, 'wall ≤ 0.5×');
  console.log(
    `  p50 of one append: ${p50(mine.times).toFixed(1)} ms${theirs ? `, delta-rs ${p50(theirs.times).toFixed(1)} ms` : ''}; requests ${JSON.stringify(mine.requests)}`,
  );
}
