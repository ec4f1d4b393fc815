/** The manifest as a selection sees it: its enabled members and the edges between them. */
import type { Manifest, ResourceType } from '../manifest.ts';

/** One resource that can be selected. Facts are read from the manifest as they are. */
export interface Member {
  readonly id: string;
  readonly type: ResourceType;
  readonly name: string;
  readonly packageName: string;
  readonly fqn: readonly string[];
  readonly tags: readonly string[];
  readonly originalFilePath: string;
  /** `package://path` of the property file that describes it. */
  readonly patchPath: string | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly parents: readonly string[];
  /** The manifest's own object, for what only one kind of resource has. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/** Members by id in the manifest's order, with edges in both directions between members only. */
export interface Universe {
  readonly members: ReadonlyMap<string, Member>;
  readonly parents: ReadonlyMap<string, readonly string[]>;
  readonly children: ReadonlyMap<string, readonly string[]>;
}

/** Everything in `manifest` that can be selected: nodes, sources and the rest, disabled ones left out. */
export function buildUniverse(manifest: Manifest): Universe {
  const members = new Map<string, Member>();
  const groups: readonly Readonly<Record<string, unknown>>[] = [
    manifest.nodes,
    manifest.sources,
    manifest.exposures,
    manifest.metrics,
    manifest.unit_tests,
    manifest.semantic_models,
    manifest.saved_queries,
    manifest.functions,
  ];
  for (const group of groups) {
    for (const [id, entry] of Object.entries(group)) {
      const member = asMember(id, entry as Readonly<Record<string, unknown>>);
      if (member.config['enabled'] !== false) members.set(id, member);
    }
  }
  const parents = new Map<string, string[]>();
  const children = new Map<string, string[]>();
  for (const member of members.values()) {
    for (const parent of new Set(member.parents)) {
      if (!members.has(parent)) continue;
      push(parents, member.id, parent);
      push(children, parent, member.id);
    }
  }
  return { members, parents, children };
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function asMember(id: string, entry: Readonly<Record<string, unknown>>): Member {
  const config = dictOf(entry['config']);
  const tags = Array.isArray(entry['tags']) ? entry['tags'] : config['tags'];
  return {
    id,
    type: String(entry['resource_type'] ?? id.split('.')[0]) as ResourceType,
    name: String(entry['name'] ?? ''),
    packageName: String(entry['package_name'] ?? ''),
    fqn: Array.isArray(entry['fqn']) ? entry['fqn'].map(String) : [],
    tags: Array.isArray(tags) ? tags.map(String) : typeof tags === 'string' ? [tags] : [],
    originalFilePath: String(entry['original_file_path'] ?? ''),
    patchPath: typeof entry['patch_path'] === 'string' ? entry['patch_path'] : null,
    config,
    parents: parentsOf(entry),
    entry,
  };
}

function parentsOf(entry: Readonly<Record<string, unknown>>): readonly string[] {
  const nodes = dictOf(entry['depends_on'])['nodes'];
  return Array.isArray(nodes) ? nodes.map(String) : [];
}

/** `value` when it is an object with names, else an empty one. */
export function dictOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/**
 * What lies up to `depthMax` steps from `start` along `edges`. Members of `start` are in it only where
 * they can be reached from another one.
 */
export function reach(
  edges: ReadonlyMap<string, readonly string[]>,
  start: Iterable<string>,
  depthMax: number = Number.POSITIVE_INFINITY,
): Set<string> {
  const found = new Set<string>();
  let layer: Iterable<string> = start;
  for (let depth = 0; depth < depthMax; depth += 1) {
    const next: string[] = [];
    for (const id of layer) {
      for (const neighbour of edges.get(id) ?? []) {
        if (found.has(neighbour)) continue;
        found.add(neighbour);
        next.push(neighbour);
      }
    }
    if (next.length === 0) break;
    layer = next;
  }
  return found;
}
