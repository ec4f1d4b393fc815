/**
 * Rows that change, resolved: each one once, with its place, what it was and what it becomes.
 *
 * Everything that follows (new files, deletion vectors, change files, numbers) is made from this one relation, so
 * an expression that gives something else each time is evaluated once a row, whatever the table's mode.
 * Pure: SQL in, SQL out.
 */
import { assert } from '../../base/index.ts';
import type { DataType, StructField, StructType } from '../../delta/index.ts';
import { quoteIdentifier } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { fileColumn, rowColumn, rowIdColumn } from '../read/scan-files.ts';
import type { ColumnValues } from './assignments.ts';
import type { Complete } from './complete-columns.ts';

/** The index of the clause that decided a row, a SMALLINT; null where rows only met. */
export const clauseColumn = '__boathouse_clause';
/** The row of the source that a row met, a BIGINT; null where it met none. */
export const sourceColumn = '__boathouse_source_row';

/** An update: which clause, and what it gives. */
export interface RowUpdate {
  readonly clause: number;
  /** By column of the new schema; columns that aren't named keep their value. */
  readonly values: ColumnValues;
}

/** What rows are resolved with. */
export interface ResolveRequest {
  /** A relation with the target's columns, their places, and the clause that decided each as `clauseColumn`. */
  readonly from: string;
  readonly targetAlias: string;
  readonly updates: readonly RowUpdate[];
  /** Clauses that delete; their rows come too. */
  readonly deletes: readonly number[];
  /** The columns of the rows, before and after. */
  readonly schema: StructType;
  /** Whether the old values are wanted. */
  readonly keepsOld: boolean;
  /** Whether rows that an update leaves as they are come too, without a clause; else they are left out. */
  readonly keepsUnchanged?: boolean;
  readonly rowTracking: boolean;
  /** A row's whole new values from what an update gives: generated columns and defaults filled in. */
  readonly complete: Complete;
}

/** The name of a column's new value in the resolved rows. Pure. */
export function newColumn(index: number): string {
  return `__boathouse_n${index}`;
}

/** The name of a column's old value in the resolved rows. Pure. */
export function oldColumn(index: number): string {
  return `__boathouse_o${index}`;
}

/** The query of the resolved rows. An update that leaves a row as it was is no change to it. */
export function resolveSql(request: ResolveRequest): string {
  const { schema, updates, deletes, targetAlias } = request;
  const { fields } = schema;
  const alias = quoteIdentifier(targetAlias);
  const old = fields.map((field) => `${alias}.${quoteIdentifier(field.name)}`);
  const places = [fileColumn, rowColumn, clauseColumn, ...(request.rowTracking ? [rowIdColumn] : [])];
  const given = updates.map((update, u) =>
    fields.flatMap((field, i) => {
      const value = update.values.get(field.name);
      return value === undefined ? [] : [{ field, sql: value, name: `__boathouse_g${u}_${i}` }];
    }),
  );
  // First each update's own values, for its own rows only: a cast that fails elsewhere must not fail here.
  const evaluated = given.flatMap((items, u) =>
    items.map(({ sql, name }) => {
      const isOnly = updates.length === 1 && deletes.length === 0;
      const { clause } = updates[u] as RowUpdate;
      return `${isOnly ? sql : `CASE WHEN ${clauseColumn} = ${clause} THEN ${sql} END`} AS ${name}`;
    }),
  );
  const inner = `SELECT ${[...places, ...old.map((sql, i) => `${sql} AS ${oldColumn(i)}`), ...evaluated].join(
    ', ',
  )} FROM ${request.from}`;
  const completed = updates.map((update, u) => {
    const own = new Map(given[u]?.map(({ field, name }) => [field.name, name]));
    const all = new Map<string, string>();
    fields.forEach((field, i) => {
      const isDefault = update.values.has(field.name) && !own.has(field.name);
      const isGenerated = field.metadata['delta.generationExpression'] !== undefined && !own.has(field.name);
      if (!isDefault && !isGenerated) all.set(field.name, own.get(field.name) ?? oldColumn(i));
    });
    return request.complete(all);
  });
  const values = fields.map((field, i) => {
    const options = completed.map((items) => items.get(field.name) ?? oldColumn(i));
    if (options.length === 0) return `CAST(NULL AS ${duckdbTypeOf(field.type, field.name)})`;
    const [first] = options;
    assert(first !== undefined, 'there is an update');
    if (deletes.length === 0 && options.every((sql) => sql === first)) return first;
    const whens = options.map((sql, u) => `WHEN ${(updates[u] as RowUpdate).clause} THEN ${sql}`);
    return `CASE ${clauseColumn} ${whens.join(' ')} END`;
  });
  const middle = `SELECT ${[
    ...places,
    ...old.map((_, i) => oldColumn(i)),
    ...values.map((sql, i) => `${sql} AS ${newColumn(i)}`),
  ].join(', ')} FROM (${inner})`;
  const touched = fields.flatMap((field, i) => {
    const isTouched = completed.some((items) => (items.get(field.name) ?? oldColumn(i)) !== oldColumn(i));
    return isTouched ? [differsSql(newColumn(i), oldColumn(i), field.type)] : [];
  });
  const isDeleted = deletes.length === 0 ? [] : [`${clauseColumn} IN (${deletes.join(', ')})`];
  const changes = [...isDeleted, ...touched].join(' OR ') || 'false';
  const kept = [
    ...places.map((name) =>
      name === clauseColumn && request.keepsUnchanged === true
        ? `CASE WHEN ${changes} THEN ${clauseColumn} END AS ${clauseColumn}`
        : name,
    ),
    ...values.map((_, i) => newColumn(i)),
    ...(request.keepsOld ? old.map((_, i) => oldColumn(i)) : []),
  ];
  const where = request.keepsUnchanged === true ? '' : ` WHERE ${changes}`;
  return `SELECT ${kept.join(', ')} FROM (${middle})${where}`;
}

/**
 * Whether two values of a type differ in any way that a reader could see. Zeros of both signs are equal to SQL
 * and aren't the same, so floating-point numbers are looked at more closely. Pure.
 */
function differsSql(a: string, b: string, type: DataType): string {
  const differs = `${a} IS DISTINCT FROM ${b}`;
  switch (floatsIn(type)) {
    case 'none':
      return differs;
    case 'itself':
      return `(${differs} OR signbit(${a}) IS DISTINCT FROM signbit(${b}))`;
    case 'inside':
      return `(${differs} OR CAST(${a} AS VARCHAR) IS DISTINCT FROM CAST(${b} AS VARCHAR))`;
    case 'unknown':
      return 'true';
  }
}

function floatsIn(type: DataType): 'none' | 'itself' | 'inside' | 'unknown' {
  switch (type.kind) {
    case 'primitive':
      if (type.name === 'variant' || type.name === 'void') return 'unknown';
      return type.name === 'float' || type.name === 'double' ? 'itself' : 'none';
    case 'decimal':
      return 'none';
    case 'unknown':
      return 'unknown';
    case 'array':
      return within([type.elementType]);
    case 'map':
      return within([type.keyType, type.valueType]);
    case 'struct':
      return within(type.fields.map((field: StructField) => field.type));
  }
}

function within(types: readonly DataType[]): 'none' | 'inside' | 'unknown' {
  const found = types.map(floatsIn);
  if (found.includes('unknown')) return 'unknown';
  return found.every((kind) => kind === 'none') ? 'none' : 'inside';
}
