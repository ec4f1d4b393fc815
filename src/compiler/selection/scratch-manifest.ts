/** Small manifests for the tests of selection. */
import type { Manifest } from '../manifest.ts';

/** What a test says of a resource; the rest is filled in. */
export interface Sample {
  /** Such as `model.shop.orders`. */
  readonly id: string;
  readonly parents?: readonly string[];
  readonly tags?: readonly string[];
  readonly path?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Anything else of the manifest's object. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A manifest of project `shop` that holds `samples`, as far as selection looks at one. */
export function sampleManifest(samples: readonly Sample[]): Manifest {
  const manifest = {
    metadata: { project_name: 'shop' },
    nodes: {},
    sources: {},
    macros: {},
    docs: {},
    exposures: {},
    metrics: {},
    groups: {},
    selectors: {},
    disabled: {},
    parent_map: {},
    child_map: {},
    group_map: {},
    saved_queries: {},
    semantic_models: {},
    unit_tests: {},
    functions: {},
  };
  for (const sample of samples) {
    const [type = '', packageName = '', ...names] = sample.id.split('.');
    const home =
      { source: 'sources', exposure: 'exposures', metric: 'metrics', unit_test: 'unit_tests' }[type] ??
      'nodes';
    const path = sample.path ?? `models/${names.at(-1)}.sql`;
    (manifest as unknown as Record<string, Record<string, unknown>>)[home]![sample.id] = {
      resource_type: type,
      unique_id: sample.id,
      name: names.at(-1),
      package_name: packageName,
      source_name: names[0],
      fqn: [packageName, ...path.split('/').slice(1, -1), ...names],
      tags: sample.tags ?? [],
      original_file_path: path,
      patch_path: null,
      config: { enabled: true, ...sample.config },
      depends_on: { nodes: sample.parents ?? [], macros: [] },
      raw_code: 'select 1',
      ...sample.more,
    };
  }
  return manifest as unknown as Manifest;
}
