/** A saved query of a property file as the manifest has it. */
import { belowSearchPath } from '../doc-blocks.ts';
import type { Finishing } from '../finish-node.ts';
import type { NodeConfig, Plain } from '../manifest.ts';
import { newNode } from '../node-shape.ts';
import { placeOf } from '../property-entries.ts';
import { addResource, configured, readWhere } from './add-resource.ts';
import { exportKinds } from './choices.ts';
import type { Given } from './given.ts';
import type { ManifestSavedQuery, SavedQueryExport } from './resources.ts';

/** Takes a saved query in. @throws compiler.bad-property, compiler.bad-config, compiler.duplicate-name */
export function readSavedQuery(tools: Finishing, given: Given): void {
  const { parsing } = tools;
  const { entry } = given;
  given.only('name', 'query_params', 'description', 'label', 'exports', 'config', 'tags');
  const name = given.requiredText('name');
  given.require('query_params');
  const params = given.mapping('query_params') ?? given.fail('query_params', `'query_params' is empty`);
  params.only('metrics', 'group_by', 'where', 'order_by', 'limit');
  const own = given.values('config');
  const { fqn, config, unrendered } = configured(tools, entry, 'saved_query', name, own);
  if (config['export_as'] !== null && config['export_as'] !== undefined) {
    config['export_as'] = exportKind(given, config['export_as']);
  }
  const tags = new Set([...textsOf(given, given.data['tags']), ...textsOf(given, config['tags'])]);
  const query: ManifestSavedQuery = {
    name,
    resource_type: 'saved_query',
    package_name: entry.packageName,
    path: belowSearchPath(entry.file.relativePath, entry.file.searchPath),
    original_file_path: entry.file.relativePath,
    unique_id: `saved_query.${entry.packageName}.${name}`,
    fqn,
    query_params: {
      metrics: params.texts('metrics'),
      group_by: params.texts('group_by'),
      where: readWhere(params, 'where'),
      order_by: params.texts('order_by'),
      limit: params.whole('limit'),
    },
    exports: given.mappings('exports').map((one) => readExport(tools, one, config)),
    description: given.text('description'),
    label: given.text('label'),
    metadata: null,
    config,
    unrendered_config: unrendered,
    group: (config['group'] as string | null | undefined) ?? null,
    depends_on: { macros: [], nodes: [] },
    created_at: parsing.createdAt,
    refs: [],
    tags: [...tags].sort(),
  };
  if (config.enabled && query.description) {
    query.description = tools.docs.describe(query.description, entry.packageName, () =>
      placeOf(entry, 'description'),
    ).text;
  }
  addResource(parsing, parsing.manifest.saved_queries, query, given);
}

/** dbt names an export's relation as it names a model's. What is set for the saved query holds for its exports. */
function readExport(tools: Finishing, given: Given, shared: Plain): SavedQueryExport {
  given.only('name', 'config');
  const name = given.requiredText('name');
  const own = given.values('config');
  const both: Plain = { ...shared, ...own };
  if (both['export_as'] === null || both['export_as'] === undefined) {
    given.fail('config', `its export '${name}' needs 'export_as': ${exportKinds.join(' or ')}`);
  }
  const schema = textOf(given, both, 'schema_name') ?? textOf(given, both, 'schema');
  const alias = textOf(given, both, 'alias');
  const node = newNode(
    {
      type: 'model',
      packageName: given.entry.packageName,
      name,
      uniqueId: `export.${given.entry.packageName}.${name}`,
      fqn: [],
      path: '',
      originalFilePath: given.entry.file.relativePath,
      rawCode: '',
      checksum: { name: 'none', checksum: '' },
      ...tools.parsing.home,
      createdAt: tools.parsing.createdAt,
    },
    {
      materialized: 'view',
      quoting: {},
      alias,
      database: textOf(given, both, 'database'),
    } as Partial<NodeConfig>,
  );
  tools.names.apply(node, () => placeOf(given.entry, ...given.path));
  return {
    name,
    config: {
      export_as: exportKind(given, both['export_as']),
      schema_name: schema === null || schema === '' ? node.schema : schema,
      alias: alias === null || alias === '' ? node.alias : alias,
      database: node.database,
    },
    unrendered_config: own,
  };
}

function textOf(given: Given, config: Plain, key: string): string | null {
  const value = config[key];
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : given.fail('config', `'${key}' has to be a text`);
}

function exportKind(given: Given, value: unknown): string {
  const written = String(value);
  return exportKinds.includes(written) ? written : given.failChoice('config', written, exportKinds);
}

function textsOf(given: Given, value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.map((item) =>
    typeof item === 'string' ? item : given.fail('tags', `'tags' have to be texts`),
  );
}
