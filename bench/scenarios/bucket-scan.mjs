/** The same question of files in a bucket again and again, each time by a new process: our cache beside httpfs alone. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasStore, httpfsFolder, overGigabit, withBucket } from '../bucket.mjs';
import { budget, peer, same } from '../compare.mjs';
import { measure } from '../measure.mjs';
import { ours } from '../processes.mjs';
import { wideRows } from '../rows.mjs';

export const title = 'a repeated scan of a table in a bucket';

export async function run({ folder, quick }) {
  if (!hasStore('versitygw')) return;
  await withBucket('versitygw', (bucket) => scans(folder, bucket, quick));
}

async function scans(folder, bucket, quick) {
  const { options, library } = bucket;
  const rows = quick ? 20_000 : 5_000_000;
  await ours(
    `await boathouse.writeDelta('s3://bench/scanned', { sql: input.rows }, { storageOptions: input.options });`,
    { rows: wideRows(rows), options },
    { library, env: { BOATHOUSE_CACHE: 'off' } },
  );
  await scan(folder, bucket, 'on this machine', rows, quick);
  if (quick) return;
  await overGigabit(Number(new URL(bucket.endpoint).port), async (port) => {
    const endpoint = `http://127.0.0.1:${port}`;
    const there = { ...bucket, endpoint, options: { ...options, AWS_ENDPOINT_URL: endpoint } };
    await scan(folder, there, 'over a gigabit', rows, quick);
  });
}

async function scan(folder, bucket, where, rows, quick) {
  const { options, library } = bucket;
  const env = bucket.freshCache();
  const home = join(folder, `bucket-scan-${where.replaceAll(' ', '-')}`);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'dbt_project.yml'), 'name: scan\nversion: "1.0"\nprofile: scan\n');
  writeFileSync(
    join(home, 'profiles.yml'),
    `scan:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: scan.duckdb\n      lakehouse:\n        storage_options: ${JSON.stringify(options)}\n`,
  );
  const question = 'count(*)::bigint as n, sum(quantity)::bigint as quantity, max(token) as token';
  const ask = () =>
    ours(
      `const sql = "select ${question} from delta_scan('s3://bench/scanned')";
       const before = boathouse.requestCounts();
       const found = await meter(() => boathouse.query({ projectDir: input.home, env: {}, sql }));
       const { requests, bytes } = boathouse.requestsSince(before);
       await boathouse.backgroundDone(10_000);
       return { row: found.rows[0].map(({ text }) => text), requests, bytes };`,
      { home },
      { library, env },
    );
  const first = await ask();
  const again = await ask();
  same('rows', Number(again.row[0]), rows);
  budget('bytes from the store for the second scan', again.bytes, 20_000);
  const theirs = quick ? undefined : await byHttpfs(folder, bucket, question);
  const httpfs = theirs
    ? `; httpfs alone ${theirs.wallS.toFixed(3)} s: ${(theirs.wallS / again.wallS).toFixed(1)}× (goal ≥ 3×), CPU ${again.cpuS.toFixed(2)} s beside ${theirs.cpuS.toFixed(2)} s`
    : '';
  console.log(
    `  store ${where}: first scan ${first.wallS.toFixed(3)} s, with the cache ${again.wallS.toFixed(3)} s${httpfs}`,
  );
}

/** The same by DuckDB for Python over the table's Parquet files. */
async function byHttpfs(folder, { endpoint, options }, question) {
  const python = peer('python');
  const extensions = python && httpfsFolder(folder);
  if (!extensions) return undefined;
  const program = `
import duckdb, json, time
c = duckdb.connect(config={"extension_directory": "${extensions}"})
c.execute("load httpfs")
c.execute("set enable_progress_bar = false")
c.execute("create secret (type s3, key_id '${options.AWS_ACCESS_KEY_ID}', secret '${options.AWS_SECRET_ACCESS_KEY}', region 'us-east-1', endpoint '${endpoint.replace('http://', '')}', url_style 'path', use_ssl false)")
cpu, start = time.process_time(), time.perf_counter()
c.execute("select ${question} from read_parquet('s3://bench/scanned/*.parquet')").fetchall()
print(json.dumps({"wallS": time.perf_counter() - start, "cpuS": time.process_time() - cpu}))`;
  await measure(python, ['-c', program]);
  const { stdout } = await measure(python, ['-c', program]);
  return JSON.parse(stdout.trim());
}
