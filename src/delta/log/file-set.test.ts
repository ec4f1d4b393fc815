import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AddFile } from '../actions.ts';
import { testAdd } from '../contract.ts';
import { FileSet } from './file-set.ts';

const bytes = (files: Map<string, AddFile>): number =>
  [...files.values()].reduce((sum, file) => sum + file.sizeBytes, 0);

describe('FileSet', () => {
  it('is a map, whatever is packed below it and however often it is gone on from', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'delete', 'fork', 'shrink'),
      key: fc.integer({ min: 0, max: 400 }).map((n) => `f${n}`),
      count: fc.integer({ min: 1, max: 300 }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 400 })), fc.array(step), (first, steps) => {
        const packed = new Map(first.map((n) => [`f${n}`, testAdd(`f${n}`)]));
        let set: FileSet<AddFile> = FileSet.of(Object.assign(packed, { sizeBytes: bytes(packed) }));
        const model = new Map(packed);
        const frozen: [FileSet<AddFile>, Map<string, AddFile>][] = [];
        for (const { kind, key, count } of steps) {
          const from = Number(key.slice(1));
          const keys = Array.from({ length: count }, (_, i) => `f${from + i}`);
          if (kind === 'fork') {
            frozen.push([set, new Map(model)]);
            set = FileSet.from(set);
          }
          for (const each of keys) {
            if (kind === 'add') {
              set.add(testAdd(each));
              model.set(each, testAdd(each));
            } else if (kind === 'delete' || kind === 'shrink') {
              set.delete(each);
              model.delete(each);
            }
          }
        }
        for (const [actual, expected] of [...frozen, [set, model] as const]) {
          expect(actual.size).toBe(expected.size);
          expect(actual.sizeBytes).toBe(bytes(expected));
          expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
          expect([...actual.values()].map((f) => f.path).sort()).toEqual([...expected.keys()].sort());
          expect(new Map(actual)).toEqual(expected);
          for (let n = 0; n < 700; n += 7) {
            expect(actual.has(`f${n}`)).toBe(expected.has(`f${n}`));
            expect(actual.get(`f${n}`)).toEqual(expected.get(`f${n}`));
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
