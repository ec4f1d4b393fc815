import { fork } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { storageErrors } from '../errors.ts';
import { cacheSettings, configureCache, parseBytes } from './cache-settings.ts';
import { type CachedObject, FileCache } from './file-cache.ts';
import { globPattern, globPrefix, hasGlob, unescapeGlob } from './glob.ts';
import { isUnique } from './unique.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boathouse-cache-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const object = (name: string): CachedObject => ({
  store: 'http://s',
  uri: `s3://b/${name}`,
  version: undefined,
});

/** Fetches `text`, and counts how often. */
function source(text: string): { fetch: (file: string) => Promise<{ sizeBytes: number }>; count: number } {
  const counted = {
    count: 0,
    fetch: async (file: string) => {
      counted.count += 1;
      await writeFile(file, text);
      return { sizeBytes: text.length };
    },
  };
  return counted;
}

let links = 0;
async function readOf(
  cache: FileCache,
  one: CachedObject,
  fetch: (file: string) => Promise<{ sizeBytes: number }>,
): Promise<Uint8Array> {
  links += 1;
  const link = join(folder, `read-${links}`);
  await cache.link(one, link, fetch);
  return await readFile(link);
}

async function dataFiles(): Promise<string[]> {
  const names = await readdir(join(folder, 'objects'), { recursive: true });
  return names.filter((name) => name.endsWith('.data')).map((name) => join(folder, 'objects', name));
}

