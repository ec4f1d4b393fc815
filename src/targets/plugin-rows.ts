/**
 * The rows that a dbt-duckdb plugin loads, as a query of DuckDB's own: workbooks by its excel extension, other
 * databases attached, Iceberg tables by the metadata that their catalog names. No Python has a part in it.
 */
import { resolve } from 'node:path';
import { secrets } from '../base/index.ts';
import type { Compilation } from '../compiler/index.ts';
import { quoteIdentifier, quoteLiteral, quotePath } from '../duckdb/index.ts';
import { targetErrors } from './errors.ts';
import { attachmentOfUrl } from './plugin-urls.ts';
import type { LakehouseSession } from './session.ts';

/** A plugin of the profile. */
export type PluginProfile = Compilation['project']['profile']['plugins'][number];

/** What a source says to its plugin: its names, and `meta` and `config` over them. */
export type PluginFacts = Readonly<Record<string, unknown>>;

/** What loading needs. */
export interface PluginInput {
  readonly plugin: PluginProfile;
  readonly facts: PluginFacts;
  /** The source's unique id, named in errors. */
  readonly used: string;
  readonly session: LakehouseSession;
  readonly root: string;
}

/** The plugins whose sources are loaded here; `delta` and `postgres` need no loading. */
export const loadingPlugins: readonly string[] = ['excel', 'iceberg', 'sqlalchemy'];

/**
 * The SELECT of the source's rows. What it needs is attached by then.
 *
 * @throws targets.plugin-refused, targets.bad-config, duckdb.*
 */
export async function pluginRows(input: PluginInput): Promise<string> {
  switch (input.plugin.module) {
    case 'excel':
      return await workbookRows(input);
    case 'sqlalchemy':
      return await databaseRows(input);
    case 'iceberg':
      return await icebergRows(input);
    default:
      throw targetErrors['unsupported-plugin']({ plugin: input.plugin.module, used: input.used });
  }
}

/** A refusal that names the plugin and the source. */
export function refused(input: Pick<PluginInput, 'plugin' | 'used'>, problem: string, hint?: string): Error {
  return targetErrors['plugin-refused'](
    { plugin: input.plugin.alias, used: input.used, problem },
    hint === undefined ? {} : { hint },
  );
}

/** The whole sheet, read as pandas does: the first row has the names, and empty rows in between are rows. */
async function workbookRows(input: PluginInput): Promise<string> {
  const { facts, session, root } = input;
  const location = facts['external_location'];
  if (typeof location !== 'string') {
    throw targetErrors['bad-config']({
      node: input.used,
      key: 'external_location',
      problem: 'must name the workbook',
    });
  }
  const named = filled(location, facts).replace(/^'|'$/g, '');
  const path = /^[a-z][a-z0-9+]+:\/\//i.test(named) ? named : resolve(root, named);
  const sheet = facts['sheet_name'];
  if (typeof sheet === 'number' && sheet !== 0) {
    throw refused(
      input,
      `is asked for sheet number ${sheet}`,
      'Write the name of the sheet in `sheet_name`.',
    );
  }
  const read = (how: string): string => {
    const name = typeof sheet === 'string' ? `, sheet = ${quoteLiteral(sheet)}` : '';
    return `read_xlsx(${quoteLiteral(path)}, header = true, stop_at_empty = false${name}, ${how} = true)`;
  };
  return await typedCells(read('ignore_errors'), read('all_varchar'), session);
}

/**
 * pandas' types: texts where cells of a column differ, integers where all are whole and none is empty, times for
 * days. DuckDB types a column by its first cell; what doesn't fit is null in `typed` and there in `texts`.
 */
