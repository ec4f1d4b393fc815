/** What a run did to the catalog: the working database as it is now, against what it began with. */
import {
  type CatalogChanges,
  type CatalogColumn,
  type CatalogRelation,
  relationKey,
} from '../catalog/index.ts';
import { quoteLiteral, type Session } from '../duckdb/index.ts';
import { macroTexts } from './macro-texts.ts';
import { absolutePaths, selectOfView } from './view-text.ts';
import type { RelationFacts, WorkingDatabase } from './working-database.ts';

/** A relation of the working database: its name, and for a view the text DuckDB keeps of it. */
export interface FoundRelation {
  readonly database: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view' | 'macro';
  readonly text: string | null;
  readonly comment: string | null;
}

/** Every relation and macro of one database. */
export async function listRelations(session: Session, database: string): Promise<readonly FoundRelation[]> {
  const own = `not internal and lower(database_name) = lower(${quoteLiteral(database)})`;
  const { rows } = await session.query(
    `select database_name, schema_name, table_name, 'table' as kind, null as body, comment from duckdb_tables() where ${own}
union all select database_name, schema_name, view_name, 'view', sql, comment from duckdb_views() where ${own}
union all select database_name, schema_name, function_name, 'macro', null, any_value(comment)
from duckdb_functions() where ${own} and function_type in ('macro', 'table_macro') group by all`,
  );
  const found = rows.map(([databaseName, schema, name, kind, text, comment]) => ({
    database: String(databaseName),
    schema: String(schema),
    name: String(name),
    kind: kind as FoundRelation['kind'],
    text: text === null || text === undefined ? null : String(text),
    comment: comment === null || comment === undefined ? null : String(comment),
  }));
  if (!found.some(({ kind }) => kind === 'macro')) return found;
  const texts = await macroTexts(session, database);
  return found.map((one) =>
    one.kind === 'macro' ? { ...one, text: texts.get(relationKey(one)) ?? null } : one,
  );
}

/** What the run began with. */
export interface BeforeRun {
  readonly relations: readonly FoundRelation[];
  /** The relations of the newest generation then. */
  readonly published: readonly CatalogRelation[];
  /** Whether there was a published file. Who removes it begins anew. */
  readonly hadFile: boolean;
}

/** What a run did to the catalog. */
export interface CollectedChanges {
  readonly changes: CatalogChanges;
  /** Whether the database has something that the catalog doesn't know, and that only a copy of its file keeps. */
  readonly needsCopy: boolean;
  /** The relations as they are now, to compare with later. */
  readonly now: readonly FoundRelation[];
}

/**
 * The changes since `before`.
 *
 * Tables count as changed when this run made them or they weren't there; their rows are in the file
 * either way. Views count when this run made them, or their text or comment is another. A relation is
 * removed when it was there and isn't any more: a view that couldn't be bound was not there.
 */
export async function collectChanges(
  session: Session,
  work: WorkingDatabase,
  before: BeforeRun,
  context: { readonly root: string; readonly runId: string },
): Promise<CollectedChanges> {
  const found = await listRelations(session, work.database);
  // Where a file's copy on this machine was read, the catalog names the file.
  const now = found.map((one) => ({ ...one, text: one.text && work.remote.restore(one.text) }));
  const columns = await listColumns(session, work.database);
  const old = new Map(before.relations.map((found) => [relationKey(found), found]));
  const known = new Set(before.published.map(relationKey));
  const upserts = now
    .filter((found) => {
      const previous = old.get(relationKey(found));
      return (
        !previous ||
        !known.has(relationKey(found)) ||
        work.isTouched(nameOf(found)) ||
        previous.kind !== found.kind ||
        previous.text !== found.text ||
        previous.comment !== found.comment
      );
    })
    .map((found) => {
      // What was noted of a view holds only while it is the view that was noted.
      const isNoted = work.isTouched(nameOf(found)) || old.get(relationKey(found))?.text === found.text;
      const facts = isNoted ? work.factsOf(nameOf(found)) : undefined;
      return toCatalog(found, facts, columns.get(relationKey(found)) ?? [], context);
    });
  const present = new Set(now.map(relationKey));
  const removals = before.published
    .filter((relation) => relation.database.toLowerCase() === work.database.toLowerCase())
    .filter((relation) => !present.has(relationKey(relation)))
    .filter((relation) => !before.hadFile || relation.sql === null || old.has(relationKey(relation)))
    .map(({ database, schema, name }) => ({ database, schema, name }));
  const needsCopy = await hasMoreThanRelations(session, work.database);
  return { changes: { upserts, removals }, needsCopy, now };
}

/** The views and macros of the catalog that the database lacks. */
export function missingViews(
  published: readonly CatalogRelation[],
  found: readonly FoundRelation[],
  database: string,
): readonly CatalogRelation[] {
  const there = new Set(found.map(relationKey));
  return published.filter(
    (relation) =>
      relation.sql !== null &&
      relation.database.toLowerCase() === database.toLowerCase() &&
      !there.has(relationKey(relation)),
  );
}

/** Types and sequences. */
async function hasMoreThanRelations(session: Session, database: string): Promise<boolean> {
  const own = `not internal and lower(database_name) = lower(${quoteLiteral(database)})`;
  const { rows } = await session.query(
    `select 1 from duckdb_types() where ${own}
union all select 1 from duckdb_sequences() where lower(database_name) = lower(${quoteLiteral(database)}) limit 1`,
  );
  return rows.length > 0;
}

function toCatalog(
  found: FoundRelation,
  facts: RelationFacts | undefined,
  columns: readonly CatalogColumn[],
  context: { readonly root: string; readonly runId: string },
): CatalogRelation {
  const isOurs = facts !== undefined && (found.kind !== 'view' || facts.catalogKind !== 'table');
  const select = found.kind === 'view' ? (facts?.sql ?? selectOfView(found.text ?? '')) : found.text;
  return {
    database: found.database,
    schema: found.schema,
    name: found.name,
    kind: found.kind === 'view' && isOurs ? facts.catalogKind : found.kind,
    sql:
      found.kind === 'table' || select === undefined || select === null
        ? null
        : absolutePaths(select, context.root),
    location: isOurs ? facts.location : null,
    format: isOurs ? facts.format : null,
    deltaVersion: isOurs ? facts.deltaVersion : null,
    pins: isOurs ? facts.pins : [],
    columns,
    comment: found.comment,
    runId: context.runId,
    uniqueId: facts?.uniqueId ?? null,
  };
}

async function listColumns(session: Session, database: string): Promise<Map<string, CatalogColumn[]>> {
  const { rows } = await session.query(
    `select schema_name, table_name, column_name, data_type, comment from duckdb_columns()
where not internal and lower(database_name) = lower(${quoteLiteral(database)}) order by schema_name, table_name, column_index`,
  );
  const columns = new Map<string, CatalogColumn[]>();
  for (const [schema, table, name, type, comment] of rows) {
    const key = relationKey({ database, schema: String(schema), name: String(table) });
    const list = columns.get(key) ?? [];
    list.push({
      name: String(name),
      type: String(type),
      comment: comment === null || comment === undefined ? null : String(comment),
    });
    columns.set(key, list);
  }
  return columns;
}

function nameOf(found: FoundRelation): { database: string; schema: string; identifier: string } {
  return { database: found.database, schema: found.schema, identifier: found.name };
}
