/**
 * MERGE: rows of a source meet rows of the table, and clauses decide what becomes of either.
 *
 *     source, kept --keys--> files that can matter --first join: keys only--> which rows met, which clause decides
 *                                                                               |
 *     new rows <-- rows of the source that met none            rows that change, resolved (second join)
 *          \___________________________ files, vectors, change files ___________________/
 */
import type { ReadSet, Snapshot } from '../../delta/index.ts';
import { quoteIdentifier, type Session } from '../../duckdb/index.ts';
import { fileColumn, rowColumn } from '../read/scan-files.ts';
import type { TableHandle } from '../table-handle.ts';
import { everyRow, type OperationOptions, type Planned } from '../transact.ts';
import { explainingCasts } from './cast-errors.ts';
import { completesUpdates, InsertCompletion } from './complete-columns.ts';
import type { MergeResult } from './dml-results.ts';
import { insertSql } from './insert-rows.ts';
import { assertUnambiguous, keepMatches, type Matches } from './match-rows.ts';
import { decisionSql } from './merge-clauses.ts';
import { columnNames, type MergePlan, planMerge } from './merge-plan.ts';
import { joinKeys, targetPredicate } from './merge-pruning.ts';
import { keepSource, type MergeSource } from './merge-source.ts';
import type { MergeSpec } from './merge-spec.ts';
import { mergeMetrics, operationMetrics, Stopwatch } from './metrics.ts';
import {
  assertRead,
  assertRemovable,
  candidateFiles,
  changeRows,
  lookingForRows,
  namingDamage,
  readSet,
} from './prepare.ts';
import { clauseColumn, resolveSql, sourceColumn } from './resolve-rows.ts';
import type { ScratchTables } from './scratch-tables.ts';
import { type Outcome, stageOutcome, writesChanges } from './stage-outcome.ts';
import { TargetScan } from './target-scan.ts';

/**
 * Merges the rows of `spec.source` into the table.
 *
 * Atomic. The source is evaluated once. Files of the table that can't hold a row to which a clause applies aren't
 * read, of the others first what the conditions name, and whole rows only where some are touched. When nothing
 * comes of it, also because every new value equals the old one, nothing is written.
 *
 * @param session where the source lives; one of the library's own unless given.
 * @throws tables.merge-duplicate-match when rows of the source disagree about a row of the table.
 * @throws tables.bad-merge, tables.no-such-column, tables.source-lacks-column, tables.assigned-twice,
 * tables.assignment-type, tables.assignment-value, tables.computed-column, tables.not-an-expression,
 * tables.missing-value, tables.constraint-violated, tables.generated-value-differs, tables.identity-given,
 * tables.damaged-file, delta.append-only, delta.unsupported-feature, delta.commit-conflict, duckdb.*, storage.*
 */
export function mergeRows(
  handle: TableHandle,
  session: Session | undefined,
  spec: MergeSpec,
  options: OperationOptions = {},
): Promise<MergeResult> {
  const watch = new Stopwatch(options.clock);
  const { source } = spec;
  return changeRows(
    handle,
    session,
    options,
    async (kept) => {
      const once =
        typeof source === 'string' ? await keepSource(kept, source, handle.snapshot.schema) : undefined;
      if (once !== undefined) watch.lap('source');
      return async (tables, snapshot) => {
        const rows =
          once ??
          (await keepSource(
            tables,
            typeof source === 'string' ? source : await source(snapshot),
            snapshot.schema,
          ));
        watch.lap('source');
        return attemptMerge(handle, tables, snapshot, rows, spec, options, watch);
      };
    },
    ({ version }) => ({ version, changed: false, skipped: true, metrics: mergeMetrics(undefined, 0, watch) }),
  );
}

