/** The methods of `adapter` that dbt-duckdb adds: external files, seeds, DuckLake, indexes. */
import { createHash, randomUUID } from 'node:crypto';
import { bindArguments, Dict, HostObject, hostFunction, repr, str, type Value } from '../../jinja/index.ts';
import { compilerErrors } from '../errors.ts';
import type { AdapterMethod } from './adapter.ts';
import { AgateTable } from './agate-table.ts';
import { itemsOf, optionalBoolean, optionalText, plainEntries, requiredText } from './arguments.ts';
import { constraintMethods } from './constraints.ts';
import { numberColumnType } from './csv-table.ts';
import { PyDate } from './date-time.ts';
import { readLocation, writeOptions } from './external-files.ts';
import { Relation } from './relation.ts';

/** Methods by name. */
export const duckdbMethods: Readonly<Record<string, AdapterMethod>> = {
  ...constraintMethods,
  duckdb_version: (a) => a.input.warehouse?.engineVersion ?? '',
  external_root: (a) => a.input.target.externalRoot,
  is_motherduck: () => false,
  is_ducklake: (a, args) => isDucklake(a.input.target.isDucklake ?? false, args[0]),
  use_ducklake_table_workarounds: (a, args) => isDucklake(a.input.target.isDucklake ?? false, args[0]),
  catalog_supports_foreign_keys: (a) => !(a.input.target.isDucklake ?? false),
  get_binding_char: () => '?',
  get_seed_file_path: (a) => {
    const path = a.input.files?.seedPath;
    if (path !== undefined) return path;
    const root = optionalText('root_path', (a.input.model?.['root_path'] as Value | undefined) ?? null);
    return `${root ?? a.input.project.root}/${String(a.input.model?.['original_file_path'] ?? '')}`;
  },
  escape_sql_string: (_, args) => (args[0] === null ? '' : str(args[0] ?? null).replaceAll("'", "''")),
  warn_once: (a, args) => {
    a.warnOnce(str(args[0] ?? null));
    return '';
  },
  external_write_options: (_, args, kwargs) => {
    const { values } = bindArguments(
      'external_write_options',
      ['write_location', 'rendered_options'],
      args,
      kwargs,
    );
    return writeOptions(requiredText('write_location', values[0]), textEntries(values[1]));
  },
  external_read_location: (_, args, kwargs) => {
    const { values } = bindArguments(
      'external_read_location',
      ['write_location', 'rendered_options'],
      args,
      kwargs,
    );
    return readLocation(requiredText('write_location', values[0]), textEntries(values[1]));
  },
  location_exists: async (a, args) =>
    (await a.input.warehouse?.locationExists(requiredText('location', args[0]))) ?? false,
  store_relation: async (a, args, kwargs, call) => {
    const { values } = bindArguments(
      'store_relation',
      ['plugin_name', 'relation', 'column_list', 'path', 'format', 'config'],
      args,
      kwargs,
    );
    const relation = values[1];
    if (!(relation instanceof Relation)) {
      throw compilerErrors['render-failed'](
        { what: 'adapter.store_relation', problem: 'needs a relation' },
        { location: call.location },
      );
    }
    await a.input.warehouse?.registerExternal(
      relation.toRelationName(),
      requiredText('path', values[3]),
      requiredText('format', values[4]),
    );
    return null;
  },
  get_temp_relation_path: (a, args, kwargs) => {
    const { values } = bindArguments('get_temp_relation_path', ['model', ['batch_id', '']], args, kwargs);
    const entries = new Map(plainEntries(values[0]));
    const name = [entries.get('schema'), entries.get('alias') ?? entries.get('name')]
      .map((part) => str(part ?? ''))
      .join('_');
    const batch = optionalText('batch_id', values[1]) ?? '';
    return `dbt_temp_${a.input.invocation.id.replaceAll('-', '').slice(0, 8)}.${name}${batch === '' ? '' : `_${batch}`}`;
  },
  batch_id_for_model: (_, args) => {
    const batch = new Map(plainEntries(args[0])).get('batch');
    return batch instanceof Dict ? str(batch.get('id') ?? '') : '';
  },
  parse_index: (_, args, _kwargs, call) => parseIndex(args[0] ?? null, call.location),
  convert_datetimes_to_strs: (_, args) => {
    const table = args[0];
    if (!(table instanceof AgateTable)) return table ?? null;
    const rows = table.rows.map((row) => row.map((value) => (value instanceof PyDate ? value.str() : value)));
    const types = table.columnTypes.map((type) => (type === 'Date' || type === 'DateTime' ? 'Text' : type));
    return new AgateTable(table.columnNames, types, rows, table.print);
  },
  build_catalog_relation: () => null,
  get_catalog_integration: (_, args, _kwargs, call) => {
    throw compilerErrors['render-failed'](
      { what: 'adapter.get_catalog_integration', problem: `there is no catalog '${str(args[0] ?? null)}'` },
      { location: call.location },
    );
  },
  run_sql_for_tests: async (a, args, _kwargs, call) => {
    await a.session(call).execute(requiredText('sql', args[0]), { fetch: false });
    return null;
  },
  convert_type: (_, args) => {
    const table = args[0];
    const index = Number(args[1] ?? 0);
    const type = table instanceof AgateTable ? table.columnTypes[index] : undefined;
    if (type === 'Number' && table instanceof AgateTable) {
      return numberColumnType(table.rows.map((row) => row[index] ?? null));
    }
    return columnTypes[type ?? 'Text'] ?? 'text';
  },
};

