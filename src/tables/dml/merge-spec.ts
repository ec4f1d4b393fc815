/**
 * A MERGE as data: which source, how rows meet, and what becomes of those that do and those that don't.
 *
 * Of each group of clauses (matched, not matched, not matched by source) the first whose condition holds for a
 * row decides; a row that none decides stays as it is.
 */
import type { Snapshot } from '../../delta/index.ts';

/** What one clause gives its columns: SQL by column (`'a.b'` reaches into a struct), or every column from the source. */
export type Assignments = Readonly<Record<string, string>> | 'all';

/** One WHEN of a MERGE. Without a condition it holds for every row of its group. */
export type MergeClause =
  | { readonly kind: 'matched-update'; readonly condition?: string; readonly set: Assignments }
  | { readonly kind: 'matched-delete'; readonly condition?: string }
  | { readonly kind: 'not-matched-insert'; readonly condition?: string; readonly values: Assignments }
  | {
      readonly kind: 'not-matched-by-source-update';
      readonly condition?: string;
      readonly set: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'not-matched-by-source-delete'; readonly condition?: string };

/** A MERGE. Conditions and values are SQL over the two aliases. */
export interface MergeSpec {
  /**
   * A query, run once in the session and kept until the merge is over, also when it is planned again. One that
   * reads the very table it is merged into is a function of the table's state, and is run again with each plan.
   */
  readonly source: string | ((snapshot: Snapshot) => string | Promise<string>);
  /** `source` unless given. */
  readonly sourceAlias?: string;
  /** `target` unless given. */
  readonly targetAlias?: string;
  /** When a row of the source and one of the table belong together. */
  readonly on: string;
  readonly clauses: readonly MergeClause[];
  /** Columns and struct members that only the source has are added to the table. */
  readonly schemaEvolution?: boolean;
  /**
   * The version of the table that the expressions read, when they do: the commit then rests on all of it, and
   * loses where the table has moved on.
   */
  readonly readVersion?: number;
}
