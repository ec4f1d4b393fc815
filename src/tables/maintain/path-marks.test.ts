import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathMarks } from './path-marks.ts';

describe('marks of paths', () => {
  it('know what was named, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), fc.nat(), (named, others, salt) => {
        const marks = new PathMarks(salt);
        for (const path of named) marks.add(path);
        expect(named.every((path) => marks.has(path))).toBe(true);
        const told = others.filter((path) => marks.has(path));
        expect(told).toEqual(others.filter((path) => named.includes(path)));
      }),
    );
  });

  it('stay apart for hundreds of thousands of paths that are much alike', () => {
    const path = (i: number): string => `day=${i % 97}/part-${String(i).padStart(5, '0')}-c000.parquet`;
    const marks = new PathMarks(7);
    for (let i = 0; i < 300_000; i += 1) marks.add(path(i));
    let missed = 0;
    let mistaken = 0;
    for (let i = 0; i < 300_000; i += 1) {
      if (!marks.has(path(i))) missed += 1;
      if (marks.has(path(300_000 + i))) mistaken += 1;
    }
    expect([missed, mistaken]).toEqual([0, 0]);
  });
});
