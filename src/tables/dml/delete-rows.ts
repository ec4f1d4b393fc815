/** DELETE. */
import { type AddFile, matchesWholly, type Predicate, type Snapshot } from '../../delta/index.ts';
import { quoteIdentifier, type Session } from '../../duckdb/index.ts';
import { parsePredicate } from '../read/predicate.ts';
import { fileColumn, rowColumn } from '../read/scan-files.ts';
import type { TableHandle } from '../table-handle.ts';
import { everyRow, type OperationOptions, type Planned } from '../transact.ts';
import { typesOf } from './checked-expressions.ts';
import type { DeleteResult } from './dml-results.ts';
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
import { clauseColumn, resolveSql } from './resolve-rows.ts';
import type { ScratchTables } from './scratch-tables.ts';
import { type Outcome, stageOutcome, writesChanges } from './stage-outcome.ts';
import { emptyRelation, liveRowsOf, TargetScan } from './target-scan.ts';

/** Which rows go. */
export interface DeleteSpec {
  /** SQL over the table's columns. Every row, unless given. */
  readonly where?: string;
  /** The table's name in the condition; `target` unless given. */
  readonly alias?: string;
  /**
   * The version of the table that the expressions read, when they do: the commit then rests on all of it, and
   * loses where the table has moved on.
   */
  readonly readVersion?: number;
}

/**
 * Deletes the rows for which `where` is true.
 *
 * Atomic. Files that can't hold such a row aren't read, and neither are files that hold nothing else. When
 * there is no such row, nothing is written.
 *
 * @param session where the condition is evaluated; one of the library's own unless given.
 * @throws delta.append-only, delta.unsupported-feature, delta.commit-conflict, tables.not-an-expression,
 * tables.damaged-file, duckdb.*, storage.*
 */
export function deleteRows(
  handle: TableHandle,
  session: Session | undefined,
  spec: DeleteSpec = {},
  options: OperationOptions = {},
): Promise<DeleteResult> {
  const watch = new Stopwatch(options.clock);
  return changeRows(
    handle,
    session,
    options,
    async () => (tables, snapshot) => planDelete(handle, tables, snapshot, spec, options, watch),
    ({ version }) => ({ version, changed: false, skipped: true, metrics: nothing(watch) }),
  );
}

async function planDelete(
  handle: TableHandle,
  tables: ScratchTables,
  snapshot: Snapshot,
  spec: DeleteSpec,
  options: OperationOptions,
  watch: Stopwatch,
): Promise<Planned<DeleteResult>> {
  assertRemovable(handle, snapshot);
  assertRead(snapshot, spec);
  const predicate = await checkedPredicate(tables.session, snapshot, spec);
  const { whole, partial } = splitFiles(snapshot, predicate);
  const scan = new TargetScan(snapshot, handle.storage, partial, snapshot.schema);
  const { changed, resolved, rows } = await lookingForRows(handle, partial, options, () =>
    findRows(tables, scan, spec, snapshot),
  );
  watch.lap('scan');
  if (rows === 0 && whole.length === 0) {
    return {
      kind: 'nothing',
      result: { version: snapshot.version, changed: false, skipped: false, metrics: nothing(watch) },
    };
  }
  const outcome: Outcome = {
    snapshot,
    shape: snapshot,
    scan,
    resolved,
    updates: [],
    deletes: [0],
    updatedRows: 0,
    changed: rows === 0 ? undefined : changed,
    rested: undefined,
    whole,
    inserted: undefined,
    insertion: undefined,
  };
  const staged = await namingDamage(handle, partial, () =>
    stageOutcome(tables, handle.storage, rows === 0 ? { ...outcome, resolved: undefined } : outcome, options),
  );
  watch.lap('rewrite');
  const wholeRows = whole.map(liveRowsOf);
  const numDeletedRows = wholeRows.every((count) => count !== undefined)
    ? wholeRows.reduce((sum: number, count) => sum + (count ?? 0), rows)
    : undefined;
  const metrics = { ...fileMetrics(staged.numbers, watch), numDeletedRows };
  return {
    kind: 'commit',
    draft: {
      actions: staged.actions,
      rowChanges: staged.rowChanges,
      operation: {
        name: 'DELETE',
        parameters: { predicate: spec.where === undefined ? [] : [spec.where] },
        metrics: operationMetrics(metrics),
      },
      read:
        spec.readVersion === undefined ? readSet(snapshot, predicate, staged.filesRead) : everyRow(snapshot),
      result: ({ version }) => ({ version, changed: true, skipped: false, metrics }),
      discard: () => staged.discard(),
    },
  };
}

async function checkedPredicate(
  session: Session,
  { schema }: Snapshot,
  { where, alias = 'target' }: DeleteSpec,
): Promise<Predicate | undefined> {
  if (where === undefined) return undefined;
  const condition = { what: 'the condition of DELETE', sql: where, as: 'condition' } as const;
  await typesOf(session, [condition], `(${emptyRelation(schema)}) AS ${quoteIdentifier(alias)}`);
  return parsePredicate(session, where, schema, { alias });
}

/** Files whose every row goes, and those that must be looked into. */
function splitFiles(
  snapshot: Snapshot,
  predicate: Predicate | undefined,
): { readonly whole: readonly AddFile[]; readonly partial: readonly AddFile[] } {
  const files = candidateFiles(snapshot, predicate);
  const isWhole = (file: AddFile): boolean =>
    predicate === undefined || matchesWholly(predicate, file, snapshot);
  const whole = files.filter(isWhole);
  const partial = files.filter((file) => !isWhole(file));
  // Readers of the change feed go by change files alone where a commit has some: then all rows are in them.
  return partial.length > 0 && writesChanges(snapshot) ? { whole: [], partial: files } : { whole, partial };
}

async function findRows(
  tables: ScratchTables,
  scan: TargetScan,
  { where, alias = 'target' }: DeleteSpec,
  snapshot: Snapshot,
): Promise<{ changed: string; resolved: string | undefined; rows: number }> {
  if (scan.files.length === 0) return { changed: '', resolved: undefined, rows: 0 };
  const from = `(${await scan.sql()}) AS ${quoteIdentifier(alias)} WHERE (${where}\n)`;
  if (!writesChanges(snapshot)) {
    const { name, rows } = await tables.keep(`SELECT ${fileColumn}, ${rowColumn} FROM ${from}`);
    return { changed: `SELECT * FROM ${name}`, resolved: undefined, rows };
  }
  const { name, rows } = await tables.keep(
    resolveSql({
      from: `(SELECT *, CAST(0 AS SMALLINT) AS ${clauseColumn} FROM ${from}) AS ${quoteIdentifier(alias)}`,
      targetAlias: alias,
      updates: [],
      deletes: [0],
      schema: snapshot.schema,
      keepsOld: true,
      rowTracking: scan.rowTracking,
      complete: (given) => given,
    }),
  );
  return { changed: `SELECT ${fileColumn}, ${rowColumn} FROM ${name}`, resolved: name, rows };
}

function nothing(watch: Stopwatch): DeleteResult['metrics'] {
  return { ...fileMetrics(noFiles, watch), numDeletedRows: 0 };
}
