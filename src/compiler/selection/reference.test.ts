/** Selection against naive implementations: of the graph operators, of patterns, of the sets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob, matchesPath } from './glob.ts';
import { type Sample, sampleManifest } from './scratch-manifest.ts';
import { selectNodes } from './select-nodes.ts';

/** A random acyclic graph: each node may need any before it. Every third one is a test. */
const graphs = fc
  .array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
  .map((parents): Sample[] => {
    const id = (i: number): string => (i % 3 === 2 ? `test.shop.n${i}` : `model.shop.n${i}`);
    return parents.map((list, i) => ({
      id: id(i),
      parents: [...new Set(i === 0 ? [] : list.map((p) => p % i))].filter((p) => p % 3 !== 2).map(id),
      tags: [`t${i % 2}`],
    }));
  });

/** Every way from `from` to `to` that follows parents, in at most `depth` steps: by brute force. */
function isAbove(samples: readonly Sample[], to: string, from: string, depth: number): boolean {
  if (depth <= 0) return false;
  const parents = samples.find((s) => s.id === from)?.parents ?? [];
  return parents.some((parent) => parent === to || isAbove(samples, to, parent, depth - 1));
}

describe('graph operators', () => {
  it('agree with walking every path', () => {
    fc.assert(
      fc.property(graphs, fc.nat(11), fc.nat(4), fc.boolean(), (samples, pick, depth, isUp) => {
        const start = samples[pick % samples.length]!.id;
        const name = start.split('.').at(-1);
        const select = isUp ? `${depth}+${name}` : `${name}+${depth}`;
        const found = selectNodes(sampleManifest(samples), { select: [select], indirectSelection: 'empty' });
        const expected = samples
          .map((s) => s.id)
          .filter((id) => id === start || isAbove(samples, isUp ? id : start, isUp ? start : id, depth));
        expect([...found].sort()).toEqual(expected.sort());
      }),
    );
  });

  it('@ is children, and all parents of those', () => {
    fc.assert(
      fc.property(graphs, fc.nat(11), (samples, pick) => {
        const start = samples[pick % samples.length]!.id;
        const below = samples
          .map((s) => s.id)
          .filter((id) => id === start || isAbove(samples, start, id, 99));
        const expected = samples
          .map((s) => s.id)
          .filter((id) => below.includes(id) || below.some((child) => isAbove(samples, id, child, 99)));
        const select = [`@${start.split('.').at(-1)}`];
        const found = selectNodes(sampleManifest(samples), { select, indirectSelection: 'empty' });
        expect([...found].sort()).toEqual(expected.sort());
      }),
    );
  });
});

describe('sets', () => {
  const words = fc.constantFrom(
    'tag:t0',
    'tag:t1',
    'n1+',
    '+n5',
    'n2',
    'n3',
    '@n4',
    'resource_type:test',
    'nothing',
  );
  it('agree with set arithmetic over what each part selects', () => {
    fc.assert(
      fc.property(
        graphs,
        fc.array(fc.array(words, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
        fc.array(words, { maxLength: 2 }),
        (samples, select, exclude) => {
          const manifest = sampleManifest(samples);
          const one = (word: string): Set<string> =>
            selectNodes(manifest, { select: [word], indirectSelection: 'empty' });
          const expected = samples
            .map((s) => s.id)
            .filter((id) => select.some((parts) => parts.every((part) => one(part).has(id))))
            .filter((id) => !exclude.some((word) => one(word).has(id)));
          const found = selectNodes(manifest, {
            select: select.map((parts) => parts.join(',')),
            exclude,
            indirectSelection: 'empty',
          });
          expect([...found].sort()).toEqual(expected.sort());
        },
      ),
    );
  });
});

describe('indirect selection', () => {
  it('adds the tests that a naive reading of each mode adds', () => {
    fc.assert(
      fc.property(
        graphs,
        fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 4 }),
        fc.constantFrom('eager' as const, 'cautious' as const, 'buildable' as const),
        (samples, picks, mode) => {
          const chosen = new Set(picks.map((p) => samples[p % samples.length]!.id));
          const select = [...chosen].map((id) => id.split('.').at(-1) ?? '');
          const above = samples
            .map((s) => s.id)
            .filter((id) => [...chosen].some((c) => isAbove(samples, id, c, 99)));
          const there = mode === 'buildable' ? new Set([...chosen, ...above]) : chosen;
          const tests = samples.filter((s) => {
            const parents = s.parents ?? [];
            if (!s.id.startsWith('test.') || !parents.some((p) => chosen.has(p))) return false;
            return mode === 'eager' || parents.every((p) => there.has(p));
          });
          const found = selectNodes(sampleManifest(samples), { select, indirectSelection: mode });
          expect([...found].sort()).toEqual([...new Set([...chosen, ...tests.map((t) => t.id)])].sort());
        },
      ),
    );
  });
});

/** The pattern language by definition: try every way to match. */
function naiveGlob(text: string, pattern: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') {
    return Array.from({ length: text.length + 1 }, (_, i) => text.slice(i)).some((rest) =>
      naiveGlob(rest, pattern.slice(1)),
    );
  }
  if (text === '') return false;
  return (pattern[0] === '?' || pattern[0] === text[0]) && naiveGlob(text.slice(1), pattern.slice(1));
}

describe('patterns', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', '_'), maxLength: 6 });
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '_', '*', '?'), maxLength: 5 });
  it('match what trying every way matches', () => {
    fc.assert(
      fc.property(letters, patterns, (text, pattern) => {
        expect(matchesGlob(text, pattern)).toBe(naiveGlob(text, pattern));
      }),
    );
  });

  it.each([
    ['a', '[abc]', true],
    ['d', '[!abc]', true],
    ['b', '[a-c]', true],
    ['b', '[c-a]', false],
    [']', '[]]', true],
    ['[', '[', true],
    ['^', '[^]', true],
  ])('%s against %s', (text, pattern, matches) => {
    expect(matchesGlob(text, pattern)).toBe(matches);
  });

  it.each([
    ['models/a/b.sql', 'models', true],
    ['models/a/b.sql', './models/a/', true],
    ['models/a/b.sql', 'models/*', true],
    ['models/a/b.sql', 'model', false],
    ['models/a/b.sql', 'models/*.sql', false],
    ['models/a/c/b.sql', 'models/**/b.sql', true],
    ['models/b.sql', 'models/**/b.sql', true],
    ['models/a/b.sql', '*/a', true],
  ])('the path %s against %s', (path, pattern, matches) => {
    expect(matchesPath(path, pattern)).toBe(matches);
  });
});
