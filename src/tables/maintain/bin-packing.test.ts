import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../base/index.ts';
import { packBins, packRuns } from './bin-packing.ts';

const own = (size: number): number => size;

describe('packBins', () => {
  it.each([
    ['nothing', [], []],
    ['what fits together', [1, 2, 3], [[1, 2, 3]]],
    ['what is too large alone', [20, 1], [[20], [1]]],
    [
      'into the first that has room',
      [6, 6, 4, 4],
      [
        [6, 4],
        [6, 4],
      ],
    ],
    [
      'exactly full',
      [5, 5, 5, 5],
      [
        [5, 5],
        [5, 5],
      ],
    ],
  ])('puts %s', (_, sizes, bins) => {
    expect(packBins(sizes, own, 10)).toEqual(bins);
  });

  it('loses nothing, keeps within the size, and leaves no two that would fit into one', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 50; round += 1) {
      const sizes = Array.from({ length: 60 }, () => 1 + Math.floor(random.fraction() * 90));
      const bins = packBins(sizes, own, 100);
      expect(bins.flat().sort()).toEqual([...sizes].sort());
      const sums = bins.map((bin) => bin.reduce((a, b) => a + b, 0)).sort((a, b) => a - b);
      expect(sums.at(-1)).toBeLessThanOrEqual(100);
      if (sums.length > 1) expect((sums[0] as number) + (sums[1] as number)).toBeGreaterThan(100);
    }
  });
});

describe('packRuns', () => {
  it('ends a run where the next would be too much, or too many', () => {
    expect(packRuns([4, 4, 4, 20, 1, 1, 1, 1], own, 10, 3)).toEqual([[4, 4], [4], [20], [1, 1, 1], [1]]);
  });
});
