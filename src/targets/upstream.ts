/**
 * Relations that a run reads and doesn't make: known from the catalog, or found where their files are.
 *
 * dbt-duckdb leaves an unselected external parent unknown to a fresh database. Here whatever a node
 * needs is looked up before it runs: unselected external models and Delta tables at their location,
 * and sources of the plugin `delta` at the path they name.
 */
import { stat } from 'node:fs/promises';
import { isBoathouseError } from '../base/index.ts';
import { originalLocation } from '../catalog/index.ts';
import {
  type Compilation,
  type Engine,
  type ManifestNode,
  type ManifestSource,
  type RelationName,
  sourceFacts,
} from '../compiler/index.ts';
import { quoteLiteral } from '../duckdb/index.ts';
import type { PinnedDelta } from './delta-versions.ts';
import { targetErrors } from './errors.ts';
import { somethingAt } from './external-files.ts';
import { deltaLocationOf, outputOf } from './locations.ts';
import { growsInFiles, isDelta, isMapping } from './node-config.ts';
import { loadingPlugins, type PluginFacts, pluginRows, refused as refusedPlugin } from './plugin-rows.ts';
import { printName } from './relation-sql.ts';
import type { LakehouseSession } from './session.ts';
import { isBucketPlace } from './storage-access.ts';
import type { RelationFacts, WorkingDatabase } from './working-database.ts';

/** What looking up needs. */
export interface UpstreamInput {
  readonly compilation: Compilation;
  readonly engine: Engine;
  readonly session: LakehouseSession;
  readonly work: WorkingDatabase;
}

/** Makes every relation that the nodes read, and that isn't there, a view over its files where there are any. */
export async function registerUpstream(uniqueIds: readonly string[], input: UpstreamInput): Promise<void> {
  const { manifest } = input.compilation;
  const selected = new Set(uniqueIds);
  for (const id of neededBy(uniqueIds, input.compilation)) {
    const source = manifest.sources[id];
    if (source) await registerSource(source, input).catch((error: unknown) => input.work.missing(id, error));
    const node = manifest.nodes[id];
    if (node && (!selected.has(id) || isDelta(node) || growsInFiles(node))) await registerNode(node, input);
  }
}

/** The nodes themselves, and whatever they read directly or through ephemeral models. */
function neededBy(uniqueIds: readonly string[], compilation: Compilation): ReadonlySet<string> {
  const { manifest } = compilation;
  const needed = new Set(uniqueIds);
  const open = [...uniqueIds];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const above = manifest.nodes[id]?.depends_on.nodes ?? manifest.unit_tests[id]?.depends_on.nodes ?? [];
    for (const parent of above) {
      if (needed.has(parent)) continue;
      needed.add(parent);
      if (manifest.nodes[parent]?.config.materialized === 'ephemeral') open.push(parent);
    }
  }
  return needed;
}

async function registerNode(node: ManifestNode, input: UpstreamInput): Promise<void> {
  const isExternal =
    node.resource_type === 'model' && (node.config.materialized === 'external' || growsInFiles(node));
  if (!isExternal && !isDelta(node)) return;
  const name = { database: node.database, schema: node.schema, identifier: node.alias };
  if (await isReadable(name, input)) return;
  if (isDelta(node)) {
    // What no run has published may be in the table that the branch began with.
    const own = await deltaLocationOf(input.compilation, node, input.engine);
    const { branch } = input.work;
    const places = branch === undefined ? [own] : [own, originalLocation(branch.root, own)];
    const found = await firstTable(places, input);
    if (found === undefined) return;
    const { location, opened } = found;
    const { sql, version } = opened;
    await register(
      name,
      sql,
      'delta',
      { location, format: 'delta', deltaVersion: version, shown: 'table' },
      node,
      input,
    );
    return;
  }
  const output = await outputOf(input.compilation, node, input.engine);
  const isKnowable = !output.isRemote || isBucketPlace(output.location);
  if (isKnowable && !(await somethingAt(output.location, input.work.access))) return;
  const depth = '/*'.repeat(output.partitionBy.length);
  const path = output.isDirectory ? `${output.location}${depth}/*${output.extension}` : output.location;
  const options = [...output.readOptions, `hive_partitioning = ${output.partitionBy.length > 0}`];
  const sql = `select * from read_${output.format}(${quoteLiteral(path)}, ${options.join(', ')})`;
  await register(
    name,
    sql,
    'external',
    { location: output.location, format: output.format, shown: 'view' },
    node,
    input,
  );
}

