import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backgroundDone } from '../../base/index.ts';
import { type CachedObject, FileCache } from './file-cache.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boathouse-packs-'));
});
afterEach(async () => {
  await backgroundDone();
  await rm(folder, { recursive: true, force: true });
});

/** An object whose text is its name and state, unless said otherwise. */
const object = (name: string, version = 'e', store = 'http://s'): CachedObject => ({
  store,
  uri: `s3://b/t/_delta_log/${name}`,
  version,
  sizeBytes: textOf(name, version, store).length,
});
const textOf = (name: string, version: string | undefined, store: string): string =>
  `${name} ${version} ${store}`;

const open = (limitBytes = 1e9): FileCache => new FileCache({ folder, limitBytes });

let fetched: string[];
beforeEach(() => {
  fetched = [];
});

async function read(cache: FileCache, one: CachedObject): Promise<string> {
  const name = one.uri.slice(one.uri.lastIndexOf('/') + 1);
  const bytes = await cache.read(one, async () => {
    fetched.push(name);
    return new TextEncoder().encode(textOf(name, one.version, one.store));
  });
  return new TextDecoder().decode(bytes);
}

async function packs(): Promise<string[]> {
  const names = await readdir(join(folder, 'packs'), { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith('.pack')).map((name) => join(folder, 'packs', name));
}

describe('small objects', () => {
  const many = Array.from({ length: 200 }, (_, i) => object(`${i}.json`));

  it('of one folder stand in one file, from which others have them', async () => {
    const cache = open();
    const texts = await Promise.all(many.map((one) => read(cache, one)));
    await backgroundDone();
    expect(await packs()).toHaveLength(1);
    expect(await readdir(join(folder, 'fetching'))).toEqual([]);
    const other = open();
    expect(await Promise.all(many.map((one) => read(other, one)))).toEqual(texts);
    expect(fetched).toHaveLength(200);
  });

  it('are fetched once by many at once, and not again while they wait for their file', async () => {
    const cache = open();
    await Promise.all([1, 2, 3].map(() => read(cache, object('a'))));
    await read(cache, object('a'));
    expect(fetched).toEqual(['a']);
    await backgroundDone();
    await read(cache, object('a'));
    expect(fetched).toEqual(['a']);
  });

  it('are told apart by folder, state and store', async () => {
    const stateless = {
      ...object('a'),
      version: undefined,
      sizeBytes: textOf('a', undefined, 'http://s').length,
    };
    const deeper = { ...object('a'), uri: 's3://b/u/_delta_log/a' };
    const all = [object('a'), object('a', 'f'), stateless, object('a', 'e', 'http://t'), deeper];
    for (const one of all) await read(open(), one);
    await backgroundDone();
    expect(fetched).toHaveLength(5);
    const again = open();
    const texts = await Promise.all(all.map((one) => read(again, one)));
    expect(texts).toEqual(all.map(({ version, store }) => textOf('a', version, store)));
    expect(fetched).toHaveLength(5);
  });

  it('that were fetched one by one come to few files, of which none is lost', async () => {
    const cache = open();
    for (const one of many.slice(0, 40)) {
      await read(cache, one);
      await backgroundDone();
    }
    expect((await packs()).length).toBeLessThanOrEqual(8);
    for (const one of many.slice(0, 40)) await read(cache, one);
    const other = open();
    for (const one of many.slice(0, 40)) await read(other, one);
    expect(fetched).toHaveLength(40);
  });

  it('of a damaged file, and of one that is gone, are fetched again', async () => {
    const cache = open();
    for (const one of many.slice(0, 3)) await read(cache, one);
    await backgroundDone();
    for (const file of await packs()) {
      const bytes = await readFile(file);
      bytes[bytes.length - 1] = 0;
      await writeFile(file, bytes);
    }
    const damaged = open();
    expect(await read(damaged, object('2.json'))).toBe('2.json e http://s');
    expect(fetched).toEqual(['0.json', '1.json', '2.json', '2.json']);
    await backgroundDone();
    await open().clear();
    expect(await packs()).toEqual([]);
    expect(await read(open(), object('2.json'))).toBe('2.json e http://s');
    expect(fetched).toHaveLength(5);
  });

  it('of another size than is known from elsewhere are fetched again, and not kept', async () => {
    await read(open(), object('a'));
    await backgroundDone();
    const longer = { ...object('a'), sizeBytes: 100 };
    await read(open(), longer);
    await backgroundDone();
    await read(open(), longer);
    expect(fetched).toHaveLength(3);
    await read(open(), object('a'));
    expect(fetched).toHaveLength(3);
  });

  it('whose fetching fails are fetched by the next', async () => {
    const cache = open();
    const failing = cache.read(object('a'), () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await read(cache, object('a'))).toBe('a e http://s');
  });

  it('go when there are too many bytes', async () => {
    const cache = open(3000);
    for (const one of many) {
      await read(cache, one);
      if (Number.parseInt(one.uri.slice(-8).replace(/\D/g, ''), 10) % 10 === 0) await backgroundDone();
    }
    await backgroundDone();
    expect(await cache.sizeBytes()).toBeLessThan(10_000);
    expect(fetched).toHaveLength(200);
  });

  it('of one folder are bounded: the oldest are forgotten, and fetched again', async () => {
    const large = new Uint8Array(60_000);
    const at = (i: number): CachedObject => ({ ...object(`${i}.json`), sizeBytes: large.length });
    const readLarge = (cache: FileCache, i: number): Promise<Uint8Array> =>
      cache.read(at(i), async () => {
        fetched.push(`${i}`);
        return large;
      });
    const cache = open();
    for (let from = 0; from < 400; from += 80) {
      await Promise.all(Array.from({ length: 80 }, (_, i) => readLarge(cache, from + i)));
      await backgroundDone();
    }
    fetched = [];
    const other = open();
    await readLarge(other, 399);
    const sizes = await Promise.all((await packs()).map(async (file) => (await stat(file)).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(16_777_216);
    expect(sizes.length).toBeGreaterThan(1);
    expect(fetched).toEqual([]);
    await readLarge(other, 0);
    expect(fetched).toEqual(['0']);
  });
});
