/** A real PostgreSQL, from the wheel beside the Python of `BOATHOUSE_PEERS_PYTHON`. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A running server that takes `user` without a password, on this machine alone. */
export interface PostgresServer {
  readonly port: number;
  readonly user: string;
  stop(): Promise<void>;
}

/** The folder of PostgreSQL's programs; undefined where the wheel isn't. */
export function postgresPrograms(): string | undefined {
  const python = process.env['BOATHOUSE_PEERS_PYTHON'];
  const lib = python === undefined ? '' : resolve(dirname(python), '../lib');
  for (const version of existsSync(lib) ? readdirSync(lib) : []) {
    const bin = join(lib, version, 'site-packages/embedded_postgres/pginstall/bin');
    if (existsSync(join(bin, 'initdb'))) return bin;
  }
  return undefined;
}

/** Starts a server with a database of its own. @throws when it doesn't answer within half a minute */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'boathouse-postgres-'));
  // It refuses to run as root.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;
  if (nobody !== undefined) chownSync(folder, nobody.uid, nobody.gid);
  chmodSync(folder, 0o700);
  const options = { ...nobody, env: { ...process.env, LD_LIBRARY_PATH: join(bin, '../lib') }, cwd: folder };
  const data = join(folder, 'data');
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'tester', '-A', 'trust', '--no-sync'], {
    ...options,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  const args = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', '', '-F'];
  const server = spawn(join(bin, 'postgres'), args, { ...options, stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    await stopped(server);
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 150; tries += 1) {
    const ready = spawnSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], options);
    if (ready.status === 0) return { port, user: 'tester', stop };
    await setTimeout(200);
  }
  await stop();
  throw new Error('PostgreSQL does not answer');
}

async function stopped(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const ended = new Promise((done) => server.once('exit', done));
  server.kill('SIGINT');
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const probe = createServer().once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => found(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
