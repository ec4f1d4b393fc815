/** `ls`: what is in the project, as dbt lists it. */
import { type Manifest, type ManifestNode, nodeAsWritten, type ResourceType } from '../compiler/index.ts';
import type { ProjectOptions, SelectOptions, StateOptions } from './options.ts';
import { openProject } from './project-session.ts';
import { selectIds } from './selection.ts';

/** What to list. */
export interface LsOptions extends ProjectOptions, SelectOptions, Pick<StateOptions, 'state'> {}

/** One listed resource, in each of dbt's spellings. */
export interface ListedResource {
  readonly uniqueId: string;
  readonly resourceType: string;
  readonly name: string;
  /** What `--select` takes: `shop.staging.orders`, `source:shop.raw.orders`. */
  readonly selector: string;
  /** The file, relative to its package. */
  readonly path: string;
  /** The manifest's entry. */
  readonly node: Readonly<Record<string, unknown>>;
}

const listed: readonly ResourceType[] = [
  'model',
  'snapshot',
  'seed',
  'test',
  'source',
  'exposure',
  'metric',
  'saved_query',
  'semantic_model',
  'analysis',
  'unit_test',
  'function',
];

/** The selected resources, in the order of their unique ids, as dbt lists them. @throws compiler.bad-selector */
export async function ls(options: LsOptions = {}): Promise<readonly ListedResource[]> {
  const session = await openProject('list', options);
  try {
    const { manifest } = session.compilation;
    // Analyses are listed when asked for only; `default` asks for no more than nothing does.
    const asked = options.resourceTypes?.some((type) => type !== 'default') ?? false;
    const types = asked ? listed : listed.filter((type) => type !== 'analysis');
    const ids = [...selectIds(session, options, types)].sort();
    return ids.map((id) => describe(manifest, id));
  } finally {
    session.close();
  }
}

function describe(manifest: Manifest, id: string): ListedResource {
  const node = entry(manifest, id);
  const resourceType = String(node['resource_type']);
  const fqn = (node['fqn'] as readonly string[] | undefined) ?? [id];
  return {
    uniqueId: id,
    resourceType,
    name: nameOf(resourceType, node),
    selector: selectorOf(resourceType, node, fqn),
    path: String(node['original_file_path'] ?? ''),
    node,
  };
}

function selectorOf(type: string, node: Readonly<Record<string, unknown>>, fqn: readonly string[]): string {
  const pkg = String(node['package_name']);
  switch (type) {
    case 'source':
      return `source:${pkg}.${String(node['source_name'])}.${String(node['name'])}`;
    case 'exposure':
    case 'metric':
    case 'saved_query':
    case 'semantic_model':
      return `${type}:${pkg}.${String(node['name'])}`;
    case 'unit_test':
      return `unit_test:${pkg}.${nameOf(type, node)}`;
    default:
      return fqn.join('.');
  }
}

/** dbt's search name: `raw.orders` of a source, `dim.v2` of a version, `adds_up_v2` of a unit test on one. */
function nameOf(type: string, node: Readonly<Record<string, unknown>>): string {
  const name = String(node['name']);
  if (type === 'source') return `${String(node['source_name'])}.${name}`;
  const version = node['version'];
  if (version === undefined || version === null) return name;
  return type === 'unit_test' ? `${name}_v${String(version)}` : `${name}.v${String(version)}`;
}

function entry(manifest: Manifest, id: string): Readonly<Record<string, unknown>> {
  const groups = [
    manifest.nodes,
    manifest.sources,
    manifest.exposures,
    manifest.unit_tests,
    manifest.metrics,
    manifest.saved_queries,
    manifest.semantic_models,
    manifest.functions,
  ] as const;
  for (const group of groups) {
    const found = (group as Readonly<Record<string, unknown>>)[id];
    if (found !== undefined) return nodeAsWritten(found as ManifestNode) as Readonly<Record<string, unknown>>;
  }
  return { name: id, resource_type: id.split('.')[0], package_name: id.split('.')[1] };
}
