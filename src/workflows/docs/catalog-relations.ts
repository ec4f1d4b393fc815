/**
 * What stands in the target, for a catalog: relations with their types, comments and columns.
 *
 * DuckDB's `information_schema` and `duckdb_columns()` walk every attached database, and an attached
 * server answers for all its tables. Where anything but DuckDB files is attached, each relation is
 * described by itself instead; comments are then those that `persist_docs` put there.
 */
import { isBoathouseError } from '../../base/index.ts';
import type { ManifestNode, ManifestSource, WarehouseSession, WarehouseValue } from '../../compiler/index.ts';
import { quoteLiteral } from '../../duckdb/index.ts';
import {
  type CatalogColumn,
  type CatalogRelation,
  nodeKey,
  relationKey,
  sourceKey,
} from './catalog-artifact.ts';

/** A node or a source whose relation is looked for. */
export type Documented = ManifestNode | ManifestSource;

/** What was found. */
export interface FoundRelations {
  /** By schema and name, as dbt orders them. */
  readonly relations: readonly CatalogRelation[];
  /** Databases that couldn't be looked at, in words. */
  readonly errors: readonly string[];
}

/**
 * Looks for the relations of `wanted`. What isn't there is left out.
 *
 * @param each asks for each by name; decided by what is attached unless given.
 */
export async function readRelations(
  session: WarehouseSession,
  wanted: readonly Documented[],
  each?: boolean,
): Promise<FoundRelations> {
  const databases = new Map<string, Documented[]>();
  for (const one of wanted) {
    const name = one.database.toLowerCase();
    databases.set(name, [...(databases.get(name) ?? []), one]);
  }
  const isLocal = each === undefined ? await onlyDuckDb(session) : !each;
  const relations: CatalogRelation[] = [];
  const errors: string[] = [];
  for (const members of databases.values()) {
    try {
      relations.push(...(await (isLocal ? readTogether(session, members) : readEach(session, members))));
    } catch (error) {
      if (!isBoathouseError(error)) throw error;
      errors.push(error.message);
    }
  }
  return { relations, errors };
}

async function onlyDuckDb(session: WarehouseSession): Promise<boolean> {
  const { rows } = await ask(
    session,
    "select count(*)::integer from duckdb_databases() where not internal and type <> 'duckdb'",
  );
  return rows[0]?.[0] === 0;
}

/** One question for all members of a database. */
async function readTogether(
  session: WarehouseSession,
  members: readonly Documented[],
): Promise<readonly CatalogRelation[]> {
  const database = quoteLiteral(members[0]!.database.toLowerCase());
  const schemas = [...new Set(members.map(({ schema }) => quoteLiteral(schema.toLowerCase())))].join(', ');
  const here = `lower(database_name) = ${database} and lower(schema_name) in (${schemas})`;
  const { rows } = await ask(
    session,
    `with relations as (
  select database_name, schema_name, table_name, 'BASE TABLE' as kind, comment from duckdb_tables() where ${here}
  union all
  select database_name, schema_name, view_name, 'VIEW', comment from duckdb_views() where ${here}
)
select database_name, schema_name, table_name, r.kind, r.comment, c.column_name, c.column_index, c.data_type, c.comment
from relations r join (select * from duckdb_columns() where ${here}) c using (database_name, schema_name, table_name)
order by schema_name, table_name, column_index`,
  );
  const keys = new Set(members.map(keyOf));
  const found = new Map<string, CatalogRelation & { readonly columns: CatalogColumn[] }>();
  for (const [db, schema, name, type, comment, column, index, columnType, columnComment] of rows) {
    const parts = { database: String(db), schema: String(schema), name: String(name) };
    const key = relationKey(parts);
    if (!keys.has(key)) continue;
    const relation = found.get(key) ?? {
      ...parts,
      type: type === 'VIEW' ? 'VIEW' : 'BASE TABLE',
      comment: textOf(comment),
      columns: [],
    };
    found.set(key, relation);
    relation.columns.push({
      name: String(column),
      index: Number(index),
      type: String(columnType),
      comment: textOf(columnComment),
    });
  }
  return await Promise.all([...found.values()].map((relation) => shownAs(session, relation)));
}

/** One question for each member. */
async function readEach(
  session: WarehouseSession,
  members: readonly Documented[],
): Promise<readonly CatalogRelation[]> {
  const found = new Map<string, CatalogRelation>();
  for (const member of members) {
    const identifier = member.resource_type === 'source' ? member.identifier : member.alias;
    const relation = await session.relation({ database: member.database, schema: member.schema, identifier });
    if (relation === undefined || found.has(keyOf(member))) continue;
    const persisted = persistedComments(member);
    const columns = (await session.columnsOf(relation)).map(({ name, type }, i) => {
      const described = Object.values(member.columns).find((column) => sameName(column.name, name));
      return {
        name,
        type,
        index: i + 1,
        comment: persisted.columns ? (described?.description ?? null) : null,
      };
    });
    found.set(keyOf(member), {
      database: relation.database,
      schema: relation.schema,
      name: relation.identifier,
      type: relation.kind === 'table' ? 'BASE TABLE' : 'VIEW',
      comment: persisted.relation ? member.description : null,
      columns,
    });
  }
  const order = (relation: CatalogRelation): string => `${relation.schema}\0${relation.name}`;
  return [...found.values()].sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
}

/** A Delta table is a view in the engine and a table to everybody else. */
async function shownAs(session: WarehouseSession, relation: CatalogRelation): Promise<CatalogRelation> {
  if (relation.type !== 'VIEW') return relation;
  const { database, schema, name: identifier } = relation;
  const known = await session.relation({ database, schema, identifier });
  return known?.kind === 'table' ? { ...relation, type: 'BASE TABLE' } : relation;
}

function persistedComments(member: Documented): { readonly relation: boolean; readonly columns: boolean } {
  const persist = (member.config['persist_docs'] ?? {}) as { relation?: unknown; columns?: unknown };
  return { relation: persist.relation === true, columns: persist.columns === true };
}

function keyOf(member: Documented): string {
  return member.resource_type === 'source' ? sourceKey(member) : nodeKey(member);
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function textOf(value: WarehouseValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

async function ask(
  session: WarehouseSession,
  sql: string,
): Promise<{ rows: readonly (readonly WarehouseValue[])[] }> {
  return (await session.execute(sql, { fetch: true })).table;
}