async function attemptMerge(
  handle: TableHandle,
  tables: ScratchTables,
  snapshot: Snapshot,
  source: MergeSource,
  spec: MergeSpec,
  options: OperationOptions,
  watch: Stopwatch,
): Promise<Planned<MergeResult>> {
  const { session } = tables;
  assertRead(snapshot, spec);
  const plan = await planMerge(handle.uri, session, snapshot, source, spec, options);
  const { groups, shape, targetAlias, sourceAlias } = plan;
  if (groups.matched.length > 0 || groups.notMatchedBySource.length > 0) assertRemovable(handle, snapshot);
  const scope = {
    targetAlias,
    sourceAlias,
    targetColumns: columnNames(snapshot.schema),
    sourceColumns: source.columns.map(({ name }) => name),
  };
  const keys = await joinKeys(session, plan.on, scope);
  const request = { snapshot, on: spec.on, keys, groups, source, sourceAlias, targetAlias };
  const predicate = await targetPredicate(session, request);
  const files = candidateFiles(snapshot, predicate);
  const scan = new TargetScan(snapshot, handle.storage, files, shape.schema);
  options.onProgress?.({ phase: 'reading the source', done: source.rows, unit: 'rows' });
  const matches = await lookingForRows(handle, files, options, () =>
    keepMatches(tables, scan, plan, source, spec.on),
  );
  if (matches !== undefined) await assertUnambiguous(handle.uri, session, scan, matches, plan, keys);
  const resolved = await namingDamage(handle, files, () =>
    resolveMatches(handle, tables, scan, matches, plan, source, snapshot),
  );
  const insertion = new InsertCompletion(handle.uri, shape);
  const inserted = newRows(plan, matches, source, insertion);
  const changed = changedPlaces(matches, resolved, plan);
  const isIdle = changed === undefined && shape === snapshot;
  const newCount = inserted === undefined || !isIdle ? undefined : await countRows(session, inserted.from);
  watch.lap('scan');
  if (isIdle && (inserted === undefined || newCount === 0)) {
    const metrics = mergeMetrics(undefined, source.rows, watch);
    return {
      kind: 'nothing',
      result: { version: snapshot.version, changed: false, skipped: false, metrics },
    };
  }
  const outcome: Outcome = {
    snapshot,
    shape,
    scan,
    resolved: resolved?.name,
    updates: plan.updates.map(({ clause }) => clause),
    deletes: plan.deletes,
    updatedRows: plan.updates.reduce((sum, { clause }) => sum + (resolved?.rows.get(clause) ?? 0), 0),
    changed,
    rested: matches === undefined ? undefined : places(matches.name, ''),
    whole: [],
    inserted: inserted === undefined ? undefined : { query: inserted.query, rows: newCount },
    insertion,
  };
  // Asked before files are written: what fails after that would leave them behind.
  const deleted = matches === undefined ? new Map() : await deletedRows(session, matches, plan);
  const staged = await explainingCasts(handle.uri, session, inserted?.casts ?? [], () =>
    namingDamage(handle, files, () => stageOutcome(tables, handle.storage, outcome, options)),
  );
  watch.lap('rewrite');
  const counts = {
    updated: new Map(plan.updates.map(({ clause }) => [clause, resolved?.rows.get(clause) ?? 0])),
    deleted,
    groups,
    numbers: staged.numbers,
  };
  const metrics = mergeMetrics(counts, source.rows, watch);
  return {
    kind: 'commit',
    draft: {
      actions: staged.actions,
      rowChanges: staged.rowChanges,
      operation: { name: 'MERGE', parameters: parametersOf(spec, plan), metrics: operationMetrics(metrics) },
      read: readOf(spec, snapshot, readSet(snapshot, predicate, staged.filesRead)),
      result: ({ version }) => ({ version, changed: true, skipped: false, metrics }),
      discard: () => staged.discard(),
    },
  };
}

/** A source that reads the table itself rests on all of it, and so do conditions and values that do. */
function readOf({ source, readVersion }: MergeSpec, snapshot: Snapshot, own: ReadSet): ReadSet {
  return typeof source === 'string' && readVersion === undefined ? own : everyRow(snapshot);
}

interface Resolved {
  readonly name: string;
  /** Rows by clause. */
  readonly rows: ReadonlyMap<number, number>;
}

/** Reads the rows that updates touch, and those whose end a change file has to tell of. */
async function resolveMatches(
  handle: TableHandle,
  tables: ScratchTables,
  scan: TargetScan,
  matches: Matches | undefined,
  plan: MergePlan,
  source: MergeSource,
  snapshot: Snapshot,
): Promise<Resolved | undefined> {
  if (matches === undefined) return undefined;
  const keepsOld = writesChanges(snapshot);
  const wanted = [...plan.updates.map(({ clause }) => clause), ...(keepsOld ? plan.deletes : [])];
  const touched = matches.filesOf(wanted);
  if (touched.length === 0) return undefined;
  const alias = quoteIdentifier(plan.targetAlias);
  const isDeleted = `${clauseColumn} IN (${plan.deletes.join(', ') || 'NULL'})`;
  // A lone unconditional DELETE may meet a row more than once.
  const distinct = keepsOld && plan.deletes.length > 0 ? 'DISTINCT ' : '';
  const met = [
    `${fileColumn} AS __boathouse_mf`,
    `${rowColumn} AS __boathouse_mr`,
    `${distinct === '' ? sourceColumn : `CASE WHEN NOT (${isDeleted}) THEN ${sourceColumn} END`} AS __boathouse_ms`,
    clauseColumn,
  ].join(', ');
  const from = [
    `(${await scan.sql(touched)}) AS ${alias}`,
    `JOIN (SELECT ${distinct}${met} FROM ${matches.name} WHERE ${clauseColumn} IN (${wanted.join(', ')})) AS __boathouse_met`,
    `ON ${alias}.${fileColumn} = __boathouse_mf AND ${alias}.${rowColumn} = __boathouse_mr`,
    `LEFT JOIN (${source.sql}) AS ${quoteIdentifier(plan.sourceAlias)} ON ${sourceColumn} = __boathouse_ms`,
  ].join(' ');
  const query = resolveSql({
    from,
    targetAlias: plan.targetAlias,
    updates: plan.updates,
    deletes: keepsOld ? plan.deletes : [],
    schema: plan.shape.schema,
    keepsOld,
    rowTracking: scan.rowTracking,
    complete: completesUpdates(handle.uri, plan.shape),
  });
  const casts = plan.updates.map((update) => ({ ...update, from }));
  const { name } = await explainingCasts(handle.uri, tables.session, casts, () => tables.keep(query));
  const { rows } = await tables.session.query(`SELECT ${clauseColumn}, count(*) FROM ${name} GROUP BY 1`);
  const counts = new Map(rows.map(([clause, count]) => [Number(clause), Number(count)]));
  return counts.size === 0 ? undefined : { name, rows: counts };
}