describe('the cache', () => {
  const open = (limitBytes = 1e9): FileCache => new FileCache({ folder, limitBytes });

  it('fetches an object once, also for others of its folder, and for many at once', async () => {
    const from = source('rows');
    const cache = open();
    await Promise.all([1, 2, 3].map((i) => cache.link(object('a'), join(folder, `link-${i}`), from.fetch)));
    await open().link(object('a'), join(folder, 'link-4'), from.fetch);
    expect(from.count).toBe(1);
    expect(await readFile(join(folder, 'link-4'), 'utf8')).toBe('rows');
    expect(String(await readOf(cache, object('a'), from.fetch))).toBe('rows');
    expect(await readdir(join(folder, 'fetching'))).toEqual([]);
  });

  it('keeps states, stores and objects apart', async () => {
    const cache = open();
    const texts = [
      object('a'),
      { ...object('a'), version: 'e1' },
      { ...object('a'), store: 'http://t' },
      object('b'),
    ];
    for (const [i, one] of texts.entries()) await readOf(cache, one, source(`text ${i}`).fetch);
    const read = await Promise.all(texts.map((one) => readOf(cache, one, source('never').fetch)));
    expect(read.map((bytes) => new TextDecoder().decode(bytes))).toEqual([
      'text 0',
      'text 1',
      'text 2',
      'text 3',
    ]);
  });

  it.each([
    ['cut off', async (file: string) => writeFile(file, 'ro')],
    ['with other bytes of the same length', async (file: string) => writeFile(file, 'ROWS')],
    ['without what is known of it', async (file: string) => rm(file.replace('.data', '.json'))],
    [
      'with nonsense for what is known of it',
      async (file: string) => writeFile(file.replace('.data', '.json'), '{'),
    ],
  ])('fetches an entry again that is %s', async (_how, damage) => {
    const from = source('rows');
    await readOf(open(), object('a'), from.fetch);
    const [file = ''] = await dataFiles();
    await damage(file);
    expect(new TextDecoder().decode(await readOf(open(), object('a'), from.fetch))).toBe('rows');
    expect(from.count).toBe(2);
  });

  it('keeps an entry whose time moved and whose bytes did not', async () => {
    const from = source('rows');
    await readOf(open(), object('a'), from.fetch);
    const [file = ''] = await dataFiles();
    await utimes(file, new Date(0), new Date(0));
    await readOf(open(), object('a'), from.fetch);
    expect(from.count).toBe(1);
  });

  it('takes no entry of another size than the object has', async () => {
    await readOf(open(), object('a'), source('rows').fetch);
    const other = source('more rows');
    const bytes = await readOf(open(), { ...object('a'), sizeBytes: 9 }, other.fetch);
    expect(new TextDecoder().decode(bytes)).toBe('more rows');
  });

  it('stays below its limit, dropping what was used least lately, and never what is linked', async () => {
    const cache = open(10_000);
    await cache.link(object('0'), join(folder, 'in-use'), source('x'.repeat(1000)).fetch);
    for (let i = 1; i <= 30; i += 1) {
      await readOf(cache, object(String(i)), source('x'.repeat(1000)).fetch);
      // The first two are used all the time.
      for (const kept of ['1', '2']) await readOf(cache, object(kept), source('x'.repeat(1000)).fetch);
    }
    expect(await cache.sizeBytes()).toBeLessThanOrEqual(11_000);
    const again = source('x'.repeat(1000));
    await readOf(cache, object('1'), again.fetch);
    expect(again.count).toBe(0);
    expect((await stat(join(folder, 'in-use'))).size).toBe(1000);
  });

  it('makes room and tries again when the disk is full', async () => {
    const cache = open();
    await readOf(cache, object('old'), source('old').fetch);
    let tries = 0;
    const bytes = await readOf(cache, object('new'), async (file) => {
      tries += 1;
      if (tries === 1) throw storageErrors['no-space']({ path: 'new', uri: 's3://b' });
      await writeFile(file, 'new');
      return { sizeBytes: 3 };
    });
    expect(new TextDecoder().decode(bytes)).toBe('new');
    expect(await dataFiles()).toHaveLength(1);
  });

  it('keeps nothing of a fetch that fails', async () => {
    const failing = readOf(open(), object('a'), async (file) => {
      await writeFile(file, 'half');
      throw storageErrors['not-found']({ path: 'a', uri: 's3://b' });
    });
    await expect(failing).rejects.toMatchObject({ code: 'storage.not-found' });
    expect(await dataFiles()).toEqual([]);
    expect(await readdir(join(folder, 'fetching'))).toEqual([]);
  });

  it('keeps small objects by themselves, and looks at each before it is given', async () => {
    let count = 0;
    const fetch = async (): Promise<Uint8Array> => {
      count += 1;
      return new TextEncoder().encode('{"commitInfo":{}}');
    };
    const text = async (one: CachedObject) => new TextDecoder().decode(await open().read(one, fetch));
    const smallFiles = async () =>
      (await readdir(join(folder, 'objects'), { recursive: true })).filter((name) => name.endsWith('.small'));
    expect(await text(object('1.json'))).toBe('{"commitInfo":{}}');
    await expect.poll(smallFiles).toHaveLength(1);
    expect(await text(object('1.json'))).toBe('{"commitInfo":{}}');
    expect(count).toBe(1);
    const [name = ''] = await smallFiles();
    const file = join(folder, 'objects', name);
    const damaged = await readFile(file);
    damaged[40] = 88;
    await writeFile(file, damaged);
    expect(await text(object('1.json'))).toBe('{"commitInfo":{}}');
    expect(count).toBe(2);
    expect(await text({ ...object('1.json'), sizeBytes: 5 })).toBe('{"commitInfo":{}}');
    expect(count).toBe(3);
    expect(await open().sizeBytes()).toBeGreaterThan(0);
    await open().clear();
    expect(await smallFiles()).toEqual([]);
  });

  it('adopts a file without taking it away', async () => {
    await writeFile(join(folder, 'mine'), 'written');
    const cache = open();
    await cache.adopt(object('a'), join(folder, 'mine'));
    await rm(join(folder, 'mine'));
    const from = source('never');
    expect(new TextDecoder().decode(await readOf(cache, object('a'), from.fetch))).toBe('written');
    expect(from.count).toBe(0);
  });

  it('goes elsewhere when its folder cannot be made, and says so', async () => {
    await writeFile(join(folder, 'file'), '');
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const cache = new FileCache({ folder: join(folder, 'file', 'cache'), limitBytes: 1e9 });
    expect(new TextDecoder().decode(await readOf(cache, object(folder), source('rows').fetch))).toBe('rows');
    expect(String(warned.mock.calls[0]?.[0])).toContain('BOATHOUSE_CACHE_DIR');
    warned.mockRestore();
  });

  it('survives processes that fill it at once and one that is killed', async () => {
    const script = join(folder, 'filler.mjs');
    await build({
      stdin: { contents: filler, resolveDir: import.meta.dirname, loader: 'ts' },
      outfile: script,
      bundle: true,
      format: 'esm',
      platform: 'node',
    });
    const run = (): { readonly said: Promise<string>; kill: () => void } => {
      const child = fork(script, [join(folder, 'shared')], { stdio: 'inherit' });
      const said = new Promise<string>((done) => {
        child.once('message', (message) => done(String(message)));
        child.once('exit', (code, signal) => done(signal ?? `exit ${code}`));
      });
      return { said, kill: () => child.kill('SIGKILL') };
    };
    const fillers = [run(), run(), run()];
    setTimeout(() => fillers[0]?.kill(), 150);
    const [first, second, third] = await Promise.all(fillers.map(({ said }) => said));
    expect([first, second, third]).toEqual(['SIGKILL', 'done', 'done']);
    await mkdir(join(folder, 'shared', 'fetching'), { recursive: true });
    const cache = new FileCache({ folder: join(folder, 'shared'), limitBytes: 200_000 });
    await readOf(cache, object('x'), source('x').fetch);
    expect(await readdir(join(folder, 'shared', 'fetching'))).toEqual([]);
  }, 240_000);
});

