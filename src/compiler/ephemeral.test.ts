import { describe, expect, it } from 'vitest';
import { injectCtes } from './ephemeral.ts';

const a = { name: 'a', sql: 'select 1' };
const b = { name: 'b', sql: 'select 2' };

describe('injectCtes', () => {
  it.each([
    ['puts a WITH in front', 'select * from a', [a], 'with a as (\nselect 1\n) select * from a'],
    ['lists several', 'select 1', [a, b], 'with a as (\nselect 1\n),  b as (\nselect 2\n) select 1'],
    [
      'joins a WITH that is there',
      'with q as (x) select 1',
      [a],
      'with  a as (\nselect 1\n), q as (x) select 1',
    ],
    [
      'finds WITH behind comments',
      '-- with x\n/* a /* b */ */ WITH q as (x) select 1',
      [a],
      '-- with x\n/* a /* b */ */ WITH  a as (\nselect 1\n), q as (x) select 1',
    ],
    [
      'keeps RECURSIVE',
      'with recursive q as (x) select 1',
      [a],
      'with recursive  a as (\nselect 1\n), q as (x) select 1',
    ],
    ['is not misled by a longer word', 'within(1)', [a], 'with a as (\nselect 1\n) within(1)'],
    ['changes nothing without any', 'select 1', [], 'select 1'],
  ])('%s', (_, sql, ctes, injected) => {
    expect(injectCtes(sql, ctes)).toBe(injected);
  });
});