/** The places of all rows that change, each once; undefined when there are none. */
function changedPlaces(
  matches: Matches | undefined,
  resolved: Resolved | undefined,
  plan: MergePlan,
): string | undefined {
  const parts: string[] = [];
  if (resolved !== undefined) parts.push(places(resolved.name, ''));
  const hasDeletes = matches !== undefined && matches.filesOf(plan.deletes).length > 0;
  const toldAlready = plan.deletes.some((clause) => resolved?.rows.has(clause));
  if (hasDeletes && !toldAlready)
    parts.push(places(matches.name, ` WHERE ${clauseColumn} IN (${plan.deletes.join(', ')})`, true));
  return parts.length === 0 ? undefined : parts.join(' UNION ALL ');
}

function places(name: string, where: string, distinct = false): string {
  return `SELECT ${distinct ? 'DISTINCT ' : ''}${fileColumn}, ${rowColumn} FROM ${name}${where}`;
}

/** The rows of the source that met none and that a clause inserts. */
function newRows(
  plan: MergePlan,
  matches: Matches | undefined,
  source: MergeSource,
  insertion: InsertCompletion,
): { query: string; from: string; casts: Parameters<typeof explainingCasts>[2] } | undefined {
  const { inserts, groups, sourceAlias, shape } = plan;
  if (inserts.length === 0 || source.rows === 0) return undefined;
  const alias = quoteIdentifier(sourceAlias);
  const alone =
    matches === undefined
      ? source.sql
      : `SELECT * FROM (${source.sql}) ANTI JOIN (SELECT ${sourceColumn} FROM ${matches.name} WHERE ${sourceColumn} IS NOT NULL) USING (${sourceColumn})`;
  const decided = `SELECT *, ${decisionSql(groups.notMatched)} AS ${clauseColumn} FROM (${alone}) AS ${alias}`;
  const from = `(SELECT * FROM (${decided}) WHERE ${clauseColumn} IS NOT NULL) AS ${alias}`;
  return {
    query: insertSql(from, inserts, shape.schema, insertion.complete),
    from,
    casts: inserts.map((insert) => ({ ...insert, from })),
  };
}

async function countRows(session: Session, from: string): Promise<number> {
  return Number(await session.value(`SELECT count(*) FROM ${from}`));
}

async function deletedRows(
  session: Session,
  matches: Matches,
  { deletes }: MergePlan,
): Promise<Map<number, number>> {
  if (matches.filesOf(deletes).length === 0) return new Map();
  const { rows } = await session.query(
    `SELECT ${clauseColumn}, count(DISTINCT (${fileColumn}, ${rowColumn})) FROM ${matches.name} WHERE ${clauseColumn} IN (${deletes.join(', ')}) GROUP BY 1`,
  );
  return new Map(rows.map(([clause, count]) => [Number(clause), Number(count)]));
}

function parametersOf({ on }: MergeSpec, { groups }: MergePlan): Record<string, string> {
  const shown = (clauses: readonly { kind: string; condition?: string }[]): string =>
    JSON.stringify(
      clauses.map(({ kind, condition }) => ({
        ...(condition === undefined ? {} : { predicate: condition }),
        actionType: kind.slice(kind.lastIndexOf('-') + 1),
      })),
    );
  return {
    predicate: on,
    matchedPredicates: shown(groups.matched),
    notMatchedPredicates: shown(groups.notMatched),
    notMatchedBySourcePredicates: shown(groups.notMatchedBySource),
  };
}
