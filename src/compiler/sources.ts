/** Sources: each table of each source, with the tests on it. */
import { isPlainDict } from '../project/index.ts';
import { columnsOf } from './columns.ts';
import { belowSearchPath } from './doc-blocks.ts';
import { compilerErrors } from './errors.ts';
import type { Finishing } from './finish-node.ts';
import { sourceFreshness } from './freshness.ts';
import type { GenericTests } from './generic-tests.ts';
import type { ManifestSource, Plain } from './manifest.ts';
import { type PropertyEntry, placeOf } from './property-entries.ts';
import { pythonStr } from './python-repr.ts';
import { sourceRelationName } from './relation-of.ts';
import { foldersOf } from './sql-nodes.ts';
import { testsOf } from './tests-of-entry.ts';

/** Takes every table of a source in. @throws compiler.duplicate-name, compiler.bad-property */
export function readSource(tools: Finishing, tests: GenericTests, entry: PropertyEntry): void {
  const { tables } = entry.data;
  if (!Array.isArray(tables)) return;
  tables.forEach((table: unknown, index) => {
    if (!isPlainDict(table) || typeof table['name'] !== 'string') {
      throw compilerErrors['bad-property'](
        { problem: `Every table of the source '${entry.name}' needs a name` },
        { location: placeOf(entry, 'tables', index) },
      );
    }
    readTable(tools, tests, entry, table, table['name'], index);
  });
}

function readTable(
  tools: Finishing,
  tests: GenericTests,
  entry: PropertyEntry,
  table: Plain,
  name: string,
  index: number,
): void {
  const { parsing } = tools;
  const { manifest } = parsing;
  const place = () => placeOf(entry, 'tables', index, 'name');
  const path = belowSearchPath(entry.file.relativePath, entry.file.searchPath);
  const uniqueId = `source.${entry.packageName}.${entry.name}.${name}`;
  const fqn = [entry.packageName, ...foldersOf(path), entry.name, name];
  const patch = ownConfig(entry, table);
  const { config, unrendered } = parsing.levels.of({
    type: 'source',
    packageName: entry.packageName,
    fqn,
    patch,
    node: uniqueId,
    get location() {
      return place();
    },
  });
  const source = sourceNode(tools, entry, table, index, { uniqueId, fqn, config, unrendered });
  if (!source.config.enabled) {
    parsing.addDisabled(source);
  } else {
    const before = manifest.sources[uniqueId];
    if (before) {
      throw compilerErrors['duplicate-name'](
        {
          kind: 'source tables',
          name: `${entry.name}.${name}`,
          first: before.original_file_path,
          second: source.original_file_path,
        },
        { location: place() },
      );
    }
    manifest.sources[uniqueId] = source;
    parsing.place(uniqueId, place);
  }
  readTests(tests, entry, table, name, index);
}

function sourceNode(
  tools: Finishing,
  entry: PropertyEntry,
  table: Plain,
  index: number,
  made: { uniqueId: string; fqn: string[]; config: Plain; unrendered: Plain },
): ManifestSource {
  const { parsing, docs } = tools;
  const { home } = parsing;
  const { data } = entry;
  const described = docs.describe(table['description'], entry.packageName, () =>
    placeOf(entry, 'tables', index, 'description'),
  );
  const tableDescriptionBlocks = described.blocks;
  const above = docs.describe(data['description'], entry.packageName, () => placeOf(entry, 'description'));
  const { config } = made;
  const source: ManifestSource = {
    database: textOr(data['database'] ?? data['catalog'], home.database),
    schema: textOr(data['schema'], entry.name),
    name: String(table['name']),
    resource_type: 'source',
    package_name: entry.packageName,
    path: entry.file.relativePath,
    original_file_path: entry.file.relativePath,
    unique_id: made.uniqueId,
    fqn: made.fqn,
    source_name: entry.name,
    source_description: above.text,
    loader: textOr(data['loader'], ''),
    identifier: textOr(table['identifier'], String(table['name'])),
    quoting: quotingOf(data['quoting'], table['quoting']),
    loaded_at_field: (config['loaded_at_field'] as string | null) ?? null,
    loaded_at_query: (config['loaded_at_query'] as string | null) ?? null,
    freshness: (config['freshness'] as Plain | null) ?? null,
    external: isPlainDict(table['external']) ? { ...externalDefaults, ...table['external'] } : null,
    description: described.text,
    columns: columnsOf(table['columns'], { ...entry, data: table }, docs),
    meta: config['meta'] as Plain,
    source_meta: { ...plain(data['meta']), ...plain(plain(data['config'])['meta']) },
    tags: config['tags'] as string[],
    config: config as ManifestSource['config'],
    patch_path: null,
    unrendered_config: made.unrendered,
    relation_name: '',
    created_at: parsing.createdAt,
    unrendered_database: textOrNull(entry.raw['database'] ?? entry.raw['catalog']),
    unrendered_schema: textOrNull(entry.raw['schema']),
    doc_blocks: tableDescriptionBlocks,
  };
  source.relation_name = sourceRelationName(parsing.project, source);
  return source;
}

