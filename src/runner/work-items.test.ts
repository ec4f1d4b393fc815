import { describe, expect, it } from 'vitest';
import { type ProjectGraph, planWorkItems } from './work-items.ts';

/** A graph from `child: parents`; ids that start with `test` are tests. */
function graphOf(parents: Record<string, string[]>): ProjectGraph {
  return {
    parentsOf: (id) => parents[id] ?? [],
    childrenOf: (id) => Object.keys(parents).filter((child) => parents[child]!.includes(id)),
    isUnitTest: (id) => id.startsWith('unit_test.'),
    isTest: (id) => id.startsWith('test'),
  };
}

function waits(graph: ProjectGraph, ids: string[], testsBlock: boolean): Record<string, readonly string[]> {
  return Object.fromEntries(planWorkItems(graph, ids, { testsBlock }).map((item) => [item.id, item.after]));
}

describe('planWorkItems', () => {
  it.each([
    ['keeps the edges between what is selected', { a: [], b: ['a'] }, ['a', 'b'], false, { a: [], b: ['a'] }],
    [
      'sees through what is not selected',
      { a: [], eph: ['a'], eph2: ['eph'], b: ['eph2'] },
      ['a', 'b'],
      false,
      { a: [], b: ['a'] },
    ],
    [
      'lets nothing wait for tests outside a build',
      { a: [], b: ['a'], test1: ['a'] },
      ['a', 'b', 'test1'],
      false,
      { a: [], b: ['a'], test1: ['a'] },
    ],
    [
      'puts a unit test behind what its model waits for, and before the model, in a build',
      { a: [], b: ['a'], c: ['b'], test1: ['a'], 'unit_test.x': ['b'], 'unit_test.y': ['b'] },
      ['unit_test.x', 'unit_test.y', 'a', 'b', 'c', 'test1'],
      true,
      {
        a: [],
        b: ['a', 'test1', 'unit_test.x', 'unit_test.y'],
        c: ['b'],
        test1: ['a'],
        'unit_test.x': ['a', 'test1'],
        'unit_test.y': ['a', 'test1'],
      },
    ],
    [
      'leaves a unit test alone when its model is not built',
      { a: [], b: ['a'], 'unit_test.x': ['b'] },
      ['a', 'unit_test.x'],
      true,
      { a: [], 'unit_test.x': ['a'] },
    ],
    [
      'puts a test before what reads the tested node in a build',
      { a: [], b: ['a'], c: ['b'], test1: ['a'] },
      ['a', 'b', 'c', 'test1'],
      true,
      { a: [], b: ['a', 'test1'], c: ['b'], test1: ['a'] },
    ],
    [
      'puts a test before what reads the tested node through an ephemeral model',
      { a: [], eph: ['a'], c: ['eph'], test1: ['a'] },
      ['a', 'c', 'test1'],
      true,
      { a: [], c: ['a', 'test1'], test1: ['a'] },
    ],
    [
      'puts a test before the tests of an ephemeral model that reads the tested node',
      { a: [], eph: ['a'], test1: ['a'], test2: ['eph'], test3: ['a', 'eph'] },
      ['a', 'test1', 'test2', 'test3'],
      true,
      { a: [], test1: ['a'], test2: ['a', 'test1'], test3: ['a', 'test1'] },
    ],
    [
      'puts a test of two parents only before what reads both',
      { a: [], b: [], onlyA: ['a'], both: ['onlyA', 'b'], test1: ['a', 'b'] },
      ['a', 'b', 'onlyA', 'both', 'test1'],
      true,
      { a: [], b: [], both: ['b', 'onlyA', 'test1'], onlyA: ['a'], test1: ['a', 'b'] },
    ],
    [
      'never lets a node wait for a test that waits for the node',
      { a: [], b: ['a'], test1: ['a', 'b'] },
      ['a', 'b', 'test1'],
      true,
      { a: [], b: ['a'], test1: ['a', 'b'] },
    ],
    [
      'puts a test of a source before what reads the source',
      { 'source.x': [], a: ['source.x'], test1: ['source.x'] },
      ['a', 'test1'],
      true,
      { a: ['test1'], test1: [] },
    ],
  ] satisfies [string, Record<string, string[]>, string[], boolean, Record<string, string[]>][])(
    '%s',
    (_, parents, ids, testsBlock, expected) => {
      expect(waits(graphOf(parents), ids, testsBlock)).toEqual(expected);
    },
  );
});
