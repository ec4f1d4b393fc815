/** The clauses of a MERGE, put in order and held against each other. Pure. */
import { dmlErrors } from './errors.ts';
import type { MergeClause, MergeSpec } from './merge-spec.ts';

/** A clause and its place among all. */
export type PlacedClause = MergeClause & { readonly index: number };

/** The clauses by what they decide on, each group in the order given. */
export interface ClauseGroups {
  readonly matched: readonly Extract<PlacedClause, { kind: 'matched-update' | 'matched-delete' }>[];
  readonly notMatched: readonly Extract<PlacedClause, { kind: 'not-matched-insert' }>[];
  readonly notMatchedBySource: readonly Extract<
    PlacedClause,
    { kind: 'not-matched-by-source-update' | 'not-matched-by-source-delete' }
  >[];
}

/**
 * The clauses of `spec` by group.
 *
 * @throws tables.bad-merge when there is none, or one that could never decide.
 */
export function groupClauses(table: string, { clauses, sourceAlias, targetAlias }: MergeSpec): ClauseGroups {
  const bad = (problem: string): Error => dmlErrors['bad-merge']({ table, problem });
  if (clauses.length === 0) throw bad('it has no clause');
  if ((sourceAlias ?? 'source').toLowerCase() === (targetAlias ?? 'target').toLowerCase())
    throw bad(`source and target have one name, ${sourceAlias ?? 'source'}`);
  const placed = clauses.map((clause, index): PlacedClause => ({ ...clause, index }));
  const groups: ClauseGroups = {
    matched: placed.filter((c) => c.kind === 'matched-update' || c.kind === 'matched-delete'),
    notMatched: placed.filter((c) => c.kind === 'not-matched-insert'),
    notMatchedBySource: placed.filter(
      (c) => c.kind === 'not-matched-by-source-update' || c.kind === 'not-matched-by-source-delete',
    ),
  };
  const known = groups.matched.length + groups.notMatched.length + groups.notMatchedBySource.length;
  if (known < clauses.length) throw bad('it has a clause of a kind that is not known');
  for (const group of Object.values(groups) as readonly PlacedClause[][]) {
    const first = group.findIndex(({ condition }) => condition === undefined);
    const never = first < 0 ? undefined : group[first + 1];
    if (never !== undefined)
      throw bad(`${clauseName(never)} can never apply: one before it has no condition, and takes every row`);
  }
  return groups;
}

/** What a clause is called in errors. Pure. */
export function clauseName(clause: PlacedClause): string {
  return `clause ${clause.index + 1}, ${words[clause.kind]}`;
}

const words: Readonly<Record<MergeClause['kind'], string>> = {
  'matched-update': 'WHEN MATCHED THEN UPDATE',
  'matched-delete': 'WHEN MATCHED THEN DELETE',
  'not-matched-insert': 'WHEN NOT MATCHED THEN INSERT',
  'not-matched-by-source-update': 'WHEN NOT MATCHED BY SOURCE THEN UPDATE',
  'not-matched-by-source-delete': 'WHEN NOT MATCHED BY SOURCE THEN DELETE',
};

/** The index of the first clause whose condition holds, as SQL; null where none does. Pure. */
export function decisionSql(clauses: readonly PlacedClause[]): string {
  if (clauses.length === 0) return 'CAST(NULL AS SMALLINT)';
  const whens = clauses.map(
    ({ condition, index }) => `WHEN ${condition === undefined ? 'true' : `(${condition}\n)`} THEN ${index}`,
  );
  return `CAST(CASE ${whens.join(' ')} END AS SMALLINT)`;
}
