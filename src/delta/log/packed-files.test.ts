import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedFiles } from './packed-files.ts';
import { unpackAdd, unpackRemove } from './packed-row.ts';

/** A row as the engine packs it. */
function packed(file: {
  path: string;
  vector?: string;
  partitions?: string;
  extras?: string;
  stats?: string;
  size?: number | string;
  time?: number;
  dataChange?: 0 | 1;
}): string {
  const { path, vector, partitions, extras, stats, size = 1, time = 2, dataChange = 0 } = file;
  const length = (text: string | undefined): number | '' =>
    text === undefined ? '' : Buffer.byteLength(text);
  const odd = /%|:|\/\/|\/\.|^\/|^\./.test(path) ? 1 : 0;
  const lengths = [path, vector, partitions, extras, stats].map(length).join(' ');
  return `${lengths} ${size} ${time} ${dataChange} ${odd}\n${path}${vector ?? ''}${partitions ?? ''}${extras ?? ''}${stats ?? ''}`;
}

function addsOf(...blocks: string[][]): PackedFiles<ReturnType<typeof unpackAdd>> {
  const files = new PackedFiles('memory:t', unpackAdd);
  for (const rows of blocks) files.addBlock(Buffer.from(rows.join('')), '_delta_log/x.checkpoint.parquet');
  return files;
}

describe('PackedFiles', () => {
  it('makes the actions of the rows', () => {
    const vector = { storageType: 'u', pathOrInlineDv: 'ab', offset: 4, sizeInBytes: 40, cardinality: 6 };
    const files = addsOf(
      [
        packed({
          path: 'a%20b/ü',
          partitions: '{"day":"2024","x":null}',
          stats: '{"max":{"d":-Infinity,"s":"NaN"}}',
          dataChange: 1,
        }),
      ],
      [
        packed({
          path: 'c',
          vector: 'uab@4',
          extras: JSON.stringify({ tags: { k: 'v' }, deletionVector: vector }),
        }),
      ],
    );
    expect([...files.entries()]).toEqual([
      [
        'a b/ü',
        {
          kind: 'add',
          path: 'a b/ü',
          logPath: 'a%20b/ü',
          partitionValues: new Map([
            ['day', '2024'],
            ['x', null],
          ]),
          sizeBytes: 1,
          modifiedMs: 2,
          dataChange: true,
          stats: '{"max":{"d":null,"s":"NaN"}}',
        },
      ],
      [
        'c\0uab@4',
        {
          kind: 'add',
          path: 'c',
          logPath: 'c',
          partitionValues: new Map(),
          sizeBytes: 1,
          modifiedMs: 2,
          dataChange: false,
          tags: new Map([['k', 'v']]),
          deletionVector: {
            storageType: 'u',
            pathOrInlineDv: 'ab',
            offset: 4,
            sizeBytes: 40,
            cardinality: 6,
          },
        },
      ],
    ]);
    const removes = new PackedFiles('memory:t', unpackRemove);
    removes.addBlock(Buffer.from(packed({ path: 'x', size: '' })), 'file');
    expect(removes.get('x')).toEqual({
      kind: 'remove',
      path: 'x',
      logPath: 'x',
      dataChange: false,
      deletedAtMs: 2,
    });
  });

  it('behaves as a map of the same files would, with any paths', () => {
    const path = fc.oneof(
      fc.webPath({ size: 'small' }).map((p) => `f${p}`),
      fc.constantFrom('a', 'a/b', 'a%2Fb', './a', 'ä', 'file:/a', 'x//y', 'x/y'),
      fc.string({ minLength: 1, unit: 'grapheme' }).filter((p) => !/[%\0\ud800-\udfff]|\.\.|^\/|:/.test(p)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(path, fc.constantFrom(undefined, 'uab', 'ix@1'))), (rows) => {
        const files = addsOf(
          ...rows.map(([p, vector], i) => [
            packed({ path: p, size: i, ...(vector === undefined ? {} : { vector }) }),
          ]),
        );
        const expected = new Map([...files.entries()]);
        expect(files.size).toBe(expected.size);
        expect([...files.keys()]).toEqual([...expected.keys()]);
        for (const [key, file] of expected) {
          expect(files.has(key)).toBe(true);
          expect(files.get(key)).toEqual(file);
          const last = rows.findLastIndex(
            ([p, v], i) =>
              i >= file.sizeBytes &&
              files.get(key)?.logPath === p &&
              key.includes('\0') === (v !== undefined),
          );
          expect(last).toBeGreaterThanOrEqual(file.sizeBytes);
        }
        expect(files.has('not there')).toBe(false);
      }),
    );
  });

  it('keeps the last of those with one key, also when there are thousands', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => packed({ path: `f${i % 3000}`, size: i }));
    const files = addsOf(rows.slice(0, 2048), rows.slice(2048));
    expect(files.size).toBe(3000);
    expect(files.get('f0')?.sizeBytes).toBe(3000);
    expect(files.get('f2999')?.sizeBytes).toBe(2999);
    expect(new Set(files.keys()).size).toBe(3000);
  });

  it.each([
    ['cut short', packed({ path: 'abc' }).slice(0, -1)],
    ['garbage', 'garbage'],
    ['without a path', '     1 2 0 0\n'],
    ['with a path that is none', packed({ path: '%zz' })],
    ['with a path that climbs out', packed({ path: '../x' })],
  ])('refuses a row that is %s, and names the file', (_, row) => {
    expect(() => addsOf([row])).toThrow(
      expect.objectContaining({
        code: 'delta.corrupt-log',
        message: expect.stringContaining('x.checkpoint.parquet'),
      }),
    );
  });

  it.each([
    ['without a size', packed({ path: 'a', size: '' })],
    ['with partition values that are none', packed({ path: 'a', partitions: '{"a":' })],
    ['with tags that are none', packed({ path: 'a', extras: '{"tags":3,"baseRowId":"x"}' })],
  ])('refuses a file %s once it is looked at', (_, row) => {
    expect(() => [...addsOf([row]).values()]).toThrow(expect.objectContaining({ code: 'delta.corrupt-log' }));
  });
});
