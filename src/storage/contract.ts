/** The promises of `Storage`, as tests that every backend must pass. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileInfo, Storage } from './storage.ts';

/** A backend to test: fresh storage for each test, and how to be rid of it. */
export interface Backend {
  readonly storage: Storage;
  dispose(): Promise<void>;
}

/** Declares the contract tests for the backend that `open` makes. */
export function describeStorageContract(name: string, open: () => Promise<Backend>): void {
  describe(`${name} keeps the promises of Storage`, () => {
    let backend: Backend;
    let storage: Storage;
    beforeEach(async () => {
      backend = await open();
      storage = backend.storage;
    });
    afterEach(() => backend.dispose());

    it('reads back what was put, and what was created', async () => {
      await storage.put('a/b.txt', bytes('hello'));
      expect(await storage.putIfAbsent('a/c.txt', bytes('world'))).toEqual({ kind: 'created' });
      expect(text(await storage.read('a/b.txt'))).toBe('hello');
      expect(text(await storage.read('a/c.txt'))).toBe('world');
    });

    it('never overwrites what is there with putIfAbsent', async () => {
      await storage.putIfAbsent('x', bytes('first'));
      expect(await storage.putIfAbsent('x', bytes('second'))).toEqual({ kind: 'taken' });
      expect(text(await storage.read('x'))).toBe('first');
    });

    it('lets one of many racing creators win, and keeps that one', async () => {
      const tries = Array.from({ length: 20 }, (_, i) => storage.putIfAbsent('race/0', bytes(`writer ${i}`)));
      const outcomes = await Promise.all(tries);
      const winners = outcomes.flatMap((outcome, i) => (outcome.kind === 'created' ? [i] : []));
      expect(winners).toHaveLength(1);
      expect(text(await storage.read('race/0'))).toBe(`writer ${winners[0]}`);
    });

    it('replaces with put', async () => {
      await storage.put('x', bytes('a long first text'));
      await storage.put('x', bytes('short'));
      expect(text(await storage.read('x'))).toBe('short');
    });

    it('keeps its own copy of the bytes', async () => {
      const mine = bytes('mine');
      await storage.put('x', mine);
      mine[0] = 88;
      (await storage.read('x'))[1] = 88;
      expect(text(await storage.read('x'))).toBe('mine');
    });

    it('reads ranges, short at the end', async () => {
      await storage.put('x', bytes('0123456789'));
      expect(text(await storage.readRange('x', 2, 3))).toBe('234');
      expect(text(await storage.readRange('x', 8, 10))).toBe('89');
      expect(text(await storage.readRange('x', 20, 5))).toBe('');
    });

    it('says what is missing', async () => {
      await expect(storage.read('nothing')).rejects.toMatchObject({ code: 'storage.not-found' });
      await expect(storage.readRange('nothing', 0, 1)).rejects.toMatchObject({ code: 'storage.not-found' });
      expect(await storage.stat('nothing')).toBeUndefined();
      expect(await storage.stat('not/even/the/folder')).toBeUndefined();
    });

    it('tells size and time', async () => {
      await storage.put('a/x', bytes('12345'));
      const info = await storage.stat('a/x');
      expect(info).toMatchObject({ path: 'a/x', sizeBytes: 5 });
      expect(Math.abs((info?.modifiedMs ?? 0) - Date.now())).toBeLessThan(60_000);
      expect(await storage.stat('a')).toBeUndefined();
    });

    it('removes, also what is gone', async () => {
      await storage.put('a/x', bytes('1'));
      await storage.remove('a/x');
      await storage.remove('a/x');
      await storage.remove('never/was');
      expect(await storage.stat('a/x')).toBeUndefined();
      expect(await storage.putIfAbsent('a/x', bytes('2'))).toEqual({ kind: 'created' });
    });

    it('removes many at once, also what is gone', async () => {
      for (const path of ['a/1', 'a/2', 'b/1']) await storage.put(path, bytes(path));
      await storage.removeAll(['a/1', 'never/was', 'a/2']);
      await storage.removeAll([]);
      expect(await pathsOf(storage.list(''))).toEqual(['b/1']);
    });

    it('copies an object, and replaces only when told to', async () => {
      await storage.put('a/x', bytes('one'));
      await storage.copy('a/x', 'b/c/y');
      await storage.put('a/x', bytes('two'));
      expect(text(await storage.read('b/c/y'))).toBe('one');
      await storage.copy('a/x', 'b/c/y', { replace: true });
      expect(text(await storage.read('b/c/y'))).toBe('two');
      await storage.remove('a/x');
      expect(text(await storage.read('b/c/y'))).toBe('two');
      await expect(storage.copy('a/x', 'b/z')).rejects.toMatchObject({ code: 'storage.not-found' });
    });

    it('brings an object to a file of this machine', async () => {
      await storage.put('a/x', bytes('whole'));
      const folder = await mkdtemp(join(tmpdir(), 'boathouse-contract-'));
      try {
        const info = await storage.download('a/x', join(folder, 'here'));
        expect(info).toMatchObject({ path: 'a/x', sizeBytes: 5 });
        expect(await readFile(join(folder, 'here'), 'utf8')).toBe('whole');
        const missing = storage.download('a/none', join(folder, 'none'));
        await expect(missing).rejects.toMatchObject({ code: 'storage.not-found' });
        expect(await readdir(folder)).toEqual(['here']);
      } finally {
        await rm(folder, { recursive: true });
      }
      const local = await storage.openLocal('a/x');
      expect(await readFile(local.path, 'utf8')).toBe('whole');
      await local.release();
      expect(text(await storage.read('a/x'))).toBe('whole');
      await expect(storage.openLocal('a/none')).rejects.toMatchObject({ code: 'storage.not-found' });
    });

    it('tells an object by its etag from the one that replaced it, where it tells etags', async () => {
      await storage.put('a/x', bytes('one'));
      const first = await storage.stat('a/x');
      await storage.put('a/x', bytes('two'));
      const second = await storage.stat('a/x');
      const listed: FileInfo[] = [];
      for await (const info of storage.list('a/')) listed.push(info);
      expect(listed[0]?.etag).toBe(second?.etag);
      if (first?.etag !== undefined) expect(second?.etag).not.toBe(first.etag);
    });

    it('lists in UTF-8 byte order, folders in the place of their objects', async () => {
      const paths = ['b', 'a/z', 'a.b', 'a0', 'a/b/c', 'é', '\u{ff5e}', '\u{1f600}', 'Z'];
      for (const path of paths) await storage.put(path, bytes(path));
      const sorted = [...paths].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
      expect(await pathsOf(storage.list(''))).toEqual(sorted);
    });

    it('lists by prefix and after a path', async () => {
      for (const path of ['log/1', 'log/2', 'log/3', 'log/3/x', 'logs', 'other']) {
        if (path !== 'log/3/x') await storage.put(path, bytes('x'));
      }
      expect(await pathsOf(storage.list('log/'))).toEqual(['log/1', 'log/2', 'log/3']);
      expect(await pathsOf(storage.list('log'))).toEqual(['log/1', 'log/2', 'log/3', 'logs']);
      expect(await pathsOf(storage.list('log/', 'log/1'))).toEqual(['log/2', 'log/3']);
      expect(await pathsOf(storage.list('', 'log/2'))).toEqual(['log/3', 'logs', 'other']);
      expect(await pathsOf(storage.list('log/', 'log/0'))).toEqual(['log/1', 'log/2', 'log/3']);
      expect(await pathsOf(storage.list('none/'))).toEqual([]);
    });

    it.each(['../x', 'a/../../x', '/etc/passwd', 'a/..', 'file:///etc/passwd', 's3://bucket/x'])(
      'refuses %s, which leads outside',
      async (path) => {
        const refused = { code: 'storage.outside-root' };
        await expect(storage.read(path)).rejects.toMatchObject(refused);
        await expect(storage.stat(path)).rejects.toMatchObject(refused);
        await expect(storage.put(path, bytes('x'))).rejects.toMatchObject(refused);
        await expect(storage.putIfAbsent(path, bytes('x'))).rejects.toMatchObject(refused);
        await expect(storage.remove(path)).rejects.toMatchObject(refused);
        await expect(pathsOf(storage.list(`${path}/`))).rejects.toMatchObject(refused);
      },
    );

    it.each(['', 'a//b', './a', 'a/.', 'a/', 'a\0b'])('refuses %j, which names nothing', async (path) => {
      await expect(storage.read(path)).rejects.toMatchObject({ code: 'storage.bad-path' });
      await expect(storage.put(path, bytes('x'))).rejects.toMatchObject({ code: 'storage.bad-path' });
    });
  });
}

/** The UTF-8 bytes of `value`. */
export function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** The text of UTF-8 bytes. */
export function text(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}

/** The paths of a listing, in its order. */
export async function pathsOf(listing: AsyncIterable<FileInfo>): Promise<string[]> {
  const paths: string[] = [];
  for await (const info of listing) paths.push(info.path);
  return paths;
}