async function typedCells(typed: string, texts: string, session: LakehouseSession): Promise<string> {
  const columns = await session.describe(`select * from ${typed}`);
  const from = `${typed} as typed positional join ${texts} as texts`;
  const tests = columns.flatMap(({ name, type }) => {
    const [own, text] = [`typed.${quoteIdentifier(name)}`, `texts.${quoteIdentifier(name)}`];
    const isWhole = type === 'DOUBLE' ? `${own} = trunc(${own}) and abs(${own}) < 9e15` : 'false';
    return [
      `coalesce(bool_or(${own} is null and ${text} <> ''), false)`,
      `coalesce(bool_and(coalesce(${isWhole}, false)), false)`,
    ];
  });
  const { rows } = await session.connection.query(`select ${tests.join(', ')} from ${from}`);
  const selected = columns.map(({ name, type }, i) => {
    const quoted = quoteIdentifier(name);
    if (rows[0]?.[2 * i] === true) return `texts.${quoted} as ${quoted}`;
    if (rows[0]?.[2 * i + 1] === true) return `typed.${quoted}::bigint as ${quoted}`;
    return type === 'DATE' ? `typed.${quoted}::timestamp as ${quoted}` : `typed.${quoted}`;
  });
  return `select ${selected.join(', ')} from ${from}`;
}

/** A table, or what a query in the other database's own words gives. */
async function databaseRows(input: PluginInput): Promise<string> {
  const { facts } = input;
  const attached = await attachPluginDatabase(input);
  const { query, table } = facts;
  if (typeof query === 'string') {
    const text = withParameters(filled(query, facts), facts['params'], attached.type);
    if (attached.type === 'duckdb') {
      throw refused(input, 'has a `query` for a DuckDB file', 'Name the table in `table`.');
    }
    return `select * from ${attached.type}_query(${quoteLiteral(attached.alias)}, ${quoteLiteral(text)})`;
  }
  const name = typeof table === 'string' ? table.split('.') : [String(facts['identifier'])];
  const schema = name.length > 1 ? [] : attached.type === 'postgres' ? ['public'] : [];
  return `select * from ${quotePath([attached.alias, ...schema, ...name])}`;
}

/** Attaches the database of a `sqlalchemy` plugin, once for the run. @throws targets.plugin-refused */
export async function attachPluginDatabase(
  input: Omit<PluginInput, 'facts'>,
): Promise<{ readonly alias: string; readonly type: string }> {
  const { plugin, session, root } = input;
  const url = plugin.config['connection_url'];
  const found = typeof url === 'string' ? attachmentOfUrl(url, root) : undefined;
  if (found === undefined) {
    throw refused(
      input,
      typeof url === 'string'
        ? `names a database (${secrets.scrub(url).replace(/:.*$/s, '')}) that DuckDB has no extension for`
        : 'has no `connection_url`',
      'PostgreSQL, MySQL, SQLite and DuckDB are attached: postgresql://, mysql://, sqlite:///, duckdb:///.',
    );
  }
  const alias = `_plugin_${plugin.alias}`;
  const type = found.type === 'duckdb' ? '' : ` (type ${found.type})`;
  await session.connection.run(
    `attach if not exists ${quoteLiteral(found.path)} as ${quoteIdentifier(alias)}${type}`,
  );
  return { alias, type: found.type };
}

/** SQLAlchemy's `:name`, replaced by the value as a literal: those databases are asked by text alone. */
function withParameters(query: string, params: unknown, type: string): string {
  if (typeof params !== 'object' || params === null) return query;
  const values = new Map(Object.entries(params));
  return query.replace(/'(?:[^']|'')*'|(?<![:\w]):([A-Za-z_]\w*)/g, (match, name: string | undefined) => {
    if (name === undefined || !values.has(name)) return match;
    const value: unknown = values.get(name);
    if (value === null || value === undefined) return 'null';
    if (typeof value === 'boolean' && type === 'sqlite') return value ? '1' : '0';
    return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
      ? String(value)
      : quoteLiteral(String(value));
  });
}

