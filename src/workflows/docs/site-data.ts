/** From a manifest and a catalog to what the documentation site shows. Pure. */
import type { ColumnInfo, Manifest, ManifestNode, Plain } from '../../compiler/index.ts';
import type { SiteColumn, SiteData, SiteNode } from './site-shape.ts';

/** dbt's own packages of macros: everybody has them, nobody looks them up here. */
const builtIn = new Set(['dbt', 'dbt_duckdb']);

/**
 * What the site is told. Hooks are left out, and macros that come with the tool.
 *
 * @param readme the project's own, for a project that has no `__overview__`.
 */
export function siteData(manifest: Manifest, catalog: Plain, readme = ''): SiteData {
  const { metadata } = manifest;
  const docs = Object.values(manifest.docs);
  const project = String(metadata['project_name'] ?? '');
  // The project's own overview wins over those of packages; dbt's default says nothing of the project.
  const overviews = docs.filter(
    ({ name, package_name }) => name === '__overview__' && !builtIn.has(package_name),
  );
  const overview = overviews.find(({ package_name }) => package_name === project) ?? overviews[0];
  const packages = new Set([
    ...Object.values(manifest.nodes).map(({ package_name }) => package_name),
    project,
  ]);
  const packageOverviews = Object.fromEntries(
    docs
      .filter(({ name }) => packages.has(name.slice(2, -2)) && name === `__${name.slice(2, -2)}__`)
      .map(({ name, block_contents }) => [name.slice(2, -2), block_contents]),
  );
  return {
    project,
    generatedAt: String((catalog['metadata'] as Plain)['generated_at']),
    adapter: String(metadata['adapter_type'] ?? ''),
    overview: overview?.block_contents ?? readme,
    packageOverviews,
    nodes: [...siteNodes(manifest, catalog)],
  };
}

function* siteNodes(manifest: Manifest, catalog: Plain): Iterable<SiteNode> {
  const found = { ...(catalog['nodes'] as Plain), ...(catalog['sources'] as Plain) };
  for (const node of Object.values(manifest.nodes)) {
    if (node.resource_type === 'operation' || node.resource_type === 'sql_operation') continue;
    yield pruned({
      ...named(node as unknown as Plain, node.version == null ? node.name : `${node.name}.v${node.version}`),
      ...modelled(node, found[node.unique_id] as Plain | undefined),
    });
  }
  for (const source of Object.values(manifest.sources)) {
    const inTarget = found[source.unique_id] as Plain | undefined;
    yield pruned({
      ...named(source as unknown as Plain, `${source.source_name}.${source.name}`),
      database: source.database,
      schema: source.schema,
      identifier: source.identifier,
      relation: source.relation_name,
      ...relationFacts(inTarget),
      columns: columnsOf(source.columns, inTarget, {}),
      facts: factList([
        ['Source', source.source_name],
        ['About the source', source.source_description],
        ['Loader', source.loader],
        ['Loaded at', source.loaded_at_field ?? source.loaded_at_query],
        ['Freshness', freshnessText(source.freshness)],
      ]),
    });
  }
  for (const exposure of Object.values(manifest.exposures)) {
    yield pruned({
      ...named(exposure as unknown as Plain, exposure.label ?? exposure.name),
      owner: exposure.owner,
      ...(exposure.url === null ? {} : { url: exposure.url }),
      facts: factList([
        ['Name', exposure.name],
        ['Kind', exposure.type],
        ['Maturity', exposure.maturity],
      ]),
    });
  }
  yield* semanticNodes(manifest);
  for (const test of Object.values(manifest.unit_tests)) {
    const model = Object.values(manifest.nodes).find(
      (node) =>
        node.resource_type === 'model' &&
        test.depends_on.nodes.includes(node.unique_id) &&
        node.name === test.model,
    );
    yield pruned({
      ...named(test as unknown as Plain, test.name),
      ...(model === undefined ? {} : { testOf: model.unique_id }),
      raw: JSON.stringify(
        { given: test.given, expect: test.expect, overrides: test.overrides },
        undefined,
        2,
      ),
      language: 'json',
    });
  }
  for (const macro of Object.values(manifest.macros)) {
    if (builtIn.has(macro.package_name)) continue;
    yield pruned({
      ...named(macro as unknown as Plain, macro.name),
      parents: macro.depends_on.macros.filter((id) => !builtIn.has(id.split('.')[1] ?? '')),
      raw: macro.macro_sql,
      language: 'jinja',
      arguments: macro.arguments.map(({ name, type, description }) => ({
        name,
        type: type ?? '',
        description,
      })),
    });
  }
  for (const group of Object.values(manifest.groups)) {
    yield pruned({
      ...named({ ...group, description: group.description ?? '' }, group.name),
      owner: group.owner,
    });
  }
}

