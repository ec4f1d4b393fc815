/** The layered pipeline with everything in a bucket, beside the same in a folder, and beside dbt-duckdb on the same store. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasStore, httpfsFolder, withBucket } from '../bucket.mjs';
import { boathouse, peer, same, show } from '../compare.mjs';
import { measure } from '../measure.mjs';
import { ours } from '../processes.mjs';
import { plain, tradesTo, writeProject } from './trades.mjs';

export const title = 'trades through bronze, silver and gold, in a bucket';

export async function run({ folder, quick }) {
  const kind = quick || !hasStore('minio') ? 'versitygw' : 'minio';
  if (!hasStore(kind)) return;
  await withBucket(kind, (bucket) => trades(kind, folder, bucket, quick));
}

async function trades(kind, folder, bucket, quick) {
  const [node, main] = boathouse;
  const rows = quick ? 50_000 : 2_000_000;
  const file = join(folder, 'bucket-trades.parquet');
  await plain([tradesTo(file, rows)]);
  await ours(
    `await boathouse.openStorage('s3://bench/landing', input.options).put('trades.parquet', readFileSync(input.file));`,
    { file, options: bucket.options },
    { library: bucket.library },
  );

  const local = project(folder, 'local');
  writeProject(local, { landing: file });
  const atHome = await measure(node, [main, 'build', '--profiles-dir', '.'], { cwd: local });

  const { options } = bucket;
  const secret = `secrets: [{type: s3, key_id: ${options.AWS_ACCESS_KEY_ID}, secret: ${options.AWS_SECRET_ACCESS_KEY}, region: us-east-1, endpoint: '${bucket.endpoint.replace('http://', '')}', url_style: path, use_ssl: false}]`;
  const landing = 's3://bench/landing/{name}.parquet';
  const remote = project(folder, 'remote');
  writeProject(remote, {
    landing,
    place: 's3://bench/lake',
    profile: `path: s3://bench/catalog.duckdb\n      ${secret}`,
  });
  const env = bucket.freshCache();
  const build = () => measure(node, [main, 'build', '--profiles-dir', '.'], { cwd: remote, env });
  const first = await build();
  const again = await build();
  const { parts } = await ours(
    `const paths = [];
     for await (const { path } of boathouse.openStorage('s3://bench/lake', input).list('')) paths.push(path);
     return { parts: paths.filter((path) => path.endsWith('.parquet') && !path.includes('_boathouse')).length };`,
    options,
    { library: bucket.library },
  );
  same('parquet files at their locations', parts, 5);

  let theirs;
  const dbt = quick ? undefined : peer('dbt');
  const extensions = dbt && httpfsFolder(folder);
  if (dbt && extensions && existsSync(extensions)) {
    const own = project(folder, 'by-dbt');
    writeProject(own, {
      landing,
      place: 's3://bench/by-dbt',
      profile: `path: catalog.duckdb\n      extensions: [httpfs]\n      config_options: {extension_directory: '${extensions}'}\n      ${secret}`,
    });
    theirs = await measure(dbt, ['build', '--profiles-dir', '.'], { cwd: own });
  }
  console.log(
    `  on ${kind}: wall ${first.wallS.toFixed(2)} s, again ${again.wallS.toFixed(2)} s; in a folder ${atHome.wallS.toFixed(2)} s: ${(first.wallS / atHome.wallS).toFixed(2)}× and ${(again.wallS / atHome.wallS).toFixed(2)}× of it (goal ≤ 1.5×)`,
  );
  show('build in the bucket, CPU', first.cpuS, theirs?.cpuS, 's');
  show('build in the bucket, wall', first.wallS, theirs?.wallS, 's');
}

function project(folder, name) {
  const path = join(folder, `bucket-trades-${name}`);
  mkdirSync(path, { recursive: true });
  return path;
}