/** pyiceberg's catalogs: `sql` in a database that names each table's metadata, `rest` as DuckDB attaches it. */
async function icebergRows(input: PluginInput): Promise<string> {
  const { plugin, facts, session, root } = input;
  const { config } = plugin;
  const table = filled(String(facts['iceberg_table'] ?? '{schema}.{identifier}'), facts);
  const uri = String(config['uri'] ?? '');
  const kind = String(
    config['type'] ?? (/^https?:/i.test(uri) ? 'rest' : /^(?:sqlite|postgresql)/i.test(uri) ? 'sql' : ''),
  );
  const fields = facts['selected_fields'];
  const columns =
    Array.isArray(fields) && !fields.includes('*')
      ? fields.map((field) => quoteIdentifier(String(field))).join(', ')
      : '*';
  const filter = typeof facts['row_filter'] === 'string' ? ` where ${facts['row_filter']}` : '';
  const limit =
    facts['limit'] === undefined || facts['limit'] === null ? '' : ` limit ${Number(facts['limit'])}`;
  const snapshot = facts['snapshot_id'];
  const from = async (): Promise<string> => {
    if (kind === 'sql') {
      const metadata = await sqlCatalogEntry(input, uri, table);
      const at =
        snapshot === undefined || snapshot === null ? '' : `, snapshot_from_id = ${String(snapshot)}`;
      return `iceberg_scan(${quoteLiteral(metadata)}${at})`;
    }
    if (kind === 'rest') {
      const alias = `_plugin_${plugin.alias}`;
      await session.connection.run(restAttachment(config, uri, alias));
      const at = snapshot === undefined || snapshot === null ? '' : ` at (version => ${String(snapshot)})`;
      return `${quotePath([alias, ...table.split('.')])}${at}`;
    }
    throw refused(
      input,
      `is a catalog of the type '${kind}'`,
      `Catalogs of the types sql and rest are read. Without one: external_location: "iceberg_scan('${resolve(root, 'folder')}')", and iceberg among the extensions.`,
    );
  };
  return `select ${columns} from ${await from()}${filter}${limit}`;
}

async function sqlCatalogEntry(input: PluginInput, uri: string, table: string): Promise<string> {
  const plugin = { ...input.plugin, config: { connection_url: uri } };
  const { alias, type } = await attachPluginDatabase({ ...input, plugin });
  const parts = table.split('.');
  const name = parts.pop() ?? '';
  const { rows } = await input.session.connection.query(
    `select metadata_location from ${quotePath([alias, ...(type === 'postgres' ? ['public'] : []), 'iceberg_tables'])}
where catalog_name = ? and table_namespace = ? and table_name = ?`,
    [String(input.plugin.config['catalog'] ?? ''), parts.join('.'), name],
  );
  const location = rows[0]?.[0];
  if (typeof location === 'string') return location.replace(/^file:\/\//, '');
  throw refused(input, `finds no table '${table}' in its catalog`);
}

function restAttachment(config: PluginProfile['config'], uri: string, alias: string): string {
  const text = (key: string): string | undefined =>
    typeof config[key] === 'string' ? quoteLiteral(String(config[key])) : undefined;
  const [id, secret] = String(config['credential'] ?? '').split(':');
  if (secret !== undefined) secrets.add(secret);
  const options = [
    'type iceberg',
    `endpoint ${quoteLiteral(uri)}`,
    ...(text('token') === undefined ? [] : [`token ${text('token')}`]),
    ...(secret === undefined
      ? []
      : [`client_id ${quoteLiteral(id ?? '')}`, `client_secret ${quoteLiteral(secret)}`]),
    ...(text('token') === undefined && secret === undefined ? ["authorization_type 'none'"] : []),
  ];
  return `attach if not exists ${text('warehouse') ?? "''"} as ${quoteIdentifier(alias)} (${options.join(', ')})`;
}

/** Python's `str.format` for names alone. */
function filled(template: string, facts: PluginFacts): string {
  return template.replace(/\{\{|\}\}|\{(\w+)\}/g, (match, name: string | undefined) =>
    name === undefined ? (match[0] as string) : String(facts[name] ?? match),
  );
}
