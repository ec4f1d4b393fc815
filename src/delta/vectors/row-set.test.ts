import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../base/index.ts';
import { RowSet } from './row-set.ts';

/** Sets of every shape: few rows, scattered ones, long runs, several containers, rows beyond 32 bits. */
const shapes: [string, number[]][] = [
  ['none', []],
  ['the first row', [0]],
  ['rows in any order, some twice', [9, 3, 9, 70_000, 0, 3]],
  ['the ends of containers', [65_535, 65_536, 131_071, 131_072]],
  ['every second row', Array.from({ length: 60_000 }, (_, i) => i * 2)],
  ['one long run', Array.from({ length: 200_000 }, (_, i) => i + 5)],
  ['a run of a whole container', Array.from({ length: 65_536 }, (_, i) => i + 65_536)],
  ['exactly as many as a list takes', Array.from({ length: 4096 }, (_, i) => i * 3)],
  ['one more than a list takes', Array.from({ length: 4097 }, (_, i) => i * 3)],
  ['rows beyond 32 bits', [1, 2 ** 32, 2 ** 32 + 1, 2 ** 40, 2 ** 52]],
  ['five containers, one of them a run', [1, 65_536, 131_072, 196_608, 262_144, 262_145, 262_146, 262_147]],
];

const sorted = (rows: Iterable<number>): number[] => [...new Set(rows)].sort((a, b) => a - b);

describe('a set of rows', () => {
  it.each(shapes)('holds %s', (_, rows) => {
    const set = RowSet.of(rows);
    const expected = sorted(rows);
    expect([...set]).toEqual(expected);
    expect(set.size).toBe(expected.length);
    expect(set.last).toBe(expected.at(-1) ?? -1);
    for (const row of expected.slice(0, 100)) {
      expect(set.has(row)).toBe(true);
      expect(set.has(row + 1)).toBe(expected.includes(row + 1));
    }
    expect(
      set.ranges().flatMap(({ start, end }) => (end - start > 300_000 ? [] : [...span(start, end)])),
    ).toEqual(expected);
  });

  it.each(shapes)('is the same after its bytes were written and read: %s', (_, rows) => {
    const set = RowSet.of(rows);
    const again = RowSet.parse(set.serialize());
    expect([...again]).toEqual([...set]);
    expect([...again.union(set)]).toEqual([...set]);
    expect(again.difference(set).size).toBe(0);
    expect(again.intersects(set)).toBe(set.size > 0);
  });

  it.each(Array.from({ length: 40 }, (_, seed) => [seed]))('combines as sets do (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const some = (): number[] => {
      const base = Math.floor(random.fraction() * 4) * 60_000;
      if (random.fraction() < 0.4) return [...span(base, base + Math.floor(random.fraction() * 90_000))];
      const spread = random.fraction() < 0.5 ? 9_000 : 150_000;
      return Array.from(
        { length: Math.floor(random.fraction() * 9_000) },
        () => base + Math.floor(random.fraction() * spread),
      );
    };
    const [a, b] = [some(), some()];
    // Runs exist only in sets that were read.
    const [left, right] = [RowSet.parse(RowSet.of(a).serialize()), RowSet.of(b)];
    const [inA, inB] = [new Set(a), new Set(b)];
    const check = (mine: RowSet, theirs: RowSet, inMine: Set<number>, inTheirs: Set<number>): void => {
      expect([...mine.union(theirs)]).toEqual(sorted([...inMine, ...inTheirs]));
      expect([...mine.difference(theirs)]).toEqual(sorted(inMine).filter((row) => !inTheirs.has(row)));
      expect(mine.intersects(theirs)).toBe([...inMine].some((row) => inTheirs.has(row)));
    };
    check(left, right, inA, inB);
    check(right, left, inB, inA);
  });

  it('is made of ranges, which may overlap', () => {
    const set = RowSet.ofRanges([
      { start: 65_000, end: 140_000 },
      { start: 3, end: 3 },
      { start: 10, end: 20 },
      { start: 15, end: 25 },
    ]);
    expect(set.ranges()).toEqual([
      { start: 10, end: 25 },
      { start: 65_000, end: 140_000 },
    ]);
  });

  it('takes numbers and bigints alike', () => {
    expect([...RowSet.of(new BigInt64Array([5n, 1n]))]).toEqual([1, 5]);
    expect(RowSet.of([7]).has(7n)).toBe(true);
  });

  it('takes no room to speak of when its rows follow each other', () => {
    expect(RowSet.ofRanges([{ start: 0, end: 100_000_000 }]).serialize().length).toBeLessThan(25_000);
  });
});

describe('bytes that are no set', () => {
  const whole = RowSet.of([1, 2, 3, 70_000, 90_000, 150_000]).serialize();

  it('say so when they end early, wherever that is', () => {
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => RowSet.parse(whole.subarray(0, length)), `${length} bytes`).toThrow();
    }
  });

  it('never give rows out of order, whatever byte is wrong', () => {
    for (let at = 0; at < whole.length; at += 1) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const damaged = whole.slice();
        damaged[at] = value;
        let rows: number[];
        try {
          rows = [...RowSet.parse(damaged)];
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          continue;
        }
        expect(rows).toEqual(sorted(rows));
      }
    }
  });
});

function* span(start: number, end: number): Generator<number> {
  for (let row = start; row < end; row += 1) yield row;
}
