/**
 * A bucket to measure on: a real S3 server on the loopback, and Boathouse bundled with what only its own
 * layers see, so that requests can be counted.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import aws4 from 'aws4';
import { build } from 'esbuild';
import { directImports } from '../scripts/direct-imports.mjs';
import { peer } from './compare.mjs';

const root = resolve(import.meta.dirname, '..');
const stores = process.env.BOATHOUSE_STORES ?? join(root, '.cache/stores');
const keys = { accessKeyId: 'boathouse-bench', secretAccessKey: 'boathouse-bench-secret' };

/** Whether a server of that kind stands here; says so where it doesn't. */
export function hasStore(kind) {
  if (existsSync(join(stores, kind))) return true;
  const how = kind === 'minio' ? 'node scripts/stores.mjs --minio' : 'node scripts/stores.mjs';
  console.log(`  ${kind}: not built, so nothing is measured on it (${how} builds it)`);
  return false;
}

/**
 * Calls `work` with a server that has one bucket, `bench`, and ends the server.
 *
 * `work` gets `options`, which deltalake takes too, the `endpoint`, the folder of the server's objects
 * and `library`, to be handed to `ours`.
 */
export async function withBucket(kind, work) {
  const folder = mkdtempSync(join(tmpdir(), 'boathouse-bench-bucket-'));
  const data = join(folder, 'data');
  mkdirSync(data);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const { accessKeyId, secretAccessKey } = keys;
  const args =
    kind === 'versitygw'
      ? [
          ...['--port', address, '--access', accessKeyId, '--secret', secretAccessKey],
          ...['--region', 'us-east-1', '--quiet', '--keep-alive', 'posix', data],
        ]
      : ['server', data, '--address', address, '--quiet', '--anonymous'];
  const server = spawn(join(stores, kind), args, {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      MINIO_ROOT_USER: accessKeyId,
      MINIO_ROOT_PASSWORD: secretAccessKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
    },
  });
  const bundled = await bundle();
  try {
    await createBucket(port, 'bench');
    const endpoint = `http://${address}`;
    await work({
      endpoint,
      data,
      options: {
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_REGION: 'us-east-1',
        AWS_ALLOW_HTTP: 'true',
      },
      library: bundled.library,
      /** A cache of its own: what nothing is in yet. */
      freshCache: () => ({ BOATHOUSE_CACHE_DIR: mkdtempSync(join(folder, 'cache-')) }),
    });
  } finally {
    const ended = new Promise((done) => server.once('exit', done));
    if (server.exitCode === null && server.kill('SIGTERM')) await ended;
    rmSync(folder, { recursive: true, force: true });
    bundled.remove();
  }
}

/** The library and the storage layer, two folders down, where they find the package and its dependencies. */
async function bundle() {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache/bench-'));
  await build({
    stdin: {
      contents: `export * from './src/index.ts'; export { openStorage, requestCounts, requestsSince } from './src/storage/index.ts'; export { backgroundDone } from './src/base/index.ts';`,
      resolveDir: root,
      loader: 'ts',
    },
    outdir: folder,
    entryNames: 'library',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    plugins: [directImports(join(root, 'src'))],
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
  });
  return {
    library: pathToFileURL(join(folder, 'library.mjs')).href,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * Calls `work` with the port of a way to `port` that is as wide and as long as a network of a gigabit: what is on
 * this machine is at hand in no time, which no store elsewhere is.
 */
export async function overGigabit(port, work) {
  const way = spawn(process.execPath, ['--input-type=module', '-e', gigabit, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => way.once('exit', done));
  try {
    return await work(Number(await new Promise((done) => way.stdout.once('data', done))));
  } finally {
    way.kill('SIGTERM');
    await ended;
  }
}

/** 125 MB a second for each direction, and a quarter of a millisecond each way. */
const gigabit = `
import { connect, createServer } from 'node:net';
const bytesPerMs = 125_000;
const latencyMs = 0.25;
function direction() {
  let free = 0;
  return (from, to) => {
    const waiting = [];
    let heldBytes = 0;
    const pump = () => {
      while (waiting.length > 0 && waiting[0].atMs <= performance.now()) {
        const { data } = waiting.shift();
        heldBytes -= data.length;
        to.write(data);
      }
      if (heldBytes < 1_000_000) from.resume();
      if (waiting.length > 0) setTimeout(pump, Math.max(0, waiting[0].atMs - performance.now()));
    };
    from.on('data', (data) => {
      free = Math.max(free, performance.now()) + data.length / bytesPerMs;
      waiting.push({ data, atMs: free + latencyMs });
      heldBytes += data.length;
      if (heldBytes >= 1_000_000) from.pause();
      if (waiting.length === 1) setTimeout(pump, Math.max(0, waiting[0].atMs - performance.now()));
    });
    from.on('close', () => setTimeout(() => to.destroy(), 50));
    from.on('error', () => to.destroy());
  };
}
const [up, down] = [direction(), direction()];
const server = createServer({ noDelay: true }, (near) => {
  const far = connect({ port: Number(process.argv[1]), host: '127.0.0.1', noDelay: true });
  up(near, far);
  down(far, near);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;

/** A folder with httpfs as DuckDB looks for it, from the wheel beside the peers; undefined, saying so, without. */
export function httpfsFolder(folder) {
  const python = peer('python');
  if (python === undefined) return undefined;
  const found = spawnSync(python, [
    '-c',
    'import duckdb, duckdb_extension_httpfs as e, os; print(os.path.dirname(e.__file__)); print(duckdb.sql("pragma platform").fetchone()[0])',
  ]);
  const [wheel = '', platform = ''] = String(found.stdout).trim().split('\n');
  const target = join(folder, 'extensions', 'v1.5.5', platform);
  mkdirSync(target, { recursive: true });
  const name = 'httpfs.duckdb_extension';
  cpSync(join(wheel, 'extensions/v1.5.5', name), join(target, name));
  return join(folder, 'extensions');
}

async function createBucket(port, bucket) {
  for (let attempt = 1; ; attempt += 1) {
    const status = await send(port, 'PUT', `/${bucket}`).catch(() => 0);
    if (status === 200 || status === 409) return;
    if (attempt >= 100) throw new Error(`the server gives no bucket: ${status}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

function send(port, method, path) {
  const asked = { service: 's3', region: 'us-east-1', method, path, host: `127.0.0.1:${port}` };
  const signed = aws4.sign({ ...asked, headers: {} }, keys);
  return new Promise((done, failed) => {
    const wire = request({ hostname: '127.0.0.1', port, method, path, headers: signed.headers });
    wire.once('error', failed);
    wire.once('response', (reply) => {
      reply.resume();
      done(reply.statusCode);
    });
    wire.end();
  });
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
