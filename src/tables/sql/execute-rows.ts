/** MERGE, UPDATE and DELETE, as statements. */
import { unreachable } from '../../base/index.ts';
import type { Snapshot } from '../../delta/index.ts';
import { deleteRows } from '../dml/delete-rows.ts';
import { mergeRows } from '../dml/merge-rows.ts';
import type { MergeClause } from '../dml/merge-spec.ts';
import { updateRows } from '../dml/update-rows.ts';
import { relationOf } from '../read/scan.ts';
import { TableHandle } from '../table-handle.ts';
import { executeInsert } from './execute-insert.ts';
import { onOneState, type Resolve } from './one-state.ts';
import { ownReads } from './own-reads.ts';
import { printTable } from './print-table.ts';
import { countsRow } from './result-rows.ts';
import type { DeltaStatement, TableRef } from './statement.ts';
import type { StatementContext, StatementResult } from './statement-context.ts';

/** The statements that change rows. */
export type RowStatement = Extract<DeltaStatement, { kind: 'merge' | 'update' | 'delete' | 'insert' }>;

/** Runs a statement that changes rows, and gives the counts that Spark gives. @throws tables.*, delta.*, duckdb.* */
export async function executeRows(
  statement: RowStatement,
  context: StatementContext,
): Promise<StatementResult> {
  const uri = await context.locate(statement.table, statement.kind.toUpperCase());
  const { storageOptions } = context;
  const handle =
    context.open === undefined
      ? await TableHandle.open(uri, storageOptions === undefined ? {} : { storageOptions })
      : await context.open(uri);
  switch (statement.kind) {
    case 'merge':
      return executeMerge(statement, handle, context);
    case 'update': {
      const { version, changed, metrics } = await onOneState(handle, context, async (resolve, read) => {
        const spec = {
          set: await resolveAll(statement.set, resolve),
          ...(statement.where === undefined ? {} : { where: await resolve(statement.where) }),
          alias: statement.alias ?? nameOf(statement.table) ?? 'target',
        };
        return updateRows(handle, context.session, { ...spec, ...read() }, context.options);
      });
      const counts = countsRow({ num_affected_rows: metrics.numUpdatedRows });
      return { statement: 'update', uri: handle.uri, version, changed, ...counts };
    }
    case 'delete': {
      const { version, changed, metrics } = await onOneState(handle, context, async (resolve, read) => {
        const spec = {
          ...(statement.where === undefined ? {} : { where: await resolve(statement.where) }),
          alias: statement.alias ?? nameOf(statement.table) ?? 'target',
        };
        return deleteRows(handle, context.session, { ...spec, ...read() }, context.options);
      });
      const counts = countsRow({ num_affected_rows: metrics.numDeletedRows });
      return { statement: 'delete', uri: handle.uri, version, changed, ...counts };
    }
    case 'insert':
      return executeInsert(statement, handle, context);
  }
}

async function executeMerge(
  statement: Extract<DeltaStatement, { kind: 'merge' }>,
  handle: TableHandle,
  context: StatementContext,
): Promise<StatementResult> {
  const { source } = statement;
  const query = source.kind === 'query' ? source.sql : `SELECT * FROM ${printTable(source.table)}`;
  const sourceName = source.kind === 'table' ? nameOf(source.table) : undefined;
  const own = await ownReads(query, handle.uri, context);
  const ready =
    own === undefined
      ? await context.resolve(query)
      : async (snapshot: Snapshot) => context.resolve(own((await relationOf(snapshot, handle.storage)).sql));
  const { version, changed, metrics } = await onOneState(handle, context, async (resolve, read) => {
    const spec = {
      source: ready,
      sourceAlias: statement.sourceAlias ?? sourceName ?? 'source',
      targetAlias: statement.targetAlias ?? nameOf(statement.table) ?? 'target',
      on: await resolve(statement.on),
      clauses: await Promise.all(statement.clauses.map((clause) => resolveClause(clause, resolve))),
      schemaEvolution: statement.schemaEvolution,
    };
    return mergeRows(handle, context.session, { ...spec, ...read() }, context.options);
  });
  const [updated, deleted, inserted] = [
    metrics.numTargetRowsUpdated,
    metrics.numTargetRowsDeleted,
    metrics.numTargetRowsInserted,
  ];
  const counts = countsRow({
    num_affected_rows: updated + deleted + inserted,
    num_updated_rows: updated,
    num_deleted_rows: deleted,
    num_inserted_rows: inserted,
  });
  return { statement: 'merge', uri: handle.uri, version, changed, ...counts };
}

async function resolveClause(clause: MergeClause, resolve: Resolve): Promise<MergeClause> {
  const { condition } = clause;
  const when = condition === undefined ? {} : { condition: await resolve(condition) };
  switch (clause.kind) {
    case 'matched-update':
      return {
        ...clause,
        ...when,
        set: clause.set === 'all' ? 'all' : await resolveAll(clause.set, resolve),
      };
    case 'not-matched-by-source-update':
      return { ...clause, ...when, set: await resolveAll(clause.set, resolve) };
    case 'not-matched-insert': {
      const values = clause.values === 'all' ? 'all' : await resolveAll(clause.values, resolve);
      return { ...clause, ...when, values };
    }
    case 'matched-delete':
    case 'not-matched-by-source-delete':
      return { ...clause, ...when };
    default:
      return unreachable(clause);
  }
}

async function resolveAll(
  values: Readonly<Record<string, string>>,
  resolve: Resolve,
): Promise<Record<string, string>> {
  const resolved: Record<string, string> = {};
  for (const [key, sql] of Object.entries(values)) resolved[key] = await resolve(sql);
  return resolved;
}

/** The name under which a statement's expressions know the table; a table named by its place has none. */
function nameOf(table: TableRef): string | undefined {
  return table.kind === 'name' ? table.parts.at(-1) : undefined;
}
