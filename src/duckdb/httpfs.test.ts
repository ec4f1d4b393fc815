/** The real `httpfs`, from a directory as an administrator lays one out, against a server on this machine. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, type DatabaseOptions, type Session } from './index.ts';

/** The extension's file as the PyPI wheel `duckdb-extension-httpfs` brings it; undefined where no peer has it. */
function wheelFile(): string | undefined {
  const python = process.env['BOATHOUSE_PEERS_PYTHON'];
  if (python === undefined) return undefined;
  const lib = path.resolve(path.dirname(python), '../lib');
  for (const version of existsSync(lib) ? readdirSync(lib) : []) {
    const root = path.join(lib, version, 'site-packages/duckdb_extension_httpfs/extensions');
    for (const engine of existsSync(root) ? readdirSync(root) : []) {
      const file = path.join(root, engine, 'httpfs.duckdb_extension');
      if (existsSync(file)) return file;
    }
  }
  return undefined;
}

const wheel = wheelFile();
const why = wheel === undefined ? ' (skipped: no Python of BOATHOUSE_PEERS_PYTHON has the wheel)' : '';

/** Serves `bytes` under every path, in ranges, as object stores do. */
function serve(bytes: Buffer, requests: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.headers.range ?? ''}`.trim());
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = to === undefined || to === '' ? bytes.length - 1 : Math.min(Number(to), bytes.length - 1);
    response.writeHead(from === undefined ? 200 : 206, {
      'accept-ranges': 'bytes',
      'content-length': end - start + 1,
      ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${bytes.length}` }),
    });
    response.end(request.method === 'HEAD' ? undefined : bytes.subarray(start, end + 1));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

describe.skipIf(wheel === undefined)(`httpfs from a configured directory${why}`, () => {
  let folder: string;
  let extensionDirectory: string;
  let server: Server;
  let url: string;
  const requests: string[] = [];
  const profile = (directory: string): DatabaseOptions => ({
    extensions: [{ name: 'httpfs' }],
    secrets: [{ type: 's3', key_id: 'key', secret: 'wheel-test-secret' }],
    settings: { s3_region: 'eu-west-1' },
    extensionDirectory: directory,
    // Nothing listens there: what isn't in the directory can't be had.
    config: { custom_extension_repository: 'http://127.0.0.1:9' },
  });
  const loaded = (session: Session) =>
    session.value("SELECT loaded FROM duckdb_extensions() WHERE extension_name = 'httpfs'");
  const secretCount = (session: Session) => session.value('SELECT count(*) FROM duckdb_secrets()');

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'boathouse-httpfs-'));
    extensionDirectory = path.join(folder, 'extensions');
    await using database = await Database.open();
    await using session = await database.session();
    const platform = (await session.query('PRAGMA platform')).rows[0]?.[0] as string;
    const version = (await session.value('SELECT version()')) as string;
    const laidOut = path.join(extensionDirectory, version, platform);
    mkdirSync(laidOut, { recursive: true });
    copyFileSync(wheel as string, path.join(laidOut, 'httpfs.duckdb_extension'));
    const file = path.join(folder, 'x.parquet');
    await session.run(`COPY (SELECT i, hash(i) AS h FROM range(100000) t(i)) TO '${file}' (FORMAT parquet)`);
    server = await serve(readFileSync(file), requests);
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.parquet`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('is loaded by the first statement that needs it, and its secret is created only then', async () => {
    await using database = await Database.open(profile(extensionDirectory));
    await using session = await database.session();
    expect(await session.value('SELECT count(*) FROM range(10)')).toBe(10n);
    expect([await loaded(session), await secretCount(session)]).toEqual([false, 0n]);
    requests.length = 0;
    expect(await session.value(`SELECT count(*) FROM '${url}' WHERE i >= 50000`)).toBe(50_000n);
    expect([await loaded(session), await secretCount(session)]).toEqual([true, 1n]);
    expect(requests.some((request) => request.startsWith('GET bytes='))).toBe(true);
    const [[secret] = []] = (await session.query('SELECT type FROM duckdb_secrets()')).rows;
    expect(secret).toBe('s3');
    expect(await session.value("SELECT current_setting('s3_region')")).toBe('eu-west-1');
  });

  it('is loaded once for sessions that need it at the same time, streams and prepared ones too', async () => {
    await using database = await Database.open(profile(extensionDirectory));
    const sessions = await Promise.all(Array.from({ length: 6 }, () => database.session()));
    const sql = `SELECT count(*) FROM read_parquet('${url}')`;
    const counts = await Promise.all(
      sessions.map(async (session, i) => {
        if (i % 3 === 0) return session.value(sql);
        if (i % 3 === 1) return (await session.describe(sql)).length === 1 ? session.value(sql) : undefined;
        for await (const [count] of session.stream(sql)) return count;
        return undefined;
      }),
    );
    expect(counts).toEqual(Array.from({ length: 6 }, () => 100_000n));
    expect(await secretCount(sessions[0] as Session)).toBe(1n);
  });

  it('is loaded ahead inside a transaction, which a failed attempt would end', async () => {
    await using database = await Database.open(profile(extensionDirectory));
    await using session = await database.session();
    await session.run('BEGIN');
    await session.run('CREATE TABLE kept AS SELECT 1 AS a');
    expect(await session.value(`SELECT count(*) FROM '${url}'`)).toBe(100_000n);
    await session.run('COMMIT');
    expect(await session.value('SELECT a FROM kept')).toBe(1);
  });

  it('that is missing is named, with the folder to put it into; everything else works', async () => {
    const empty = path.join(folder, 'empty');
    mkdirSync(empty);
    await using database = await Database.open(profile(empty));
    await using session = await database.session();
    await expect(session.value(`SELECT count(*) FROM '${url}'`)).rejects.toMatchObject({
      code: 'duckdb.extension-unavailable',
      details: { extension: 'httpfs' },
      hint: expect.stringMatching(/httpfs\.duckdb_extension.*empty.*extensions\.duckdb\.org/s),
    });
    expect(await session.value('SELECT 1')).toBe(1);
  });

  it('that is damaged is named too', async () => {
    const damaged = path.join(folder, 'damaged');
    const [version = ''] = readdirSync(extensionDirectory);
    const [platform = ''] = readdirSync(path.join(extensionDirectory, version));
    mkdirSync(path.join(damaged, version, platform), { recursive: true });
    copyFileSync(
      path.join(folder, 'x.parquet'),
      path.join(damaged, version, platform, 'httpfs.duckdb_extension'),
    );
    await using database = await Database.open(profile(damaged));
    await using session = await database.session();
    await expect(session.value(`SELECT count(*) FROM '${url}'`)).rejects.toMatchObject({
      code: 'duckdb.extension-unavailable',
      details: { extension: 'httpfs' },
    });
  });
});