function* semanticNodes(manifest: Manifest): Iterable<SiteNode> {
  const parts = [manifest.metrics, manifest.semantic_models, manifest.saved_queries];
  for (const [id, one] of parts.flatMap((part) => Object.entries(part))) {
    const label = one['label'];
    const { type_params, query_params, measures, dimensions, entities } = one as Record<string, unknown>;
    const defined = { type: one['type'], type_params, query_params, entities, dimensions, measures };
    yield pruned({
      ...named(
        { ...one, unique_id: id },
        typeof label === 'string' && label !== '' ? label : String(one['name']),
      ),
      ...(typeof one['group'] === 'string' ? { group: one['group'] } : {}),
      facts: factList([
        ['Name', one['name']],
        ['Kind', id.startsWith('metric.') ? one['type'] : undefined],
      ]),
      raw: JSON.stringify(defined, undefined, 2),
      language: 'json',
    });
  }
}

/** What every resource has. */
function named(one: Plain, label: string): SiteNode {
  const config = (one['config'] ?? {}) as Plain;
  const docs = (one['docs'] ?? config['docs'] ?? {}) as { show?: unknown; node_color?: unknown };
  const depends = (one['depends_on'] ?? {}) as { nodes?: readonly string[] };
  return {
    id: String(one['unique_id']),
    type: String(one['resource_type'] ?? String(one['unique_id']).split('.')[0]),
    label,
    package: String(one['package_name'] ?? ''),
    path: String(one['original_file_path'] ?? ''),
    description: String(one['description'] ?? ''),
    tags: (one['tags'] ?? []) as readonly string[],
    meta: (one['meta'] ?? {}) as Plain,
    parents: [...new Set(depends.nodes ?? [])],
    isShown: docs.show !== false,
    ...(typeof docs.node_color === 'string' ? { color: docs.node_color } : {}),
  };
}

/** What models, seeds, snapshots, tests and analyses have besides. */
function modelled(node: ManifestNode, inTarget: Plain | undefined): Partial<SiteNode> {
  const isModel = node.resource_type === 'model';
  const isTest = node.resource_type === 'test';
  const lineage = ((node.meta['boathouse'] ?? node.config.meta?.['boathouse'] ?? {}) as Plain)[
    'column_lineage'
  ];
  const columns = columnsOf(node.columns, inTarget, (lineage ?? {}) as Plain);
  return {
    database: node.database,
    schema: node.schema,
    identifier: node.alias,
    ...(node.relation_name === null ? {} : { relation: node.relation_name }),
    ...relationFacts(inTarget),
    ...(isTest ? {} : { materialized: node.config.materialized }),
    language: node.language,
    ...(isModel && node.access !== undefined ? { access: node.access } : {}),
    ...(node.group == null ? {} : { group: node.group }),
    ...(isModel ? { isContracted: node.contract.enforced } : {}),
    ...(node.version == null ? {} : { version: String(node.version) }),
    ...(node.latest_version == null ? {} : { latestVersion: String(node.latest_version) }),
    ...(node.deprecation_date == null ? {} : { deprecationDate: node.deprecation_date }),
    columns,
    constraints: (node.constraints ?? []).map(constraintText),
    ...(node.resource_type === 'seed' ? {} : { raw: node.raw_code }),
    ...(node.compiled_code === undefined ? {} : { compiled: node.compiled_code }),
    ...(isTest ? testFacts(node) : {}),
  };
}

