/**
 * A condition on rows, as far as files can be judged by it.
 *
 * It need not say everything the query's condition says: what has no word here is `unknown`, and a file
 * is left out only when no row of it can make the whole true. Rows are still filtered by the query.
 */
import type { StatValue } from '../stats.ts';

/** How two values are compared. NaN equals itself and is greater than every other number, as in DuckDB. */
export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/**
 * A function on a column's value. Some keep the order of values, so that bounds stay bounds: the day, the
 * start of a unit or the year of a date or a wall-clock time, and the wall clock at a date's midnight. The
 * others (a part of a date, a number or a date as text, a text as a whole number) tell something only of
 * a file whose values are all the same.
 */
export type Transform =
  | { readonly kind: 'to-date' }
  | { readonly kind: 'to-timestamp' }
  | { readonly kind: 'year' }
  | { readonly kind: 'truncate'; readonly unit: TruncationUnit }
  | { readonly kind: 'part'; readonly part: 'quarter' | 'month' | 'day' }
  | { readonly kind: 'to-text' }
  | { readonly kind: 'to-whole' };

/** What a time can be cut to. Weeks begin on Monday. */
export type TruncationUnit = 'year' | 'quarter' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second';

/** A column, or a member of a struct in one. */
export interface ColumnOperand {
  /** Logical names; letter case doesn't count. */
  readonly path: readonly string[];
  /** Functions on it, the innermost first. */
  readonly via?: readonly Transform[];
}

/**
 * A condition with SQL's three truth values. Values are as in statistics (`StatValue`): numbers, bigints
 * or decimals' digits for numbers, `YYYY-MM-DD` for dates, microseconds since 1970 as bigints for
 * timestamps.
 */
export type Predicate =
  | { readonly kind: 'and'; readonly of: readonly Predicate[] }
  | { readonly kind: 'or'; readonly of: readonly Predicate[] }
  | { readonly kind: 'not'; readonly of: Predicate }
  | ({
      readonly kind: 'compare';
      readonly operator: ComparisonOperator;
      readonly value: StatValue;
    } & ColumnOperand)
  | ({
      readonly kind: 'in';
      readonly values: readonly StatValue[];
      /** Whether null is in the list too: then what isn't in the list is null, not false. */
      readonly hasNull?: boolean;
    } & ColumnOperand)
  | ({ readonly kind: 'between'; readonly low: StatValue; readonly high: StatValue } & ColumnOperand)
  | ({ readonly kind: 'is-null' } & ColumnOperand)
  | ({ readonly kind: 'starts-with'; readonly prefix: string } & ColumnOperand)
  | { readonly kind: 'constant'; readonly value: boolean | null }
  | { readonly kind: 'unknown' };

/** What may be true or not, for all we know. */
export const unknownPredicate: Predicate = { kind: 'unknown' };

/** The columns that `predicate` names, each with the names that lead to it. Pure. */
export function* predicatePaths(predicate: Predicate): Generator<readonly string[]> {
  switch (predicate.kind) {
    case 'and':
    case 'or':
      for (const part of predicate.of) yield* predicatePaths(part);
      break;
    case 'not':
      yield* predicatePaths(predicate.of);
      break;
    case 'constant':
    case 'unknown':
      break;
    default:
      yield predicate.path;
  }
}