async function registerSource(source: ManifestSource, input: UpstreamInput): Promise<void> {
  const facts: Readonly<Record<string, unknown>> = {
    ...source.meta,
    ...source.config.meta,
    ...source.config,
  };
  const plugin = facts['plugin'];
  if (typeof plugin !== 'string') return;
  const { plugins } = input.compilation.project.profile;
  const module = plugins.find(({ alias }) => alias === plugin)?.module ?? plugin;
  if (loadingPlugins.includes(module)) return await loadSource(source, plugin, input);
  if (module !== 'delta') throw targetErrors['unsupported-plugin']({ plugin, used: source.unique_id });
  const path = facts['delta_table_path'];
  if (typeof path !== 'string') {
    throw targetErrors['bad-config']({
      node: source.unique_id,
      key: 'delta_table_path',
      problem: 'must name the folder of the Delta table',
    });
  }
  const version = facts['as_of_version'];
  const options = isMapping(facts['storage_options']) ? facts['storage_options'] : {};
  const pinned = await input.work.delta.open(
    path,
    version === undefined || version === null ? undefined : Number(version),
    Object.fromEntries(Object.entries(options).map(([key, value]) => [key, String(value)])),
  );
  const name = { database: source.database, schema: source.schema, identifier: source.identifier };
  const learned = { location: input.work.delta.resolve(path), format: 'delta', deltaVersion: pinned.version };
  await register(name, pinned.sql, 'delta', { ...learned, shown: 'view' }, source, input);
}

/** A source that a plugin loads is a table, unless it says otherwise; dbt-duckdb makes it anew for every run. */
async function loadSource(source: ManifestSource, alias: string, input: UpstreamInput): Promise<void> {
  const { session, work } = input;
  const { project } = input.compilation;
  const used = source.unique_id;
  const plugin = project.profile.plugins.find((one) => one.alias === alias);
  if (plugin === undefined) throw targetErrors['unsupported-plugin']({ plugin: alias, used });
  const { name: title, identifier, schema, database, tags } = source;
  const facts: PluginFacts = { name: title, identifier, schema, database, tags, ...sourceFacts(source) };
  const name = { database, schema, identifier };
  const mode = facts['save_mode'] ?? 'overwrite';
  if (mode !== 'overwrite' && (await session.relation(name))) {
    if (mode === 'ignore') return;
    throw refusedPlugin({ plugin, used }, `has save_mode ${String(mode)}, and ${printName(name)} is there`);
  }
  const sql = await pluginRows({ plugin, facts, used, session, root: project.root });
  if (facts['materialization'] === 'view') {
    return await register(name, sql, 'view', { shown: 'view' }, source, input);
  }
  await session.createSchema(database, schema);
  await session.execute(`create or replace table ${printName(name)} as ${sql}`, {
    fetch: false,
    planned: true,
  });
  const unknown = { location: null, format: null, deltaVersion: null, pins: [], sql: null };
  work.note(name, { ...unknown, shown: 'table', catalogKind: 'table', uniqueId: used }, true);
}

async function register(
  name: RelationName,
  sql: string,
  catalogKind: RelationFacts['catalogKind'],
  facts: Partial<RelationFacts> & Pick<RelationFacts, 'shown'>,
  node: ManifestNode | ManifestSource,
  input: UpstreamInput,
): Promise<void> {
  await input.session.createSchema(name.database, name.schema);
  await input.session.execute(`create or replace view ${printName(name)} as ${sql}`, {
    fetch: false,
    planned: true,
  });
  const known = {
    location: null,
    format: null,
    deltaVersion: null,
    pins: [],
    uniqueId: node.unique_id,
    ...facts,
  };
  input.work.note(name, { ...known, catalogKind, sql }, true);
}

/** Whether the relation is there and, when it is a view over pinned files, those still are. */
async function isReadable(name: RelationName, input: UpstreamInput): Promise<boolean> {
  if (!(await input.session.relation(name))) return false;
  const [pin] = input.work.factsOf(name)?.pins ?? [];
  // In a bucket only a sweep could have removed it, and that knows what the catalog names.
  return pin === undefined || isBucketPlace(pin) || (await exists(pin));
}

/** The first of `places` that a Delta table stands at. */
async function firstTable(
  places: readonly string[],
  input: UpstreamInput,
): Promise<{ readonly location: string; readonly opened: PinnedDelta } | undefined> {
  for (const location of places) {
    if (!isBucketPlace(location) && !(await isDeltaTable(location))) continue;
    const opened = await input.work.delta.open(location).catch((error: unknown) => {
      if (isBucketPlace(location) && isBoathouseError(error, 'delta.not-a-table')) return undefined;
      throw error;
    });
    if (opened !== undefined) return { location, opened };
  }
  return undefined;
}

async function isDeltaTable(location: string): Promise<boolean> {
  return await exists(`${location.replace(/^file:\/\//, '')}/_delta_log`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