function testFacts(node: ManifestNode): Partial<SiteNode> {
  const { config, test_metadata, attached_node, column_name } = node;
  const testOf = attached_node ?? node.depends_on.nodes[0];
  // A test of the whole model may name its column among its arguments.
  const column = column_name ?? test_metadata?.kwargs['column_name'];
  return {
    ...(testOf === undefined || testOf === null ? {} : { testOf }),
    ...(typeof column === 'string' ? { testColumn: column } : {}),
    facts: factList([
      ['Test', test_metadata == null ? 'singular' : qualified(test_metadata.namespace, test_metadata.name)],
      ['Severity', config['severity']],
      ['Warns if', config['warn_if']],
      ['Fails if', config['error_if']],
      ['Where', config['where']],
    ]),
  };
}

function qualified(namespace: string | null, name: string): string {
  return namespace === null ? name : `${namespace}.${name}`;
}

function relationFacts(inTarget: Plain | undefined): Partial<SiteNode> {
  if (inTarget === undefined) return {};
  const { type, comment } = inTarget['metadata'] as { type: string; comment: string | null };
  const stats = Object.values((inTarget['stats'] ?? {}) as Record<string, Plain>)
    .filter((stat) => stat['include'] === true)
    .map((stat) => ({ label: String(stat['label']), value: String(stat['value']) }));
  return { relationType: type, ...(comment === null ? {} : { comment }), stats };
}

/** Columns in the target's order, then those that are only described. */
function columnsOf(
  described: Readonly<Record<string, ColumnInfo>>,
  inTarget: Plain | undefined,
  lineage: Plain,
): readonly SiteColumn[] {
  const found = Object.values((inTarget?.['columns'] ?? {}) as Record<string, Plain>);
  const left = new Map(Object.values(described).map((column) => [column.name.toLowerCase(), column]));
  const columns = found.map((column) => {
    const name = String(column['name']);
    const info = left.get(name.toLowerCase());
    left.delete(name.toLowerCase());
    return columnOf(name, String(column['type']), info, column['comment'], lineage);
  });
  const rest = [...left.values()].map((info) =>
    columnOf(info.name, info.data_type ?? '', info, null, lineage),
  );
  return [...columns, ...rest];
}

function columnOf(
  name: string,
  type: string,
  info: ColumnInfo | undefined,
  comment: unknown,
  lineage: Plain,
): SiteColumn {
  const from = lineage[name] ?? lineage[name.toLowerCase()];
  const described = info?.description ?? '';
  return {
    name,
    type,
    description: described === '' && typeof comment === 'string' ? comment : described,
    ...(info === undefined || info.tags.length === 0 ? {} : { tags: info.tags }),
    ...(info === undefined || info.constraints.length === 0
      ? {}
      : { constraints: info.constraints.map(constraintText) }),
    ...(info === undefined || Object.keys(info.meta).length === 0 ? {} : { meta: info.meta }),
    ...(Array.isArray(from)
      ? {
          lineage: from.map((one: Plain) => ({
            id: String(one['unique_id']),
            column: String(one['column']),
          })),
        }
      : {}),
  };
}

function constraintText(constraint: Plain): string {
  const { type, name, expression, columns, to, to_columns } = constraint;
  const list = (names: unknown): string =>
    Array.isArray(names) && names.length > 0 ? ` (${names.join(', ')})` : '';
  const parts = [
    typeof name === 'string' ? `${name}:` : '',
    String(type).replaceAll('_', ' ') + list(columns),
    typeof expression === 'string' ? expression : '',
    typeof to === 'string' ? `references ${to}${list(to_columns)}` : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function freshnessText(freshness: Plain | null): string | undefined {
  const say = (word: string, limit: unknown): string | undefined => {
    const { count, period } = (limit ?? {}) as { count?: unknown; period?: unknown };
    return count == null
      ? undefined
      : `${word} after ${String(count)} ${String(period)}${count === 1 ? '' : 's'}`;
  };
  const said = [say('warns', freshness?.['warn_after']), say('fails', freshness?.['error_after'])];
  return said.filter((part) => part !== undefined).join(', ') || undefined;
}

function factList(facts: readonly (readonly [string, unknown])[]): readonly (readonly [string, string])[] {
  return facts
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => [name, String(value)]);
}

/** Without empty lists: thousands of nodes are in one page. */
function pruned(node: SiteNode): SiteNode {
  const kept = Object.entries(node).filter(
    ([key, value]) => key === 'tags' || key === 'parents' || !Array.isArray(value) || value.length > 0,
  );
  return Object.fromEntries(kept) as unknown as SiteNode;
}
