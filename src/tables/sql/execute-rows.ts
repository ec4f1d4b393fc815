/** MERGE, UPDATE, DELETE and INSERT, as statements. */
import { unreachable } from '../../base/index.ts';
import type { Snapshot } from '../../delta/index.ts';
import { quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { deleteRows } from '../dml/delete-rows.ts';
import { mergeRows } from '../dml/merge-rows.ts';
import type { MergeClause } from '../dml/merge-spec.ts';
import { updateRows } from '../dml/update-rows.ts';
import { relationOf } from '../read/scan.ts';
import { TableHandle } from '../table-handle.ts';
import { writeQueryToHandle } from '../write/write-query.ts';
import { statementErrors } from './errors.ts';
import { ownReads } from './own-reads.ts';
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
  const handle = await TableHandle.open(
    uri,
    context.storageOptions === undefined ? {} : { storageOptions: context.storageOptions },
  );
  switch (statement.kind) {
    case 'merge':
      return executeMerge(statement, handle, context);
    case 'update': {
      const { version, changed, metrics } = await updateRows(
        handle,
        context.session,
        {
          set: await resolveAll(statement.set, context),
          ...(statement.where === undefined ? {} : { where: await context.resolve(statement.where) }),
          alias: statement.alias ?? nameOf(statement.table) ?? 'target',
        },
        context.options,
      );
      const counts = countsRow({ num_affected_rows: metrics.numUpdatedRows });
      return { statement: 'update', uri: handle.uri, version, changed, ...counts };
    }
    case 'delete': {
      const { version, changed, metrics } = await deleteRows(
        handle,
        context.session,
        {
          ...(statement.where === undefined ? {} : { where: await context.resolve(statement.where) }),
          alias: statement.alias ?? nameOf(statement.table) ?? 'target',
        },
        context.options,
      );
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
  const conditions = await Promise.all(statement.clauses.map((clause) => resolveClause(clause, context)));
  const own = await ownReads(query, handle.uri, context);
  const { version, changed, metrics } = await mergeRows(
    handle,
    context.session,
    {
      source:
        own === undefined
          ? await context.resolve(query)
          : async (snapshot) => context.resolve(own((await relationOf(snapshot, handle.storage)).sql)),
      sourceAlias: statement.sourceAlias ?? sourceName ?? 'source',
      targetAlias: statement.targetAlias ?? nameOf(statement.table) ?? 'target',
      on: await context.resolve(statement.on),
      clauses: conditions,
      schemaEvolution: statement.schemaEvolution,
    },
    context.options,
  );
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

async function executeInsert(
  statement: Extract<DeltaStatement, { kind: 'insert' }>,
  handle: TableHandle,
  context: StatementContext,
): Promise<StatementResult> {
  const own = await ownReads(statement.query, handle.uri, context);
  const read = handle.snapshot;
  const rows = own === undefined ? statement.query : own((await relationOf(read, handle.storage)).sql);
  const query = await insertQuery({ ...statement, query: rows }, handle, context);
  const { signal, clock, random, transaction, commitMetadata } = context.options;
  const { mode, replaceWhere } = statement;
  const result = await writeQueryToHandle(context.session, query, handle, {
    mode: replaceWhere === undefined ? mode : 'overwrite',
    ...(replaceWhere === undefined ? {} : { replaceWhere: await context.resolve(replaceWhere) }),
    ...(own === undefined ? {} : { readVersion: read.version }),
    ...(signal === undefined ? {} : { signal }),
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
    ...(transaction === undefined ? {} : { transaction }),
    ...(commitMetadata === undefined ? {} : { commitMetadata }),
  });
  const counts = countsRow({ num_affected_rows: result.rows, num_inserted_rows: result.rows });
  return {
    statement: 'insert',
    uri: handle.uri,
    version: result.version,
    changed: result.skipped !== true,
    ...counts,
  };
}

/** The rows under the table's own columns and of their types; columns that aren't given are null, or the table's to fill. */
async function insertQuery(
  statement: Extract<DeltaStatement, { kind: 'insert' }>,
  handle: TableHandle,
  context: StatementContext,
): Promise<string> {
  const { schema } = handle.snapshot;
  const query = await context.resolve(statement.query);
  const given = await context.session.describe(query);
  const names = statement.byName
    ? given.map(({ name }) => name)
    : (statement.columns ?? schema.fields.map(({ name }) => name));
  const wrong = (problem: string): Error =>
    statementErrors['bad-statement']({
      statement: 'INSERT',
      problem,
      expected: 'INSERT INTO table (column, …) SELECT … with one value for each column',
    });
  if (names.length !== given.length) {
    throw wrong(
      `${names.length} columns (${names.join(', ')}) are to be filled, and the query has ${given.length}`,
    );
  }
  const aliases = names.map((_, i) => quoteIdentifier(`v${i}`));
  const items = schema.fields.flatMap((field) => {
    const index = names.findIndex((name) => name.toLowerCase() === field.name.toLowerCase());
    const as = ` AS ${quoteIdentifier(field.name)}`;
    const type = duckdbTypeOf(field.type, field.name);
    if (index >= 0) return [`CAST(given.${aliases[index]} AS ${type})${as}`];
    return fillsItself(field.metadata) ? [] : [`CAST(NULL AS ${type})${as}`];
  });
  const unknown = names.find((name) => !hasColumn(handle.snapshot, name));
  if (unknown !== undefined) {
    throw wrong(
      `${handle.uri} has no column ${quoteLiteral(unknown)}; it has ${schema.fields.map(({ name }) => name).join(', ')}`,
    );
  }
  return `SELECT ${items.join(', ')} FROM (${query}\n) AS given(${aliases.join(', ')})`;
}

function hasColumn({ schema }: Snapshot, name: string): boolean {
  return schema.fields.some((field) => field.name.toLowerCase() === name.toLowerCase());
}

function fillsItself(metadata: Readonly<Record<string, unknown>>): boolean {
  return ['delta.generationExpression', 'delta.identity.start', 'CURRENT_DEFAULT'].some(
    (key) => metadata[key] !== undefined,
  );
}

async function resolveClause(clause: MergeClause, context: StatementContext): Promise<MergeClause> {
  const { condition } = clause;
  const when = condition === undefined ? {} : { condition: await context.resolve(condition) };
  switch (clause.kind) {
    case 'matched-update':
      return {
        ...clause,
        ...when,
        set: clause.set === 'all' ? 'all' : await resolveAll(clause.set, context),
      };
    case 'not-matched-by-source-update':
      return { ...clause, ...when, set: await resolveAll(clause.set, context) };
    case 'not-matched-insert': {
      const values = clause.values === 'all' ? 'all' : await resolveAll(clause.values, context);
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
  context: StatementContext,
): Promise<Record<string, string>> {
  const resolved: Record<string, string> = {};
  for (const [key, sql] of Object.entries(values)) resolved[key] = await context.resolve(sql);
  return resolved;
}

/** The name under which a statement's expressions know the table; a table named by its place has none. */
function nameOf(table: TableRef): string | undefined {
  return table.kind === 'name' ? table.parts.at(-1) : undefined;
}

/** A table as a query names it. Pure. */
export function printTable(table: TableRef): string {
  if (table.kind === 'path') return `delta.${quoteLiteral(table.uri)}`;
  return table.parts.map(quoteIdentifier).join('.');
}
