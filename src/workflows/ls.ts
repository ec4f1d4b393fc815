/** `ls`: what is in the project, as dbt lists it. */
import { isBoathouseError } from '../base/index.ts';
import { type Manifest, type ManifestNode, nodeAsWritten, type ResourceType } from '../compiler/index.ts';
import { addColumnLineage, notedLineage } from './column-lineage.ts';
import type { ProjectOptions, SelectOptions, StateOptions } from './options.ts';
import { openProject, type ProjectSession } from './project-session.ts';
import { selectIds } from './selection.ts';

/** What to list. */
export interface LsOptions extends ProjectOptions, SelectOptions, Pick<StateOptions, 'state'> {
  /** Whether the models are compiled, and told with where each of their columns comes from. */
  readonly columnLineage?: boolean | undefined;
}

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
  /** Of each column the columns that it is made of, if that was asked for and could be worked out. */
  readonly columnLineage?: Readonly<Record<string, readonly { unique_id: string; column: string }[]>>;
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
    if (options.columnLineage === true) await workOutLineage(session, ids);
    return ids.map((id) => {
      const resource = describe(manifest, id);
      const node = options.columnLineage === true ? manifest.nodes[id] : undefined;
      const lineage = node && (notedLineage(node) as ListedResource['columnLineage']);
      if (lineage === undefined) return resource;
      return { ...resource, columnLineage: lineage, node: { ...resource.node, column_lineage: lineage } };
    });
  } finally {
    session.close();
  }
}

/** Compiles what has columns among `ids`; what can't be compiled is left without lineage. */
async function workOutLineage(session: ProjectSession, ids: readonly string[]): Promise<void> {
  const { compilation } = session;
  const target = await session.openTarget({ writes: false });
  try {
    await target.prepare(ids);
    for (const id of ids) {
      const type = compilation.manifest.nodes[id]?.resource_type;
      if (type !== 'model' && type !== 'snapshot') continue;
      const connection = await target.session('compile');
      try {
        await compilation.compileNode(id, { session: connection, warehouse: target.warehouse });
      } catch (error) {
        if (!isBoathouseError(error)) throw error;
      } finally {
        await connection.release();
      }
    }
    const connection = await target.session('lineage');
    await addColumnLineage(session, connection, ids);
    await connection.release();
  } finally {
    await target.close();
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
