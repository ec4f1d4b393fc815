/** `graph_summary.json`: the shape of the project's graph, by number. */
import { buildGraph, type Graph } from './graph.ts';
import type { Manifest, Plain } from './manifest.ts';

/**
 * The summary: each resource with its type and the numbers of what reads it. Sources come first, then
 * nodes, then what is made of them, as dbt numbers them. Pure.
 */
export function graphSummary(manifest: Manifest, invocationId: string, graph?: Graph): Plain {
  const { children } = graph ?? buildGraph(manifest);
  const parts: readonly Readonly<Record<string, unknown>>[] = [
    manifest.sources,
    manifest.nodes,
    manifest.semantic_models,
    manifest.exposures,
    manifest.functions,
    manifest.metrics,
    manifest.unit_tests,
    manifest.saved_queries,
  ];
  const ids = parts.flatMap((part) => Object.keys(part));
  const numbers = new Map(ids.map((id, i) => [id, i]));
  const linked = ids.map((id, i) => {
    const below = (children.get(id) ?? [])
      .map((child) => numbers.get(child))
      .filter((number) => number !== undefined)
      .sort((a, b) => a - b);
    const shown = { name: id, type: id.slice(0, id.indexOf('.')) };
    return [String(i), below.length === 0 ? shown : { ...shown, succ: below }];
  });
  return { _invocation_id: invocationId, linked: Object.fromEntries(linked) as Plain };
}
