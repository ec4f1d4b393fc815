/**
 * Who needs whom: the manifest's nodes as a directed graph.
 *
 * Edges come from `depends_on.nodes`. Order is stable: topological first, then as the manifest lists them.
 */
import { compilerErrors } from './errors.ts';
import type { Manifest } from './manifest.ts';

/** The graph of a manifest. Immutable. */
export interface Graph {
  readonly parents: ReadonlyMap<string, readonly string[]>;
  readonly children: ReadonlyMap<string, readonly string[]>;
  /** Every id, parents before children. */
  readonly order: readonly string[];
}

/**
 * The graph of everything that depends on something: nodes, sources, exposures, unit tests, metrics,
 * saved queries, semantic models and functions. Pure.
 *
 * @throws compiler.cycle naming the path.
 */
export function buildGraph(manifest: Manifest): Graph {
  const parents = new Map<string, string[]>();
  const children = new Map<string, string[]>();
  for (const [id, depends] of dependenciesOf(manifest)) {
    parents.set(id, [...new Set(depends)]);
    if (!children.has(id)) children.set(id, []);
  }
  for (const [id, above] of parents) {
    for (const parent of above) {
      const below = children.get(parent);
      if (below) below.push(id);
    }
  }
  return { parents, children, order: topologicalOrder(parents, children) };
}

/** Every id of the manifest with the ids it depends on. */
export function* dependenciesOf(manifest: Manifest): Iterable<[string, readonly string[]]> {
  for (const [id, node] of Object.entries(manifest.nodes)) yield [id, node.depends_on.nodes ?? []];
  for (const id of Object.keys(manifest.sources)) yield [id, []];
  for (const [id, node] of Object.entries(manifest.exposures)) yield [id, node.depends_on.nodes];
  const rest = [manifest.metrics, manifest.semantic_models, manifest.saved_queries, manifest.functions];
  for (const group of rest) {
    for (const [id, node] of Object.entries(group)) {
      const depends = node['depends_on'] as { nodes?: string[] } | undefined;
      yield [id, depends?.nodes ?? []];
    }
  }
  for (const [id, node] of Object.entries(manifest.unit_tests)) yield [id, node.depends_on.nodes];
}

function topologicalOrder(
  parents: ReadonlyMap<string, readonly string[]>,
  children: ReadonlyMap<string, readonly string[]>,
): string[] {
  const waiting = new Map<string, number>();
  const order: string[] = [];
  for (const [id, above] of parents) {
    const known = above.reduce((count, parent) => (parents.has(parent) ? count + 1 : count), 0);
    waiting.set(id, known);
    if (known === 0) order.push(id);
  }
  for (let next = 0; next < order.length; next += 1) {
    for (const child of children.get(order[next] as string) ?? []) {
      const left = (waiting.get(child) ?? 0) - 1;
      waiting.set(child, left);
      if (left === 0) order.push(child);
    }
  }
  if (order.length < parents.size) throw compilerErrors.cycle({ path: findCycle(parents, new Set(order)) });
  return order;
}

/** One circle among the nodes that aren't `done`, from a node back to itself, in the order of dependence. */
function findCycle(parents: ReadonlyMap<string, readonly string[]>, done: ReadonlySet<string>): string[] {
  const start = [...parents.keys()].find((id) => !done.has(id));
  const path: string[] = [];
  let at = start;
  while (at !== undefined && !path.includes(at)) {
    path.push(at);
    at = parents.get(at)?.find((parent) => parents.has(parent) && !done.has(parent));
  }
  if (at === undefined) return path;
  return [...path.slice(path.indexOf(at)), at];
}
