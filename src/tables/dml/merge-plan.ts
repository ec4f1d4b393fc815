/** A MERGE held against the table and its source: names, types and what each clause does. */
import type { Snapshot, StructType } from '../../delta/index.ts';
import { quoteIdentifier, type Session, type SqlType } from '../../duckdb/index.ts';
import type { OperationOptions } from '../transact.ts';
import type { TableShape } from '../write/table-shape.ts';
import { widenerOf } from '../write/widen-types.ts';
import {
  type Assignment,
  type AssignmentScope,
  type CastValue,
  columnValues,
  resolveAssignments,
} from './assignments.ts';
import { type CheckedExpression, typesOf } from './checked-expressions.ts';
import { evolvedShape } from './evolved-shape.ts';
import { parseExpressions, type Tree } from './expressions.ts';
import type { RowInsert } from './insert-rows.ts';
import { type ClauseGroups, clauseName, groupClauses, type PlacedClause } from './merge-clauses.ts';
import { evolvedSchema } from './merge-schema.ts';
import type { MergeSource } from './merge-source.ts';
import type { Assignments, MergeSpec } from './merge-spec.ts';
import type { RowUpdate } from './resolve-rows.ts';
import { emptyRelation } from './target-scan.ts';

/** What a MERGE comes to on one state of the table. */
export interface MergePlan {
  readonly groups: ClauseGroups;
  readonly targetAlias: string;
  readonly sourceAlias: string;
  /** The table as it will be. */
  readonly shape: TableShape;
  readonly on: Tree;
  readonly updates: readonly (RowUpdate & { readonly casts: readonly CastValue[] })[];
  readonly deletes: readonly number[];
  readonly inserts: readonly (RowInsert & { readonly casts: readonly CastValue[] })[];
}

/**
 * Settles what `spec` means for `snapshot`, before any row of the table is read.
 *
 * @throws tables.bad-merge, tables.no-such-column, tables.source-lacks-column, tables.assigned-twice,
 * tables.assignment-type, tables.computed-column, tables.not-an-expression, duckdb.*
 */
export async function planMerge(
  table: string,
  session: Session,
  snapshot: Snapshot,
  source: MergeSource,
  spec: MergeSpec,
  options: OperationOptions,
): Promise<MergePlan> {
  const groups = groupClauses(table, spec);
  const { targetAlias = 'target', sourceAlias = 'source' } = spec;
  const evolves = spec.schemaEvolution === true;
  const grown = evolves
    ? evolvedSchema(snapshot.schema, source.columns, broughtColumns(spec), widenerOf(snapshot))
    : snapshot.schema;
  const shape = evolvedShape(snapshot, grown, options.random);
  const [on] = await parseExpressions(session, [{ what: 'the condition ON', sql: spec.on }]);

  const target = `(${emptyRelation(shape.schema)}) AS ${quoteIdentifier(targetAlias)}`;
  const rows = `(SELECT * EXCLUDE (__boathouse_source_row) FROM (${source.sql})) AS ${quoteIdentifier(sourceAlias)}`;
  const scope = (hasRow: boolean): AssignmentScope => ({
    table,
    schema: shape.schema,
    targetAlias,
    sourceAlias,
    source: source.columns,
    evolves,
    current: hasRow ? ({ name }) => `${quoteIdentifier(targetAlias)}.${quoteIdentifier(name)}` : undefined,
  });
  const condition = { what: 'the condition ON', sql: spec.on, as: 'condition' } as const;
  const matched = await settle(session, groups.matched, scope(true), `${target}, ${rows}`, [condition]);
  const alone = await settle(session, groups.notMatchedBySource, scope(true), target, []);
  const inserted = await settle(session, groups.notMatched, scope(false), rows, []);
  const deletes = [...groups.matched, ...groups.notMatchedBySource].flatMap(({ kind, index }) =>
    kind === 'matched-delete' || kind === 'not-matched-by-source-delete' ? [index] : [],
  );
  return {
    groups,
    targetAlias,
    sourceAlias,
    shape,
    on: on as Tree,
    updates: [...matched, ...alone],
    deletes,
    inserts: inserted,
  };
}

/** Columns of the source that clauses bring into the table, in lower case. */
function broughtColumns({ clauses, targetAlias = 'target' }: MergeSpec): 'all' | ReadonlySet<string> {
  const names = new Set<string>();
  for (const clause of clauses) {
    const given = assignmentsOf(clause);
    if (given === 'all') return 'all';
    const prefix = `${targetAlias.toLowerCase()}.`;
    for (const name of Object.keys(given ?? {})) {
      const lower = name.toLowerCase();
      names.add(lower.startsWith(prefix) ? lower.slice(prefix.length) : lower);
    }
  }
  return names;
}

function assignmentsOf(clause: MergeSpec['clauses'][number]): Assignments | undefined {
  if (clause.kind === 'matched-update' || clause.kind === 'not-matched-by-source-update') return clause.set;
  return clause.kind === 'not-matched-insert' ? clause.values : undefined;
}

/** The values of each clause that gives some, typed over the relation `from`; every condition is checked too. */
async function settle(
  session: Session,
  clauses: readonly PlacedClause[],
  scope: AssignmentScope,
  from: string,
  further: readonly CheckedExpression[],
): Promise<(RowUpdate & { readonly casts: readonly CastValue[] })[]> {
  const expressions: CheckedExpression[] = [...further];
  const given: { clause: PlacedClause; what: string; assignments: Assignment[]; first: number }[] = [];
  for (const clause of clauses) {
    const what = clauseName(clause);
    if (clause.condition !== undefined)
      expressions.push({ what: `the condition of ${what}`, sql: clause.condition, as: 'condition' });
    const named = assignmentsOf(clause);
    if (named === undefined) continue;
    const assignments = resolveAssignments(what, named, scope);
    given.push({ clause, what, assignments, first: expressions.length });
    for (const { path, sql } of assignments) {
      if (sql !== undefined)
        expressions.push({ what: `the value of '${path.join('.')}' in ${what}`, sql, as: 'value' });
    }
  }
  const types = await typesOf(session, expressions, from);
  return given.map(({ clause, what, assignments, first }) => {
    let at = first;
    const own = assignments.map(({ sql }): SqlType | undefined =>
      sql === undefined ? undefined : types[at++],
    );
    return { clause: clause.index, ...columnValues(what, assignments, own, scope) };
  });
}

/** The names of columns. Pure. */
export function columnNames({ fields }: StructType): string[] {
  return fields.map(({ name }) => name);
}
