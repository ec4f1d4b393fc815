/** `catalog register`: the Delta tables of a published catalog get their names in a Trino server. */
import type { CatalogRelation } from '../catalog/index.ts';
import { type TrinoRun, type TrinoServer, trinoClient } from './catalog-register-client.ts';
import { workflowErrors } from './errors.ts';
import { generationOf, type LakeOptions, openLake, ownRelations, rootOf } from './lake.ts';

/** What is registered where. */
export interface RegisterOptions extends LakeOptions {
  readonly trino: TrinoServer;
  /** Trino's catalog with the Delta connector; `delta` unless given. */
  readonly trinoCatalog?: string | undefined;
  /** Schemas that are called otherwise in Trino, ours to theirs. */
  readonly schemas?: Readonly<Record<string, string>> | undefined;
  /** Tables registered at another location are registered anew. */
  readonly replace?: boolean | undefined;
  /** Tables of this lake that the catalog doesn't have any more are unregistered. */
  readonly prune?: boolean | undefined;
  /** Nothing is changed: Trino is only asked what it has. */
  readonly dryRun?: boolean | undefined;
}

/** What became of one name. */
export interface RegisteredTable {
  /** As in Trino: `schema.table`. */
  readonly name: string;
  readonly action: 'registered' | 'kept' | 'replaced' | 'elsewhere' | 'gone' | 'pruned' | 'skipped';
  readonly location: string | null;
  /** Why it was skipped, or where it is registered instead. */
  readonly detail: string | null;
}

/** What was done, or would be. */
export interface RegisterResult {
  readonly catalog: string;
  readonly generation: number;
  readonly tables: readonly RegisteredTable[];
  /** The statements that changed something, or would. */
  readonly statements: readonly string[];
}

interface Change {
  readonly run: (sql: string) => Promise<void>;
  readonly ask: TrinoRun;
  readonly catalog: string;
}

/**
 * Registers every Delta relation of the newest generation. Doing it again changes nothing.
 *
 * @throws workflows.trino-url, workflows.trino-unreachable, workflows.trino-refused, workflows.trino-same-name,
 * workflows.no-lake, workflows.no-catalog
 */
export async function registerCatalog(options: RegisterOptions): Promise<RegisterResult> {
  const lake = await openLake(options);
  const generation = await generationOf(lake, undefined);
  const relations = ownRelations(lake, generation);
  const names = namesOf(relations, options.schemas ?? {});
  const ask = trinoClient(options.trino);
  const statements: string[] = [];
  const run = async (sql: string): Promise<void> => {
    statements.push(sql);
    if (options.dryRun !== true) await ask(sql);
  };
  const change: Change = { run, ask, catalog: options.trinoCatalog ?? 'delta' };

  const tables: RegisteredTable[] = [];
  const folders = [rootOf(lake)];
  for (const schema of [...new Set([...names.values()].map((name) => name.schema))]) {
    const own = relations.filter((relation) => names.get(relation)?.schema === schema);
    const delta = own.filter((relation) => relation.kind === 'delta');
    const there = await tablesIn(schema, change);
    if (there === undefined && delta.length > 0) {
      await run(`CREATE SCHEMA IF NOT EXISTS ${quoted(change.catalog)}.${quoted(schema)}`);
    }
    for (const relation of own) {
      const table = names.get(relation)?.table ?? '';
      const name = `${schema}.${table}`;
      const { location } = relation;
      if (relation.kind !== 'delta' || location === null) {
        tables.push({ name, action: 'skipped', location, detail: whySkipped(relation) });
        continue;
      }
      folders.push(parentOf(locationFor(location)));
      const at = locationFor(location);
      const before = there?.has(table) === true ? await locationOf(schema, table, change) : undefined;
      tables.push(
        await settle({ schema, table, at, there: there?.has(table) === true, before }, options, change),
      );
    }
    const wanted = new Set(delta.map((relation) => names.get(relation)?.table));
    for (const table of [...(there ?? [])].filter((name) => !wanted.has(name))) {
      const location = await locationOf(schema, table, change);
      // What others registered in the same schema is theirs.
      if (location === undefined || !folders.some((folder) => isBelow(location, folder))) continue;
      if (options.prune === true) await unregister(schema, table, change);
      const action = options.prune === true ? 'pruned' : 'gone';
      tables.push({ name: `${schema}.${table}`, action, location, detail: null });
    }
  }
  return { catalog: lake.file, generation: generation.number, tables, statements };
}