/** What source and table configure: the table over the source, with meta and tags of both. */
function ownConfig(entry: PropertyEntry, table: Plain): Plain {
  const { data } = entry;
  const above = plain(data['config']);
  const own = plain(table['config']);
  const config: Plain = { ...above, ...own };
  const freshness = sourceFreshness([
    { owner: data, isSet: 'freshness' in data },
    { owner: above, isSet: 'freshness' in above },
    { owner: table, isSet: 'freshness' in table },
    { owner: own, isSet: 'freshness' in own },
  ]);
  if (freshness === undefined) delete config['freshness'];
  else config['freshness'] = freshness;
  const hasField = 'loaded_at_field' in table || own['loaded_at_field'] != null;
  config['loaded_at_field'] = hasField
    ? (table['loaded_at_field'] ?? own['loaded_at_field'] ?? null)
    : (data['loaded_at_field'] ?? above['loaded_at_field'] ?? null);
  const query = table['loaded_at_query'] ?? own['loaded_at_query'];
  config['loaded_at_query'] =
    query ??
    ('loaded_at_field' in table ? null : (data['loaded_at_query'] ?? above['loaded_at_query'] ?? null));
  config['meta'] = {
    ...plain(data['meta']),
    ...plain(above['meta']),
    ...plain(table['meta']),
    ...plain(own['meta']),
  };
  const tags = [data['tags'], above['tags'], table['tags'], own['tags']].flatMap(textsOf);
  config['tags'] = [...new Set(tags)].sort();
  return config;
}

function readTests(
  tests: GenericTests,
  entry: PropertyEntry,
  table: Plain,
  name: string,
  index: number,
): void {
  const shared = {
    entry,
    expression: `source('${entry.name}', '${name}')`,
    nameInTest: `${entry.name}_${name}`,
    isSource: true,
    version: null,
    fileKeyName: `sources.${entry.name}`,
    node: undefined,
  };
  const tags = [...textsOf(entry.data['tags']), ...textsOf(table['tags'])];
  const quoteColumns =
    plain(entry.data['quoting'])['column'] === true || plain(table['quoting'])['column'] === true;
  for (const test of testsOf(table, ['tables', index], quoteColumns)) {
    tests.add(test.written, {
      ...shared,
      columnName: test.columnName,
      tags: [...tags, ...test.columnTags],
      path: test.path,
    });
  }
}

function quotingOf(above: unknown, own: unknown): Plain {
  const merged = { ...plain(above), ...plain(own) };
  const part = (name: string): boolean | null => (typeof merged[name] === 'boolean' ? merged[name] : null);
  return {
    database: part('database'),
    schema: part('schema'),
    identifier: part('identifier'),
    column: part('column'),
  };
}

function plain(value: unknown): Plain {
  return isPlainDict(value) ? value : {};
}

function textOr(value: unknown, otherwise: string): string {
  return value === undefined || value === null || value === '' ? otherwise : pythonStr(value);
}

function textOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : pythonStr(value);
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map(pythonStr) : [];
}

/** What dbt knows of an external table; its own keys are kept beside these. */
const externalDefaults: Plain = {
  location: null,
  file_format: null,
  row_format: null,
  tbl_properties: null,
  partitions: null,
};
