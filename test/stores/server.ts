/** Real S3 servers on this machine, for tests: started on a free port, stopped by their process id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { StorageOptions } from '../../src/storage/index.ts';
import type { S3Client } from '../../src/storage/s3/client.ts';
import { s3Client } from '../../src/storage/s3/index.ts';
import { type CertificateKind, makeCertificate } from './certificates.ts';
import { watchFolder, watchProcess } from './watchdog.ts';

/** A server that tests know how to start. */
export type StoreKind = 'versitygw' | 'minio';

/** A server that runs. */
export interface Store {
  readonly kind: StoreKind;
  /** `https://127.0.0.1:41234`. */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  /** Of a server with TLS: what a client has to trust. */
  readonly caFile: string | undefined;
  /** With which our client opens its buckets. */
  readonly options: StorageOptions;
  readonly pid: number;
  createBucket(name: string): Promise<void>;
  /** Stops answering, without ending: SIGSTOP. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** Why that server can't be started on this machine; undefined when it can. */
export function storeReason(kind: StoreKind): string | undefined {
  const builder = kind === 'minio' ? 'npm run test:minio builds it' : 'node scripts/stores.mjs builds it';
  return existsSync(binaryOf(kind)) ? undefined : `${kind} is not built: ${builder}`;
}

/** Whether what takes long is run in full size, and on every server. */
export const isFull: boolean = process.env['BOATHOUSE_STORES_FULL'] !== undefined;

/** Why tests that take long aren't run on that server; undefined when they are. */
export function longReason(kind: StoreKind): string | undefined {
  if (kind === 'minio' && !isFull) return 'minio is left to npm run test:minio';
  return storeReason(kind);
}

/** How a server is to be. */
export interface StoreWish {
  readonly kind: StoreKind;
  readonly tls?: false | CertificateKind;
  /** Where it keeps its objects; a temporary folder unless given. */
  readonly dir?: string;
}

/** Starts a server with nothing in it. It ends with this process, however that ends. */
export async function startStore(how: StoreWish): Promise<Store> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(how);
    } catch (error) {
      // Another may have taken the port in between; whatever else it was is there again.
      if (attempt >= 3) throw error;
    }
  }
}

async function startOnce(how: StoreWish): Promise<Store> {
  const { kind, tls = false } = how;
  const folder = await mkdtemp(join(tmpdir(), `boathouse-${kind}-`));
  const isRemoved = watchFolder(folder);
  const data = how.dir === undefined ? join(folder, 'data') : resolve(how.dir);
  await mkdir(data, { recursive: true });
  const files = tls === false ? undefined : makeCertificate(tls, join(folder, 'certs'));
  const port = await freePort();
  const accessKeyId = 'boathouse-test';
  // Its own, so that another server on the port isn't taken for it.
  const secretAccessKey = `secret-of-${kind}-${randomUUID()}`;
  const region = 'us-east-1';
  const address = `127.0.0.1:${port}`;
  const args =
    kind === 'versitygw'
      ? [
          ...['--port', address, '--access', accessKeyId, '--secret', secretAccessKey, '--region', region],
          ...['--quiet', '--keep-alive'],
          ...(files ? ['--cert', files.certFile, '--key', files.keyFile] : []),
          ...['posix', data],
        ]
      : [
          ...['server', data, '--address', address, '--quiet', '--anonymous'],
          ...['--certs-dir', join(folder, 'certs')],
        ];
  const child = spawn(binaryOf(kind), args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      TMPDIR: folder,
      MINIO_ROOT_USER: accessKeyId,
      MINIO_ROOT_PASSWORD: secretAccessKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      _MINIO_DISABLE_UPDATE: '1',
    },
  });
  watchProcess(child);
  const said: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
    isRemoved();
  };
  const endpoint = `${files ? 'https' : 'http'}://${address}`;
  const options: StorageOptions = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    ...(files ? { ca_file: files.caFile } : { AWS_ALLOW_HTTP: 'true' }),
  };
  // The harness itself looks past bad certificates: tests are about what clients make of them.
  const own = s3Client(
    's3://harness',
    { ...options, allow_invalid_certificates: String(tls === 'expired' || tls === 'wrong-name') },
    {},
  );
  try {
    await waitUntilUp(own, child, said);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    kind,
    endpoint,
    accessKeyId,
    secretAccessKey,
    region,
    caFile: files?.caFile,
    options,
    pid: child.pid ?? 0,
    createBucket: async (bucket) => {
      const about = { doing: 'create', path: bucket, uri: endpoint };
      await own.send({ kind: 'PUT', method: 'PUT', bucket, key: '', about });
    },
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    stop,
  };
}

/**
 * A port that nobody listens on now. Below those that systems give to whoever asks for any, so that no connection nor
 * server of another test is given it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
    });
    if (isFree) return port;
  }
}

function binaryOf(kind: StoreKind): string {
  const folder = process.env['BOATHOUSE_STORES'] ?? resolve(import.meta.dirname, '../../.cache/stores');
  return join(folder, kind);
}

async function waitUntilUp(client: S3Client, child: ChildProcess, said: readonly string[]): Promise<void> {
  const about = { doing: 'list', path: '', uri: client.shown };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.send({ kind: 'LIST', method: 'GET', bucket: '', key: '', about, attemptsMax: 1 });
      return;
    } catch (error) {
      if (child.exitCode !== null) throw new Error(`the server ended: ${said.join('')}`);
      if (attempt >= 150) throw new Error(`the server did not come up: ${said.join('')}`, { cause: error });
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
  await ended;
  clearTimeout(timer);
}
