import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { secrets } from '../base/index.ts';
import { bytes, describeStorageContract, pathsOf, text } from './contract.ts';
import { FaultyStorage } from './faulty.ts';
import { LocalStorage } from './local.ts';
import { MemoryStorage } from './memory.ts';
import { openStorage } from './open.ts';
import { compareUtf8 } from './paths.ts';

const nothing = async (): Promise<void> => undefined;

describeStorageContract('MemoryStorage', async () => ({ storage: new MemoryStorage(), dispose: nothing }));

describeStorageContract('FaultyStorage without faults', async () => ({
  storage: new FaultyStorage(new MemoryStorage()),
  dispose: nothing,
}));

describeStorageContract('LocalStorage', () => openFolder('auto'));

describeStorageContract('LocalStorage without hard links', () => openFolder('never'));

async function openFolder(links: 'auto' | 'never') {
  const root = await mkdtemp(join(tmpdir(), 'boathouse-storage-'));
  return {
    storage: new LocalStorage(join(root, 'made later'), { links }),
    dispose: () => rm(root, { recursive: true }),
  };
}

describe('FaultyStorage', () => {
  it.each([
    ['before', 'nothing happened', undefined],
    ['lost-reply', 'it happened', 'x'],
    ['torn', 'only debris beside it', undefined],
  ] as const)('fails a create in the way of %s: %s', async (fault, _, left) => {
    const memory = new MemoryStorage();
    const storage = new FaultyStorage(memory, new Map([[1, fault]]));
    await expect(storage.putIfAbsent('log/0', bytes('x'))).rejects.toMatchObject({
      code: 'storage.unreachable',
      retryable: true,
    });
    expect(await memory.read('log/0').then(text, () => undefined)).toBe(left);
    expect(storage.calls).toBe(1);
    expect((await storage.putIfAbsent('log/0', bytes('y'))).kind).toBe(left ? 'taken' : 'created');
  });

  it('breaks a listing off in the middle', async () => {
    const memory = new MemoryStorage();
    for (const path of ['1', '2', '3', '4']) await memory.put(path, bytes('x'));
    const seen: string[] = [];
    const list = async (): Promise<void> => {
      for await (const info of new FaultyStorage(memory, new Map([[1, 'torn']])).list(''))
        seen.push(info.path);
    };
    await expect(list()).rejects.toMatchObject({ code: 'storage.unreachable' });
    expect(seen).toEqual(['1', '2']);
  });
});

describe('openStorage', () => {
  it('takes a plain path, a file URI, and file: with a relative path', () => {
    expect(openStorage('/tmp/a b').uri).toBe('file:///tmp/a%20b');
    expect(openStorage(pathToFileURL('/tmp/a b').href).uri).toBe('file:///tmp/a%20b');
    expect(openStorage('lake').uri).toBe(pathToFileURL(join(process.cwd(), 'lake')).href);
    expect(openStorage('file:lake').uri).toBe(pathToFileURL(join(process.cwd(), 'lake')).href);
  });

  it('gives the same memory for the same name', async () => {
    await openStorage('memory:shared-by-name').put('x', bytes('1'));
    expect(await pathsOf(openStorage('memory:shared-by-name').list(''))).toEqual(['x']);
    expect(await pathsOf(openStorage('memory:another').list(''))).toEqual([]);
  });

  it.each([
    ['s3://bucket', 's3://bucket'],
    ['s3://bucket/', 's3://bucket'],
    ['s3a://bucket/lake/', 's3://bucket/lake'],
    ['S3n://bucket/lake/silver', 's3://bucket/lake/silver'],
  ])('takes %s', (uri, canonical) => {
    const storage = openStorage(uri);
    expect(storage.uri).toBe(canonical);
    expect(storage.locate('a b/part-0.parquet')).toBe(`${canonical}/a b/part-0.parquet`);
  });

  it.each(['s3://', 's3:///key', 's3://bucket/a//b', 's3://bucket/../x', 's3://b@d/x'])(
    'refuses %s, which names no place in a bucket',
    (uri) => {
      expect(() => openStorage(uri)).toThrow(expect.objectContaining({ code: 'storage.bad-path' }));
    },
  );

  it.each(['gs://bucket', 'abfss://c@a.dfs.core.windows.net/x'])('refuses %s by its scheme', (uri) => {
    const scheme = uri.split(':')[0];
    expect(() => openStorage(uri)).toThrow(expect.objectContaining({ code: 'storage.unsupported-scheme' }));
    expect(() => openStorage(uri)).toThrow(`'${scheme}'`);
  });

  it.each(['file:///%zz', 'file://host/share', 'file:%zz'])('refuses %s, which is no path', (uri) => {
    expect(() => openStorage(uri)).toThrow(
      expect.objectContaining({ code: 'storage.bad-path', hint: expect.stringContaining('file:///') }),
    );
  });

  it('ignores AWS options for a local path, and masks their secrets', () => {
    const options = {
      AWS_ACCESS_KEY_ID: 'AKIA',
      AWS_SECRET_ACCESS_KEY: 'very-secret-key',
      AWS_REGION: 'eu-west-1',
    };
    expect(openStorage('/tmp/x', options).uri).toBe('file:///tmp/x');
    expect(secrets.scrub('key=very-secret-key in eu-west-1')).toBe('key=***** in eu-west-1');
  });
});

describe('compareUtf8', () => {
  it('agrees with comparing the bytes', () => {
    const samples = [
      '',
      'a',
      'ab',
      'é',
      'z',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
      'a\u{1f600}',
      'a\uff00',
    ];
    for (const a of samples) {
      for (const b of samples) {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }
    }
  });
});
