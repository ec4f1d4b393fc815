/** A bucket for scenarios, on an S3 server of this machine, whose log tells every request it was sent. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { peer } from './compare.mjs';

const stores = process.env.BOATHOUSE_STORES ?? resolve(import.meta.dirname, '../.cache/stores');

/**
 * Runs `work` with a bucket of its own. Without the server the scenario is skipped, saying so, except where
 * everything is required.
 *
 * @param work given `{ options, since, secret, folder }`: how the bucket is opened, the requests since a mark
 */
export async function withStore(folder, work) {
  const binary = join(stores, 'versitygw');
  if (!existsSync(binary)) {
    const reason = 'versitygw is not built (node scripts/stores.mjs builds it)';
    if (process.env.BOATHOUSE_REQUIRE === 'all') throw new Error(reason);
    console.log(`  skipped: ${reason}`);
    return;
  }
  const home = mkdtempSync(join(folder, 'store-'));
  // A folder is a bucket to this server.
  mkdirSync(join(home, 'data/bench'), { recursive: true });
  const log = join(home, 'requests.log');
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const keys = { id: 'bench', secret: 'secret-of-the-bench' };
  const child = spawn(
    binary,
    [
      ...['--port', address, '--access', keys.id, '--secret', keys.secret, '--region', 'us-east-1'],
      ...['--quiet', '--keep-alive', '--access-log', log, 'posix', join(home, 'data')],
    ],
    { stdio: 'ignore', env: { PATH: process.env.PATH, HOME: home, TMPDIR: home } },
  );
  const ended = new Promise((done) => child.once('exit', done));
  try {
    await untilUp(address, child);
    const endpoint = `http://${address}`;
    await work({
      address,
      keys,
      options: {
        AWS_ENDPOINT_URL: endpoint,
        AWS_ALLOW_HTTP: 'true',
        AWS_ACCESS_KEY_ID: keys.id,
        AWS_SECRET_ACCESS_KEY: keys.secret,
        AWS_REGION: 'us-east-1',
      },
      /** How much of the log there is: where `since` begins. */
      mark: () => lines(log).length,
      /** The requests after a mark: their methods and keys. */
      since: (mark) => lines(log).slice(mark).map(parsed),
    });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

/** httpfs as the peers' wheel brings it, for DuckDB in Python; undefined where it isn't installed. */
export function httpfs() {
  const python = peer('python');
  if (python === undefined) return undefined;
  const lib = resolve(python, '../../lib');
  const versions = ['python3.10', 'python3.11', 'python3.12', 'python3.13', 'python3.14'];
  return versions
    .map((version) => join(lib, version, 'site-packages/duckdb_extension_httpfs/extensions/v1.5.5'))
    .map((path) => join(path, 'httpfs.duckdb_extension'))
    .find(existsSync);
}

function lines(log) {
  return existsSync(log)
    ? readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.includes(' s3_'))
    : [];
}

/** `… s3_GetObject key /bench/key 200 …`. */
function parsed(line) {
  const [, method = '', key = ''] = / s3_(\w+) (\S+) /.exec(line) ?? [];
  return { method, key };
}

async function untilUp(address, child) {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    if (child.exitCode !== null) break;
    if (
      await fetch(`http://${address}`).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(100);
  }
  throw new Error('the S3 server did not come up');
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}
