/** UPDATE. */
import type { Predicate, Snapshot } from '../../delta/index.ts';
import { quoteIdentifier, type Session } from '../../duckdb/index.ts';
import { parsePredicate } from '../read/predicate.ts';
import { fileColumn, rowColumn } from '../read/scan-files.ts';
import type { TableHandle } from '../table-handle.ts';
import { everyRow, type OperationOptions, type Planned } from '../transact.ts';
import { type AssignmentScope, type CastValue, columnValues, resolveAssignments } from './assignments.ts';
import { explainingCasts } from './cast-errors.ts';
import { type CheckedExpression, typesOf } from './checked-expressions.ts';
import { completesUpdates } from './complete-columns.ts';
import type { UpdateResult } from './dml-results.ts';
import { dmlErrors } from './errors.ts';
import { fileMetrics, noFiles, operationMetrics, Stopwatch } from './metrics.ts';
import {
  assertRead,
  assertRemovable,
  candidateFiles,
  changeRows,
  lookingForRows,
  namingDamage,
  readSet,
} from './prepare.ts';
import { clauseColumn, type RowUpdate, resolveSql } from './resolve-rows.ts';
import type { ScratchTables } from './scratch-tables.ts';
import { stageOutcome, writesChanges } from './stage-outcome.ts';
import { emptyRelation, TargetScan } from './target-scan.ts';

/** Which rows change, and how. */
export interface UpdateSpec {
  /** SQL by column; `'a.b'` reaches into a struct, `DEFAULT` is the column's default. */
  readonly set: Readonly<Record<string, string>>;
  /** SQL over the table's columns. Every row, unless given. */
  readonly where?: string;
  /** The table's name in the expressions; `target` unless given. */
  readonly alias?: string;
  /**
   * The version of the table that the expressions read, when they do: the commit then rests on all of it, and
   * loses where the table has moved on.
   */
  readonly readVersion?: number;
}

/**
 * Gives the rows for which `where` is true the values of `set`.
 *
 * Atomic. Files that can't hold such a row aren't read. Rows whose new values equal the old ones stay as they
 * are; when no row is left, nothing is written.
 *
 * @param session where the expressions are evaluated; one of the library's own unless given.
 * @throws tables.no-such-column, tables.assigned-twice, tables.assignment-type, tables.assignment-value,
 * tables.computed-column, tables.not-an-expression, tables.missing-value, tables.constraint-violated,
 * tables.generated-value-differs, tables.damaged-file, delta.append-only, delta.unsupported-feature,
 * delta.commit-conflict, duckdb.*, storage.*
 */
export function updateRows(
  handle: TableHandle,
  session: Session | undefined,
  spec: UpdateSpec,
  options: OperationOptions = {},
): Promise<UpdateResult> {
  const watch = new Stopwatch(options.clock);
  return changeRows(
    handle,
    session,
    options,
    async () => (tables, snapshot) => planUpdate(handle, tables, snapshot, spec, options, watch),
    ({ version }) => ({ version, changed: false, skipped: true, metrics: nothing(watch) }),
  );
}

