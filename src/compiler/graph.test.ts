import { describe, expect, it } from 'vitest';
import { buildGraph } from './graph.ts';
import type { Manifest, ManifestNode } from './manifest.ts';
import { emptyManifest } from './parsing.ts';

function manifest(edges: Record<string, string[]>): Manifest {
  const made = emptyManifest({});
  for (const [id, nodes] of Object.entries(edges))
    made.nodes[id] = { depends_on: { macros: [], nodes } } as unknown as ManifestNode;
  return made;
}

describe('buildGraph', () => {
  it('puts parents before children, and otherwise keeps the order', () => {
    expect(buildGraph(manifest({ c: ['b'], b: ['a'], a: [], d: [] })).order).toEqual(['a', 'd', 'b', 'c']);
  });

  it('names the path of a cycle', () => {
    expect(() => buildGraph(manifest({ a: ['c'], b: ['a'], c: ['b'], d: ['a'] }))).toThrow(
      /a --> c --> b --> a/,
    );
  });

  it('finds a node that needs itself', () => {
    expect(() => buildGraph(manifest({ a: ['a'] }))).toThrow('a --> a');
  });
});
