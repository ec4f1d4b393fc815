import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../base/index.ts';
import { FaultyStorage, LocalStorage, MemoryStorage, type Storage } from '../../storage/index.ts';
import type { AddFile, DeletionVector } from '../actions.ts';
import { testAdd } from '../contract.ts';
import { readDeletionVectors, vectorPath, writeDeletionVectors } from './deletion-vectors.ts';
import { RowSet } from './row-set.ts';
import { decodeZ85, encodeZ85 } from './z85.ts';

const scattered = RowSet.of(Array.from({ length: 20_000 }, (_, i) => i * 3));

describe('deletion vectors', () => {
  it('come back as they were written, small ones in the log and the others in one file', async () => {
    const storage = new FaultyStorage(new MemoryStorage());
    const rows = new Map([
      ['few', RowSet.of([3, 4, 7])],
      ['many', scattered],
      ['more', RowSet.of(Array.from({ length: 9_000 }, (_, i) => i * 11))],
    ]);
    const { vectors, path } = await writeDeletionVectors(storage, rows, seededRandom(1));
    expect(storage.calls).toBe(1);
    expect(Array.from(vectors.values(), ({ storageType }) => storageType).sort()).toEqual(['i', 'u', 'u']);
    for (const [key, set] of rows) {
      expect([...(await read(storage, vectors.get(key) as DeletionVector))]).toEqual([...set]);
    }
    expect(vectorPath(vectors.get('many') as DeletionVector)).toBe(path);
    expect((await storage.read(path as string))[0]).toBe(1);
  });

  it('stand in a file once the log would carry too much', async () => {
    const rows = new Map(Array.from({ length: 200 }, (_, i) => [`f${i}`, RowSet.of([i, i + 5])]));
    const { vectors } = await writeDeletionVectors(new MemoryStorage(), rows, seededRandom(1));
    const inline = [...vectors.values()].filter(({ storageType }) => storageType === 'i');
    expect(inline.length).toBeGreaterThan(10);
    expect(inline.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThanOrEqual(4096);
  });

  it("are read as the protocol's example has them, in the older format", async () => {
    const pathOrInlineDv = 'wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L';
    const vector = { storageType: 'i', pathOrInlineDv, sizeBytes: 40, cardinality: 6 };
    expect([...(await read(new MemoryStorage(), vector))]).toEqual([3, 4, 7, 11, 18, 29]);
  });

  it('are found by the path that the protocol derives', () => {
    const vector = {
      storageType: 'u',
      pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^',
      offset: 4,
      sizeBytes: 40,
      cardinality: 6,
    };
    expect(vectorPath(vector)).toBe('ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin');
  });

  it('are read from an absolute path, and without an offset', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'boathouse-vectors-'));
    try {
      const source = new LocalStorage(join(folder, 'source with %20 and space'));
      const rows = new Map([['a', scattered]]);
      const { vectors, path } = await writeDeletionVectors(source, rows, seededRandom(1));
      const { offset: _, ...vector } = vectors.get('a') as DeletionVector;
      for (const absolute of [
        `${source.uri}/${path}`,
        `${join(folder, 'source%20with%20%2520%20and%20space')}/${path}`,
      ]) {
        const moved = { ...vector, storageType: 'p', pathOrInlineDv: absolute };
        expect((await read(new LocalStorage(join(folder, 'clone')), moved)).size).toBe(scattered.size);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a damaged deletion vector', () => {
  const written = async (): Promise<{ storage: MemoryStorage; vector: DeletionVector; path: string }> => {
    const storage = new MemoryStorage();
    const { vectors, path } = await writeDeletionVectors(
      storage,
      new Map([['a', scattered]]),
      seededRandom(1),
    );
    return { storage, vector: vectors.get('a') as DeletionVector, path: path as string };
  };
  const refused = expect.objectContaining({ code: 'delta.bad-deletion-vector' });

  it('is refused whatever byte of its file is wrong', async () => {
    const { storage, vector, path } = await written();
    const whole = await storage.read(path);
    // Every byte of the frame and of the headers, and some of the rest. The version isn't part of the vector.
    for (let at = 1; at < whole.length; at += at < 80 || at > whole.length - 8 ? 1 : 997) {
      const damaged = whole.slice();
      damaged[at] = (damaged[at] as number) ^ 0x55;
      await storage.put(path, damaged);
      await expect(read(storage, vector), `byte ${at}`).rejects.toEqual(refused);
    }
  });

  it('is refused wherever its file ends', async () => {
    const { storage, vector, path } = await written();
    const whole = await storage.read(path);
    for (const length of [1, 4, 5, 9, 100, whole.length - 5, whole.length - 1]) {
      await storage.put(path, whole.subarray(0, length));
      await expect(read(storage, vector), `${length} bytes`).rejects.toEqual(refused);
    }
  });

  it.each([
    ['another size', { sizeBytes: 12 }],
    ['a size that is none', { sizeBytes: -1 }],
    ['another count', { cardinality: 19_999 }],
    ['another place', { offset: 7 }],
    ['a place nobody knows', { storageType: 'x' }],
    ['a file that is not there', { pathOrInlineDv: encodeZ85(new Uint8Array(16)) }],
    ['a name that is none', { pathOrInlineDv: 'short' }],
    ['text that is no text of bytes', { storageType: 'i', pathOrInlineDv: '"""""' }],
    ['text of bytes that are no vector', { storageType: 'i', pathOrInlineDv: encodeZ85(new Uint8Array(40)) }],
    ['no text at all', { storageType: 'i', pathOrInlineDv: '' }],
  ] satisfies [string, Partial<DeletionVector>][])('is refused when the log gives %s', async (_, wrong) => {
    const { storage, vector } = await written();
    await expect(read(storage, { ...vector, ...wrong })).rejects.toEqual(refused);
  });
});

describe('Z85', () => {
  it.each([0, 4, 8, 16])('gives back %i bytes', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => 255 - i * 7);
    expect(decodeZ85(encodeZ85(bytes))).toEqual(bytes);
  });

  it('is as its specification has it', () => {
    expect(encodeZ85(Uint8Array.from([0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b]))).toBe('HelloWorld');
    expect(() => decodeZ85('Hello!')).toThrow('fives');
    expect(() => decodeZ85('%%%%%#####'.slice(5))).toThrow();
  });
});

async function read(storage: Storage, deletionVector: DeletionVector): Promise<RowSet> {
  const file: AddFile = { ...testAdd('a'), deletionVector };
  return [...(await readDeletionVectors([file], storage)).values()][0] as RowSet;
}