/** DuckDB's type for a column of a seed. */
const columnTypes: Readonly<Record<string, string>> = {
  Integer: 'integer',
  Boolean: 'boolean',
  Date: 'date',
  DateTime: 'timestamp without time zone',
  Text: 'text',
};

function isDucklake(everywhere: boolean, relation: Value | undefined): boolean {
  return everywhere && (relation === undefined || relation === null || relation instanceof HostObject);
}

function textEntries(value: Value | undefined): Map<string, Value> {
  return new Map(plainEntries(value));
}

/** `{'columns': […], 'unique': …}` with a name made of what it covers. */
function parseIndex(raw: Value, location: Parameters<AdapterMethod>[3]['location']): Value {
  if (raw === null) return null;
  if (!(raw instanceof Dict)) {
    throw compilerErrors['render-failed'](
      { what: 'indexes', problem: 'each index is a dictionary with columns and, if you like, unique' },
      { location },
    );
  }
  const columns = itemsOf('columns', raw.get('columns'));
  const unique = optionalBoolean('unique', raw.get('unique')) ?? false;
  const render = (args: readonly Value[]): string => {
    const relation = args[0];
    const key = [
      ...columns.map(str),
      relation instanceof Relation ? relation.render() : '',
      String(unique),
      // The table that is about to give way may have the same index, whose name a rename leaves it.
      randomUUID(),
    ].join('_');
    return createHash('md5').update(key).digest('hex');
  };
  return new IndexConfig(columns, unique, render);
}

/** dbt-duckdb's index: `.columns`, `.unique`, `.render(relation)` for its name. */
class IndexConfig extends HostObject {
  override readonly typeName = 'DuckDBIndexConfig';
  readonly #columns: Value[];
  readonly #unique: boolean;
  readonly #render: (args: readonly Value[]) => string;

  constructor(columns: Value[], unique: boolean, render: (args: readonly Value[]) => string) {
    super();
    this.#columns = columns;
    this.#unique = unique;
    this.#render = render;
  }

  override str(): string {
    return `DuckDBIndexConfig(columns=${repr(this.#columns)}, unique=${repr(this.#unique)})`;
  }

  override getAttr(name: string): Value | undefined {
    switch (name) {
      case 'columns':
        return this.#columns;
      case 'unique':
        return this.#unique;
      case 'render':
        return hostFunction('render', this.#render);
      default:
        return undefined;
    }
  }
}