/** Reads forty objects again and again through a cache that holds twenty. */
const filler = `
  import { readFileSync, unlinkSync } from 'node:fs';
  import { writeFile } from 'node:fs/promises';
  import { FileCache } from './file-cache.ts';
  const cache = new FileCache({ folder: process.argv[2], limitBytes: 200_000 });
  for (let round = 0; round <= 300; round += 1) {
    const name = String(round % 40);
    const text = name.padEnd(10_000, '.');
    const link = process.argv[2] + '/link-' + process.pid + '-' + round;
    await cache.link({ store: 's', uri: 's3://b/' + name, version: undefined }, link, async (file) => {
      await writeFile(file, text);
      return { sizeBytes: text.length };
    });
    if (readFileSync(link, 'utf8') !== text) process.send('torn ' + name);
    unlinkSync(link);
    const small = await cache.read({ store: 's', uri: 's3://b/s' + name, version: 'e' }, async () => Buffer.from(text));
    if (Buffer.from(small).toString() !== text) process.send('torn small ' + name);
  }
  process.send('done');
  process.disconnect();
`;

describe('sizes and settings', () => {
  it.each([
    ['20GB', 20e9],
    ['500 MiB', 500 * 1_048_576],
    ['1.5k', 1500],
    ['123', 123],
    ['', undefined],
    ['many', undefined],
  ])('reads %j as %s bytes', (text, size) => {
    expect(parseBytes(text)).toBe(size);
  });

  it('says what the environment says until somebody decides', () => {
    const env = { BOATHOUSE_CACHE_DIR: '/c', BOATHOUSE_CACHE_SIZE: '1GB' };
    expect(cacheSettings(env)).toEqual({ folder: '/c', limitBytes: 1e9 });
    expect(cacheSettings({ ...env, BOATHOUSE_CACHE: 'off' })).toBeUndefined();
    configureCache({ path: '/d' });
    expect(cacheSettings(env)).toEqual({ folder: '/d', limitBytes: 1e9 });
    configureCache({ size: '5 GiB' });
    expect(cacheSettings(env)).toEqual({ folder: '/c', limitBytes: 5 * 2 ** 30 });
    configureCache(false);
    expect(cacheSettings(env)).toBeUndefined();
    configureCache(undefined);
    expect(cacheSettings(env)).toEqual({ folder: '/c', limitBytes: 1e9 });
  });
});

describe('names', () => {
  it.each([
    ['part-00000-6ff1a9c2-0d1e-4b58-8ad1-7f5f0b8d9e11-c000.snappy.parquet', true],
    ['customer=6ff1a9c2-0d1e-4b58-8ad1-7f5f0b8d9e11/data.parquet', false],
    ['_boathouse/pins/x/6ff1a9c2-0d1e-4b58-8ad1-7f5f0b8d9e11/model.parquet', true],
    ['silver/model.parquet', false],
  ])('of %s say whether it never changes: %s', (path, unique) => {
    expect(isUnique(path)).toBe(unique);
  });

  it.each([
    ['raw/*.parquet', ['raw/a.parquet'], ['raw/b/a.parquet', 'raw/a.csv']],
    ['raw/**/*.csv', ['raw/a.csv', 'raw/b/c/a.csv'], ['a.csv']],
    ['raw/year=*/part-?.json', ['raw/year=1/part-2.json'], ['raw/year=1/part-22.json']],
    ['r[ab]w/[!x].csv', ['raw/a.csv', 'rbw/[.csv'], ['rcw/a.csv', 'raw/x.csv']],
    ['a.b/**', ['a.b/c', 'a.b/c/d'], ['axb/c']],
  ])('fit the pattern %s', (pattern, fitting, others) => {
    const fits = globPattern(pattern);
    expect(fitting.filter((name) => !fits.test(name))).toEqual([]);
    expect(others.filter((name) => fits.test(name))).toEqual([]);
    expect(hasGlob(pattern)).toBe(true);
    for (const name of fitting) expect(name.startsWith(globPrefix(pattern))).toBe(true);
  });

  it('with special characters stand for themselves when those are escaped', () => {
    expect(hasGlob('a[*]b[?]')).toBe(false);
    expect(unescapeGlob('a[*]b[?]c[[]')).toBe('a*b?c[');
  });
});
