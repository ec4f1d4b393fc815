/** What differs between two states of a catalog. Pure. */
import { type CatalogRelation, relationKey } from './generation.ts';

/** One relation that isn't the same on both sides. */
export interface RelationDifference {
  readonly before: CatalogRelation | undefined;
  readonly after: CatalogRelation | undefined;
}

/** The relations that differ, ordered by name. */
export function differences(
  before: readonly CatalogRelation[],
  after: readonly CatalogRelation[],
): readonly RelationDifference[] {
  const old = new Map(before.map((relation) => [relationKey(relation), relation]));
  const now = new Map(after.map((relation) => [relationKey(relation), relation]));
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((key) => {
    const difference = { before: old.get(key), after: now.get(key) };
    return isSame(difference.before, difference.after) ? [] : [difference];
  });
}

/**
 * Whether a reader sees the same through both: the kind, the text, the version, the files, the columns and the
 * comment. Rows of a table inside the file can't be compared by what the catalog says, so there the run that last
 * made it counts; everything else that a run makes again without a change is the same.
 */
export function isSame(a: CatalogRelation | undefined, b: CatalogRelation | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return JSON.stringify(seen(a)) === JSON.stringify(seen(b));
}

function seen(relation: CatalogRelation): unknown {
  const { kind, sql, location, format, deltaVersion, pins, columns, comment, runId } = relation;
  const shape = columns.map(({ name, type, comment: text }) => [name, type, text]);
  // A version says all there is to say of a Delta table: the text depends on how it is spelled.
  const text = kind === 'delta' && deltaVersion !== null ? null : sql;
  return [kind, text, location, format, deltaVersion, pins, shape, comment, kind === 'table' ? runId : null];
}

/** `schema.name`, with the database in front unless it is `database`. */
export function nameIn(
  relation: Pick<CatalogRelation, 'database' | 'schema' | 'name'>,
  database?: string,
): string {
  const { schema, name } = relation;
  const isOwn = database !== undefined && relation.database.toLowerCase() === database.toLowerCase();
  return isOwn ? `${schema}.${name}` : `${relation.database}.${schema}.${name}`;
}
