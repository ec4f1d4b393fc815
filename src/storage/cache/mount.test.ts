/** Remote files under local names: which are fetched, how often, and what their names are. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { markedName } from '../../base/index.ts';
import { MisbehavingServer, refuse } from '../s3/misbehaving.fixture.ts';
import { openS3 } from '../s3/open-s3.ts';
import { CachedStorage } from './cached-storage.ts';
import { FileCache } from './file-cache.ts';
import { Mount } from './mount.ts';

const unique = 'orders/part-00000-6ff1a9c2-0d1e-4b58-8ad1-7f5f0b8d9e11-c000.parquet';
let folder: string;
let mount: Mount;
const servers: MisbehavingServer[] = [];

/** A server that has the bucket `b`, as a mount sees it. */
async function bucketOf(objects: Readonly<Record<string, string>>): Promise<MisbehavingServer> {
  const server = await MisbehavingServer.start();
  servers.push(server);
  for (const [key, text] of Object.entries(objects)) server.objects.set(`/b/${key}`, Buffer.from(text));
  return server;
}

async function mountOf(...of: readonly MisbehavingServer[]): Promise<Mount> {
  const cache = new FileCache({ folder: join(folder, 'cache'), limitBytes: 1e9 });
  const storages = of.map(
    ({ endpoint }) =>
      new CachedStorage(
        openS3(
          { bucket: 'b', prefix: '' },
          {
            AWS_ENDPOINT_URL: endpoint,
            AWS_ACCESS_KEY_ID: 'k',
            AWS_SECRET_ACCESS_KEY: 'secret',
            AWS_MAX_RETRIES: '0',
          },
          {},
        ),
        cache,
      ),
  );
  mount = await Mount.open({ cache, bucket: (name) => (name === 'b' ? storages : []) });
  return mount;
}