/** Names that an older registration may have; Trino's are lower case. */
function namesOf(
  relations: readonly CatalogRelation[],
  schemas: Readonly<Record<string, string>>,
): ReadonlyMap<CatalogRelation, { readonly schema: string; readonly table: string }> {
  const names = new Map<CatalogRelation, { schema: string; table: string }>();
  const taken = new Map<string, string>();
  for (const relation of relations) {
    const schema = (schemas[relation.schema] ?? relation.schema).toLowerCase();
    const table = relation.name.toLowerCase();
    const name = `${schema}.${table}`;
    const own = `${relation.schema}.${relation.name}`;
    const other = taken.get(name);
    if (relation.kind === 'delta' && other !== undefined) {
      throw workflowErrors['trino-same-name']({ name, relations: [other, own] });
    }
    if (relation.kind === 'delta') taken.set(name, own);
    names.set(relation, { schema, table });
  }
  return names;
}

interface Wish {
  readonly schema: string;
  readonly table: string;
  readonly at: string;
  readonly there: boolean;
  readonly before: string | undefined;
}

async function settle(wish: Wish, options: RegisterOptions, change: Change): Promise<RegisteredTable> {
  const { schema, table, at, there, before } = wish;
  const told = { name: `${schema}.${table}`, location: at, detail: null };
  if (there && before !== undefined && trimmed(before) === trimmed(at)) return { ...told, action: 'kept' };
  if (there && options.replace !== true) {
    return { ...told, action: 'elsewhere', detail: before ?? 'not a table with a location' };
  }
  if (there) await unregister(schema, table, change);
  const args = [
    `schema_name => ${text(schema)}`,
    `table_name => ${text(table)}`,
    `table_location => ${text(at)}`,
  ];
  await change.run(`CALL ${quoted(change.catalog)}.system.register_table(${args.join(', ')})`);
  return { ...told, action: there ? 'replaced' : 'registered' };
}

/** Only the name goes: the files stay. */
async function unregister(schema: string, table: string, { run, catalog }: Change): Promise<void> {
  const args = `schema_name => ${text(schema)}, table_name => ${text(table)}`;
  await run(`CALL ${quoted(catalog)}.system.unregister_table(${args})`);
}

/** Undefined when there is no such schema. */
async function tablesIn(schema: string, { ask, catalog }: Change): Promise<ReadonlySet<string> | undefined> {
  const schemas = await ask(`SHOW SCHEMAS FROM ${quoted(catalog)}`);
  if (!schemas.some(([name]) => name === schema)) return undefined;
  const rows = await ask(`SHOW TABLES FROM ${quoted(catalog)}.${quoted(schema)}`);
  return new Set(rows.map(([name]) => String(name)));
}

async function locationOf(
  schema: string,
  table: string,
  { ask, catalog }: Change,
): Promise<string | undefined> {
  const [row] = await ask(`SHOW CREATE TABLE ${quoted(catalog)}.${quoted(schema)}.${quoted(table)}`);
  // The properties stand last; a comment before them may say the same words.
  const found = [...String(row?.[0] ?? '').matchAll(/^\s*location = '((?:[^']|'')*)'/gm)].at(-1);
  return found?.[1]?.replaceAll("''", "'");
}

function whySkipped({ kind, format }: CatalogRelation): string {
  if (kind === 'external')
    return `files of ${format ?? 'another format'}: Trino's Delta connector has no tables of them`;
  if (kind === 'table') return 'its rows are inside the DuckDB file';
  return `a ${kind} is in DuckDB's SQL`;
}

function locationFor(location: string): string {
  return trimmed(/^[a-z][a-z0-9+]*:\/\//i.test(location) ? location : `file://${location}`);
}

function isBelow(location: string, folder: string): boolean {
  return `${trimmed(location)}/`.startsWith(`${locationFor(folder)}/`);
}

function parentOf(location: string): string {
  return location.slice(0, location.lastIndexOf('/'));
}

function trimmed(location: string): string {
  return location.replace(/\/+$/, '');
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
