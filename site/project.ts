/** The project as the page walks it: nodes by id, who reads whom, what tests what. */
import type { SiteData, SiteNode } from '../src/workflows/docs/site-shape.ts';

export type { SiteColumn, SiteData, SiteNode } from '../src/workflows/docs/site-shape.ts';

/** The data with its indexes. */
export interface Project {
  readonly data: SiteData;
  readonly nodes: ReadonlyMap<string, SiteNode>;
  /** Whoever depends on it, tests included. */
  readonly children: ReadonlyMap<string, readonly string[]>;
  /** Tests of a node, by its id. */
  readonly tests: ReadonlyMap<string, readonly SiteNode[]>;
}

/** Reads the data that stands in the page, compressed. */
export async function readProject(): Promise<Project> {
  const packed = document.getElementById('boathouse-data')?.textContent ?? '';
  const bytes = Uint8Array.from(atob(packed.trim()), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const data = JSON.parse(await new Response(stream).text()) as SiteData;
  return indexed(data);
}

function indexed(data: SiteData): Project {
  const nodes = new Map(data.nodes.map((node) => [node.id, node]));
  const children = new Map<string, string[]>();
  const tests = new Map<string, SiteNode[]>();
  const push = <T>(map: Map<string, T[]>, key: string, value: T): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [value]);
    else list.push(value);
  };
  for (const node of data.nodes) {
    for (const parent of node.parents) push(children, parent, node.id);
    if (node.testOf !== undefined) push(tests, node.testOf, node);
  }
  return { data, nodes, children, tests };
}

/** Whether a node stands in the lineage: tests, macros and groups don't. */
export function isInLineage(node: SiteNode): boolean {
  return !(
    node.type === 'test' ||
    node.type === 'unit_test' ||
    node.type === 'macro' ||
    node.type === 'group'
  );
}

/** How types are called, in the order they are listed. */
export const typeNames: Readonly<Record<string, readonly [one: string, many: string]>> = {
  source: ['Source', 'Sources'],
  seed: ['Seed', 'Seeds'],
  model: ['Model', 'Models'],
  snapshot: ['Snapshot', 'Snapshots'],
  analysis: ['Analysis', 'Analyses'],
  exposure: ['Exposure', 'Exposures'],
  metric: ['Metric', 'Metrics'],
  semantic_model: ['Semantic model', 'Semantic models'],
  saved_query: ['Saved query', 'Saved queries'],
  function: ['Function', 'Functions'],
  test: ['Test', 'Tests'],
  unit_test: ['Unit test', 'Unit tests'],
  macro: ['Macro', 'Macros'],
  group: ['Group', 'Groups'],
};

/** `Model`, `Saved query`. */
export function typeName(type: string, count = 1): string {
  return typeNames[type]?.[count === 1 ? 0 : 1] ?? type;
}

/** The address of a node's page. */
export function nodeHref(id: string): string {
  return `#/node/${encodeURIComponent(id)}`;
}
