/**
 * Which selected node waits for which: the project's graph, cut down to what a run does.
 *
 * Two rules are dbt's. A node waits for what it depends on through nodes that are not in the run
 * (ephemeral models, nodes left out by selection). And in a build, a node also waits for the tests
 * on what it reads, so that bad data stops there: a test is put before every node that has all of
 * the test's parents among its ancestors.
 */
import type { WorkItem } from './schedule.ts';

/** The graph as this file needs it: every node of the project with its parents, tests included. */
export interface ProjectGraph {
  parentsOf(id: string): readonly string[];
  childrenOf(id: string): readonly string[];
  isTest(id: string): boolean;
  /** Whether it is a unit test, whose one parent is the model that it tests. */
  isUnitTest(id: string): boolean;
}

/**
 * The items of a run over `ids`. Pure; linear in the graph, but for tests with several parents, which
 * cost a walk of their parents' descendants each.
 *
 * @param testsBlock whether tests hold back what reads the tested data: true for `build`.
 */
export function planWorkItems(
  graph: ProjectGraph,
  ids: Iterable<string>,
  options: { readonly testsBlock: boolean },
): readonly WorkItem[] {
  const selected = new Set(ids);
  const after = new Map<string, Set<string>>();
  const nearest = nearestSelected(graph, selected);
  for (const id of selected) after.set(id, new Set(nearest(id)));
  if (options.testsBlock) {
    for (const test of selected) {
      if (!graph.isTest(test)) continue;
      for (const held of heldBackBy(graph, test, selected)) after.get(held)!.add(test);
    }
    for (const test of selected) if (graph.isUnitTest(test)) putBefore(graph, test, after);
  }
  return [...selected].sort().map((id) => ({ id, after: [...after.get(id)!].sort() }));
}

/** A unit test needs what its model needs, and comes before it: a model that fails its own test isn't built. */
function putBefore(graph: ProjectGraph, test: string, after: Map<string, Set<string>>): void {
  for (const model of graph.parentsOf(test)) {
    const waits = after.get(model);
    if (waits === undefined) continue;
    after.set(test, new Set([...waits].filter((id) => !graph.isUnitTest(id))));
    waits.add(test);
  }
}

/** For a node, the selected nodes above it with no selected node between. */
function nearestSelected(
  graph: ProjectGraph,
  selected: ReadonlySet<string>,
): (id: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (wanted) => {
    const stack = [wanted];
    while (stack.length > 0) {
      const id = stack.at(-1)!;
      const unknown = graph.parentsOf(id).filter((p) => !selected.has(p) && !known.has(p));
      if (unknown.length > 0) {
        stack.push(...unknown);
        continue;
      }
      stack.pop();
      const found = new Set<string>();
      for (const parent of graph.parentsOf(id)) {
        if (selected.has(parent)) found.add(parent);
        else for (const above of known.get(parent) ?? []) found.add(above);
      }
      known.set(id, found);
    }
    return known.get(wanted)!;
  };
}

/** The selected nodes that read everything `test` looks at; only the first ones on each path. */
function heldBackBy(graph: ProjectGraph, test: string, selected: ReadonlySet<string>): readonly string[] {
  const parents = [...new Set(graph.parentsOf(test))];
  const seenFrom = new Map<string, number>();
  if (parents.length > 1) {
    for (const parent of parents) {
      for (const id of descendants(graph, parent)) seenFrom.set(id, (seenFrom.get(id) ?? 0) + 1);
    }
  }
  const reached = [...parents];
  const seen = new Set(parents);
  const held: string[] = [];
  const readsAll = (id: string): boolean => parents.length === 1 || seenFrom.get(id) === parents.length;
  for (const id of reached) {
    // What is left out here isn't there for its tests either when the data before it is bad.
    const isHeld = !parents.includes(id) && readsAll(id);
    for (const child of graph.childrenOf(id)) {
      if (seen.has(child)) continue;
      if (graph.isTest(child)) {
        if (isHeld && child !== test && selected.has(child)) held.push(child);
        continue;
      }
      seen.add(child);
      if (readsAll(child) && selected.has(child)) held.push(child);
      else reached.push(child);
    }
  }
  return held;
}

function descendants(graph: ProjectGraph, id: string): ReadonlySet<string> {
  const found = new Set<string>();
  const reached = [id];
  for (const at of reached) {
    for (const child of graph.childrenOf(at)) {
      if (found.has(child) || graph.isTest(child)) continue;
      found.add(child);
      reached.push(child);
    }
  }
  return found;
}
