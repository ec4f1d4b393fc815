/** INSERT, as a statement: a query's columns under the table's names and of its types. */
import { isBoathouseError } from '../../base/index.ts';
import { printDataType, type Snapshot, type StructField } from '../../delta/index.ts';
import { type Column, printSqlType, quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { dmlErrors } from '../dml/errors.ts';
import type { TableHandle } from '../table-handle.ts';
import type { WriteResult } from '../write/write-options.ts';
import { writeQueryToHandle } from '../write/write-query.ts';
import { statementErrors } from './errors.ts';
import { valuesWithoutDefault } from './insert-values.ts';
import { onOneState, type StateRead } from './one-state.ts';
import { countsRow } from './result-rows.ts';
import type { DeltaStatement } from './statement.ts';
import type { StatementContext, StatementResult } from './statement-context.ts';

type InsertStatement = Extract<DeltaStatement, { kind: 'insert' }>;

/**
 * Adds a query's rows to a table, or puts them in the place of others, in one commit.
 *
 * @throws tables.bad-statement, tables.assignment-value and what writing throws
 */
export async function executeInsert(
  statement: InsertStatement,
  handle: TableHandle,
  context: StatementContext,
): Promise<StatementResult> {
  const result = await onOneState(handle, context, (resolve, read) =>
    insertOnce(statement, handle, { ...context, resolve }, read),
  );
  const counts = countsRow({ num_affected_rows: result.rows, num_inserted_rows: result.rows });
  return {
    statement: 'insert',
    uri: handle.uri,
    version: result.version,
    changed: result.skipped !== true,
    ...counts,
  };
}

async function insertOnce(
  statement: InsertStatement,
  handle: TableHandle,
  context: StatementContext,
  read: () => StateRead,
): Promise<WriteResult> {
  const source = await insertSource(statement, handle.snapshot, handle.uri, context);
  const { signal, clock, random, transaction, commitMetadata } = context.options;
  const replaceWhere = replaced(statement, handle.snapshot);
  const write = writeQueryToHandle(context.session, source.query, handle, {
    mode: replaceWhere === undefined ? statement.mode : 'overwrite',
    ...(replaceWhere === undefined ? {} : { replaceWhere: await context.resolve(replaceWhere) }),
    ...(statement.schemaEvolution === true ? { schemaMode: 'merge' } : {}),
    ...read(),
    ...(signal === undefined ? {} : { signal }),
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
    ...(transaction === undefined ? {} : { transaction }),
    ...(commitMetadata === undefined ? {} : { commitMetadata }),
  });
  return write.catch(async (error: unknown) => {
    throw (await misfit(error, source, handle.uri, context)) ?? error;
  });
}

/** The condition of the rows that are replaced: as said, or the partition of an overwrite. */
function replaced(
  { mode, replaceWhere, partition }: InsertStatement,
  { schema }: Snapshot,
): string | undefined {
  if (replaceWhere !== undefined || mode !== 'overwrite' || partition === undefined) return replaceWhere;
  const given = [...partition].flatMap(([name, value]) => {
    const field = fieldOf(schema.fields, name);
    if (value === undefined || field === undefined) return [];
    const typed = `CAST(${value} AS ${duckdbTypeOf(field.type, field.name)})`;
    return [`${quoteIdentifier(field.name)} IS NOT DISTINCT FROM ${typed}`];
  });
  return given.length === 0 ? undefined : given.join(' AND ');
}

/** A query for the writer, and what it was made of. */
interface InsertSource {
  readonly query: string;
  /** The statement's own query, with its columns as v0, v1, … */
  readonly given: string;
  /** By position in `given`, the table's column it fills. */
  readonly fills: readonly { readonly field: StructField; readonly alias: string; readonly column: Column }[];
}

/** The rows under the table's own columns and of their types; columns that aren't given are null, or the table's to fill. */
async function insertSource(
  statement: InsertStatement,
  snapshot: Snapshot,
  uri: string,
  context: StatementContext,
): Promise<InsertSource> {
  const { fields } = snapshot.schema;
  const partition = statement.partition ?? new Map<string, string | undefined>();
  const values = valuesWithoutDefault(statement.query, positions(statement, fields), fields);
  const query = await context.resolve(values?.query ?? statement.query);
  const described = await context.session.describe(query);
  const queried = described.map(({ name }) => name);
  let names = statement.byName ? queried : (values?.columns ?? positions(statement, fields));
  // What the table doesn't have yet is known by the name it has in the query.
  if (statement.schemaEvolution === true) names = [...names, ...queried.slice(names.length)];
  if (names.length !== described.length) {
    throw wrong(
      `${names.length} columns (${names.join(', ')}) are to be filled, and the query has ${described.length}`,
    );
  }
  const unknown = [...names, ...partition.keys()].find((name) => fieldOf(fields, name) === undefined);
  if (unknown !== undefined && statement.schemaEvolution !== true) {
    throw wrong(
      `${uri} has no column ${quoteLiteral(unknown)}; it has ${fields.map(({ name }) => name).join(', ')}`,
    );
  }
  const fills: { field: StructField; alias: string; column: Column }[] = [];
  const items = fields.flatMap((field) => {
    const as = ` AS ${quoteIdentifier(field.name)}`;
    const type = duckdbTypeOf(field.type, field.name);
    const constant = [...partition].find(([name, value]) => isSame(name, field.name) && value !== undefined);
    if (constant !== undefined) return [`CAST(${constant[1]} AS ${type})${as}`];
    const index = names.findIndex((name) => isSame(name, field.name));
    const column = described[index];
    if (column !== undefined) {
      fills.push({ field, alias: `v${index}`, column });
      return [`CAST(given.v${index} AS ${type})${as}`];
    }
    return fillsItself(field) ? [] : [`CAST(NULL AS ${type})${as}`];
  });
  const added = names.flatMap((name, i) =>
    fieldOf(fields, name) === undefined ? [`given.v${i} AS ${quoteIdentifier(name)}`] : [],
  );
  const given = `(${query}\n) AS given(${names.map((_, i) => `v${i}`).join(', ')})`;
  return { query: `SELECT ${[...items, ...added].join(', ')} FROM ${given}`, given, fills };
}

/** The columns that a query's are for, by position: those of the partition come last. */
function positions(
  { columns, partition }: InsertStatement,
  fields: readonly StructField[],
): readonly string[] {
  if (columns !== undefined || partition === undefined) return columns ?? fields.map(({ name }) => name);
  const isPartition = (name: string): boolean => [...partition.keys()].some((key) => isSame(key, name));
  const last = [...partition].flatMap(([name, value]) => (value === undefined ? [name] : []));
  return [...fields.map(({ name }) => name).filter((name) => !isPartition(name)), ...last];
}

/** The value that didn't fit its column, which the engine names neither of. */
async function misfit(
  error: unknown,
  { given, fills }: InsertSource,
  table: string,
  { session }: StatementContext,
): Promise<Error | undefined> {
  if (!isBoathouseError(error, 'duckdb.conversion') && !isBoathouseError(error, 'duckdb.out-of-range'))
    return;
  if (session.inTransaction) return undefined;
  for (const { field, alias, column } of fills) {
    const fits = `TRY_CAST(given.${alias} AS ${duckdbTypeOf(field.type, field.name)}) IS NOT NULL`;
    try {
      const { rows } = await session.query(
        `SELECT CAST(given.${alias} AS VARCHAR) FROM ${given} WHERE given.${alias} IS NOT NULL AND NOT (${fits}) LIMIT 1`,
      );
      const value = rows[0]?.[0];
      if (value === undefined) continue;
      const about = { table, column: field.name, to: printDataType(field.type), value: `'${String(value)}'` };
      return dmlErrors['assignment-value']({ ...about, from: printSqlType(column.sqlType) });
    } catch {
      // The rows can't be computed themselves: then the first error tells more than we could.
    }
  }
  return undefined;
}

function wrong(problem: string): Error {
  return statementErrors['bad-statement']({
    statement: 'INSERT',
    problem,
    expected: 'INSERT INTO table (column, …) SELECT … with one value for each column',
  });
}

function fieldOf(fields: readonly StructField[], name: string): StructField | undefined {
  return fields.find((field) => isSame(field.name, name));
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function fillsItself({ metadata }: StructField): boolean {
  return ['delta.generationExpression', 'delta.identity.start', 'CURRENT_DEFAULT'].some(
    (key) => metadata[key] !== undefined,
  );
}
