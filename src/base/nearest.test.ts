import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from './nearest.ts';

describe('nearest', () => {
  it.each([
    ['finds swapped letters', 'ordres', ['customers', 'orders'], 'orders'],
    ['finds a missing letter', 'materialzed', ['materialized', 'meta'], 'materialized'],
    ['ignores letter case', 'ORDERS', ['orders'], 'orders'],
    ['offers nothing far away', 'orders', ['payments'], undefined],
    ['offers nothing from nothing', 'orders', [], undefined],
  ])('%s', (_, wanted, candidates, expected) => {
    expect(nearest(wanted, candidates)).toBe(expected);
  });

  it('speaks as a question', () => {
    expect(didYouMean('ordres', ['orders'])).toBe("Did you mean 'orders'?");
  });
});