async function planUpdate(
  handle: TableHandle,
  tables: ScratchTables,
  snapshot: Snapshot,
  spec: UpdateSpec,
  options: OperationOptions,
  watch: Stopwatch,
): Promise<Planned<UpdateResult>> {
  assertRemovable(handle, snapshot);
  assertRead(snapshot, spec);
  const { alias = 'target', where } = spec;
  const { session } = tables;
  const update = await checkedUpdate(handle.uri, session, snapshot, spec);
  const predicate: Predicate | undefined =
    where === undefined ? undefined : await parsePredicate(session, where, snapshot.schema, { alias });
  const files = candidateFiles(snapshot, predicate);
  const scan = new TargetScan(snapshot, handle.storage, files, snapshot.schema);
  const unchanged = (): Planned<UpdateResult> => ({
    kind: 'nothing',
    result: { version: snapshot.version, changed: false, skipped: false, metrics: nothing(watch) },
  });
  if (files.length === 0) return unchanged();
  const rows = `(${await scan.sql()}) AS ${quoteIdentifier(alias)}${where === undefined ? '' : ` WHERE (${where}\n)`}`;
  const from = `(SELECT *, CAST(0 AS SMALLINT) AS ${clauseColumn} FROM ${rows}) AS ${quoteIdentifier(alias)}`;
  const query = resolveSql({
    from,
    targetAlias: alias,
    updates: [update],
    deletes: [],
    schema: snapshot.schema,
    keepsOld: writesChanges(snapshot),
    keepsUnchanged: true,
    rowTracking: scan.rowTracking,
    complete: completesUpdates(handle.uri, snapshot),
  });
  const { name, rows: found } = await explainingCasts(handle.uri, session, [{ ...update, from }], () =>
    lookingForRows(handle, files, options, () => tables.keep(query)),
  );
  const count = found === 0 ? 0 : await session.value(`SELECT count(${clauseColumn}) FROM ${name}`);
  watch.lap('scan');
  const updatedRows = Number(count);
  if (updatedRows === 0) return unchanged();
  const places = `SELECT ${fileColumn}, ${rowColumn} FROM ${name}`;
  const outcome = {
    snapshot,
    shape: snapshot,
    scan,
    resolved: name,
    updates: [0],
    deletes: [],
    updatedRows,
    changed: updatedRows === found ? places : `${places} WHERE ${clauseColumn} IS NOT NULL`,
    rested: updatedRows === found ? undefined : places,
    whole: [],
    inserted: undefined,
    insertion: undefined,
  };
  const staged = await namingDamage(handle, files, () =>
    stageOutcome(tables, handle.storage, outcome, options),
  );
  watch.lap('rewrite');
  const metrics = { ...fileMetrics(staged.numbers, watch), numUpdatedRows: updatedRows };
  return {
    kind: 'commit',
    draft: {
      actions: staged.actions,
      rowChanges: staged.rowChanges,
      operation: {
        name: 'UPDATE',
        parameters: where === undefined ? {} : { predicate: [where] },
        metrics: operationMetrics(metrics),
      },
      read:
        spec.readVersion === undefined ? readSet(snapshot, predicate, staged.filesRead) : everyRow(snapshot),
      result: ({ version }) => ({ version, changed: true, skipped: false, metrics }),
      discard: () => staged.discard(),
    },
  };
}

/** The update with names and types settled. */
async function checkedUpdate(
  table: string,
  session: Session,
  { schema }: Snapshot,
  { set, where, alias = 'target' }: UpdateSpec,
): Promise<RowUpdate & { readonly casts: readonly CastValue[] }> {
  const what = 'SET';
  if (Object.keys(set).length === 0) throw dmlErrors['nothing-to-set']({ table });
  const scope: AssignmentScope = {
    table,
    schema,
    targetAlias: alias,
    sourceAlias: '',
    source: [],
    evolves: false,
    current: (field) => `${quoteIdentifier(alias)}.${quoteIdentifier(field.name)}`,
  };
  const assignments = resolveAssignments(what, set, scope);
  const values = assignments.filter(({ sql }) => sql !== undefined);
  const expressions: CheckedExpression[] = [
    ...values.map(({ path, sql }) => ({
      what: `the value of '${path.join('.')}'`,
      sql: sql as string,
      as: 'value' as const,
    })),
    ...(where === undefined
      ? []
      : [{ what: 'the condition of UPDATE', sql: where, as: 'condition' as const }]),
  ];
  const types = await typesOf(
    session,
    expressions,
    `(${emptyRelation(schema)}) AS ${quoteIdentifier(alias)}`,
  );
  const typeOf = new Map(values.map((value, index) => [value, types[index]]));
  return {
    clause: 0,
    ...columnValues(
      what,
      assignments,
      assignments.map((assignment) => typeOf.get(assignment)),
      scope,
    ),
  };
}

function nothing(watch: Stopwatch): UpdateResult['metrics'] {
  return { ...fileMetrics(noFiles, watch), numUpdatedRows: 0 };
}
