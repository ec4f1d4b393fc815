/** Which node a `ref` or `source` means. */
import { nearest } from '../base/index.ts';
import { addToMap } from './lists-by-key.ts';
import type { Manifest, ManifestNode, ManifestSource, RefArgs } from './manifest.ts';

/** What was found: a node, nothing, or only a disabled one. */
export type Found<T> =
  | { readonly kind: 'found'; readonly node: T }
  | { readonly kind: 'missing' | 'disabled' };

/** Nodes and sources by the names that refer to them. Built once, after everything has been read. */
export class RefLookup {
  readonly #root: string;
  readonly #nodes = new Map<string, ManifestNode[]>();
  readonly #sources = new Map<string, ManifestSource[]>();
  readonly #disabledNodes = new Set<string>();
  readonly #disabledSources = new Set<string>();

  constructor(manifest: Manifest, rootName: string) {
    this.#root = rootName;
    for (const node of Object.values(manifest.nodes)) {
      if (isRefable(node.resource_type)) addToMap(this.#nodes, node.name, node);
    }
    for (const source of Object.values(manifest.sources)) {
      addToMap(this.#sources, `${source.source_name}.${source.name}`, source);
    }
    for (const copies of Object.values(manifest.disabled)) {
      for (const copy of copies) {
        if (copy.resource_type === 'source') this.#disabledSources.add(`${copy.source_name}.${copy.name}`);
        else if (isRefable(copy.resource_type)) this.#disabledNodes.add(copy.name);
      }
    }
  }

  /** The node that `ref` means from a node of `fromPackage`: the root project's before the package's own before any. */
  ref(ref: RefArgs, fromPackage: string): Found<ManifestNode> {
    const named = this.#nodes.get(ref.name) ?? [];
    const matching = named.filter((node) => isVersion(node, ref.version));
    const node = this.#pick(matching, ref.package, fromPackage);
    if (node) return { kind: 'found', node };
    return { kind: this.#disabledNodes.has(ref.name) ? 'disabled' : 'missing' };
  }

  /** The source table that `source(sourceName, tableName)` means. */
  source(sourceName: string, tableName: string, fromPackage: string): Found<ManifestSource> {
    const key = `${sourceName}.${tableName}`;
    const source = this.#pick(this.#sources.get(key) ?? [], null, fromPackage);
    if (source) return { kind: 'found', node: source };
    return { kind: this.#disabledSources.has(key) ? 'disabled' : 'missing' };
  }

  /** The nearest name that `ref` could mean, for hints. */
  nearestRef(name: string): string | undefined {
    return nearest(name, this.#nodes.keys());
  }

  /** The nearest source table, as `source.table`. */
  nearestSource(sourceName: string, tableName: string): string | undefined {
    const ofSource = [...this.#sources.keys()].filter((key) => key.startsWith(`${sourceName}.`));
    return nearest(`${sourceName}.${tableName}`, ofSource.length > 0 ? ofSource : this.#sources.keys());
  }

  /** The versions a model has, for hints. */
  versionsOf(name: string): (string | number)[] {
    return (this.#nodes.get(name) ?? []).flatMap((node) => (node.version == null ? [] : [node.version]));
  }

  #pick<T extends { package_name: string }>(
    candidates: readonly T[],
    inPackage: string | null,
    fromPackage: string,
  ): T | undefined {
    const of = (name: string): T | undefined =>
      candidates.find((candidate) => candidate.package_name === name);
    if (inPackage !== null) return of(inPackage);
    return of(this.#root) ?? of(fromPackage) ?? candidates[0];
  }
}

/** Whether `ref` can mean a resource of this type. */
export function isRefable(type: string): boolean {
  return type === 'model' || type === 'seed' || type === 'snapshot';
}

/** Whether a node is the version asked for; without one, the latest. */
function isVersion(node: ManifestNode, version: string | number | null): boolean {
  if (version === null) return node.version == null || String(node.version) === String(node.latest_version);
  return node.version != null && String(node.version) === String(version);
}