const textOf = async (path: string | undefined): Promise<string> => await readFile(path ?? '', 'utf8');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "boathouse-mount's-"));
  vi.stubEnv('BOATHOUSE_CACHE_DIR', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await mount.close();
  for (const server of servers.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a mount', () => {
  it('fetches what never changes once, for many at once too, under a name that follows from its URI', async () => {
    const server = await bucketOf({ [unique]: 'rows' });
    const { folder: root } = await mountOf(server);
    const paths = await Promise.all([1, 2, 3].map(() => mount.fetch(`s3://b/${unique}`)));
    expect(new Set(paths)).toEqual(new Set([join(root, 's3/b', unique)]));
    expect(await textOf(paths[0])).toBe('rows');
    expect(await mount.fetch(`s3a://b/${unique}`)).toBe(paths[0]);
    expect(server.seen.filter(({ method }) => method === 'GET')).toHaveLength(1);
    expect(mount.isImmutable(`s3://b/${unique}`)).toBe(true);
    expect(mount.isImmutable('s3://b/raw/a.csv')).toBe(false);
    expect(mount.isImmutable(`s3://b/orders/*-6ff1a9c2-0d1e-4b58-8ad1-7f5f0b8d9e11.parquet`)).toBe(false);
  });

  it('looks at what may change each time, and shows the state that is there', async () => {
    const server = await bucketOf({ 'raw/a.csv': 'one' });
    await mountOf(server);
    const first = await mount.fetch('s3://b/raw/a.csv');
    expect(await mount.fetch('s3://b/raw/a.csv')).toBe(first);
    server.objects.set('/b/raw/a.csv', Buffer.from('two'));
    const second = await mount.fetch('s3://b/raw/a.csv');
    // Whoever reads the first state goes on reading it.
    expect([await textOf(first), await textOf(second)]).toEqual(['one', 'two']);
    expect(server.seen.filter(({ method }) => method === 'GET')).toHaveLength(2);
  });

  it('has nothing for what is not there, and says so of a bucket it does not know', async () => {
    await mountOf(await bucketOf({}));
    expect(await mount.fetch('s3://b/raw/none.csv')).toBeUndefined();
    expect(await mount.fetch('s3://b/raw/*.csv')).toBeUndefined();
    expect(await mount.fetch('/not/remote.csv')).toBeUndefined();
    await expect(mount.fetch('s3://other/x')).rejects.toMatchObject({ code: 'storage.not-found' });
    await expect(mount.fetch(`s3://b/${unique}`)).rejects.toMatchObject({ code: 'storage.not-found' });
  });

  it('tries again what failed, and finds what has come since', async () => {
    const server = await bucketOf({ [unique]: 'rows' });
    await mountOf(server);
    server.next(1, ({ method }) => method === 'GET', refuse(403, 'AccessDenied'));
    await expect(mount.fetch(`s3://b/${unique}`)).rejects.toMatchObject({
      code: expect.stringMatching(/^storage\./),
    });
    expect(await textOf(await mount.fetch(`s3://b/${unique}`))).toBe('rows');
  });

  it('looks into each store that has a bucket of that name', async () => {
    await mountOf(
      await bucketOf({ 'a.csv': 'first' }),
      await bucketOf({ [unique]: 'second', 'b/c.csv': 'x' }),
    );
    expect(await textOf(await mount.fetch('s3://b/a.csv'))).toBe('first');
    expect(await textOf(await mount.fetch(`s3://b/${unique}`))).toBe('second');
    expect(await mount.fetch('s3://b/b/*.csv')).toBeDefined();
  });

  it('brings all that a pattern fits, and at each look what fits by then', async () => {
    const server = await bucketOf({
      'raw/a.csv': '1',
      'raw/b.csv': '2',
      'raw/deep/c.csv': '3',
      'other/d.csv': '4',
    });
    await mountOf(server);
    const flat = (await mount.fetch('s3://b/raw/*.csv')) ?? '';
    expect(flat.endsWith('/s3/b/raw/*.csv')).toBe(true);
    const below = async (path: string): Promise<string[]> =>
      (await readdir(path.slice(0, path.indexOf('/raw/')), { recursive: true }))
        .filter((name) => name.endsWith('.csv'))
        .sort();
    expect(await below(flat)).toEqual(['raw/a.csv', 'raw/b.csv']);
    server.objects.delete('/b/raw/a.csv');
    const deep = (await mount.fetch('s3://b/raw/**/*.csv')) ?? '';
    expect(await below(deep)).toEqual(['raw/b.csv', 'raw/deep/c.csv']);
    expect(await below(flat)).toEqual(['raw/a.csv', 'raw/b.csv']);
  });

  it('keeps what is escaped in a name escaped in the path', async () => {
    await mountOf(await bucketOf({ 'raw/a[1].csv': 'odd' }));
    const path = await mount.fetch('s3://b/raw/a[[]1].csv');
    expect(path?.endsWith('/raw/a[[]1].csv')).toBe(true);
    expect(existsSync((path ?? '').replace('[[]', '['))).toBe(true);
  });

  it('puts remote places back into text, also with a quote in its own folder’s name', async () => {
    const server = await bucketOf({ [unique]: 'rows', 'raw/a.csv': '1' });
    await mountOf(server);
    const paths = await Promise.all(
      [`s3://b/${unique}`, 's3://b/raw/a.csv', 's3://b/raw/*.csv'].map((uri) => mount.fetch(uri)),
    );
    const quoted = paths.map((path) => `'${(path ?? '').replaceAll("'", "''")}'`);
    expect(mount.canonical(`SELECT * FROM read([${quoted.join(', ')}], x = '/mounts/of/others')`)).toBe(
      `SELECT * FROM read(['s3://b/${unique}', 's3://b/raw/a.csv', 's3://b/raw/*.csv'], x = '/mounts/of/others')`,
    );
    expect(mount.canonical('SELECT 1')).toBe('SELECT 1');
  });

  it('goes with its owner, and the next one takes away what a killed process left', async () => {
    const server = await bucketOf({ [unique]: 'rows' });
    const { folder: own } = await mountOf(server);
    const shared = join(own, '..');
    const dead = markedName('dead').replace(`-${process.pid}-`, '-999999999-');
    await mkdir(join(shared, dead));
    const other = await Mount.open({
      cache: new FileCache({ folder: join(folder, 'cache'), limitBytes: 1e9 }),
      bucket: () => [],
    });
    expect(existsSync(join(shared, dead))).toBe(false);
    expect(existsSync(own)).toBe(true);
    await other.close();
    await mount.close();
    expect(await readdir(shared)).toEqual([]);
  });
});
