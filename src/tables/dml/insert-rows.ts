/** New rows from rows of a source: each clause's values, made whole. Pure. */
import type { StructType } from '../../delta/index.ts';
import { quoteIdentifier } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import type { ColumnValues } from './assignments.ts';
import type { Complete } from './complete-columns.ts';
import { clauseColumn } from './resolve-rows.ts';

/** What one clause inserts. */
export interface RowInsert {
  readonly clause: number;
  /** By column of the new schema; columns that aren't named, or ask for it, get their default. */
  readonly values: ColumnValues;
}

/**
 * The query of the new rows, by the table's column names.
 *
 * @param from a relation with the source's columns, and the clause that inserts each row as `clauseColumn`.
 */
export function insertSql(
  from: string,
  inserts: readonly RowInsert[],
  schema: StructType,
  complete: Complete,
): string {
  const evaluated: string[] = [clauseColumn];
  const completed = inserts.map(({ clause, values }, u) => {
    const given = new Map<string, string>();
    schema.fields.forEach((field, i) => {
      const sql = values.get(field.name);
      if (sql === undefined) return;
      const name = `__boathouse_g${u}_${i}`;
      evaluated.push(
        `${inserts.length === 1 ? sql : `CASE WHEN ${clauseColumn} = ${clause} THEN ${sql} END`} AS ${name}`,
      );
      given.set(field.name, name);
    });
    return complete(given);
  });
  const columns = schema.fields.map((field) => {
    const nothing = `CAST(NULL AS ${duckdbTypeOf(field.type, field.name)})`;
    const options = completed.map((items) => items.get(field.name) ?? nothing);
    const isSame = options.every((sql) => sql === options[0]);
    const whens = options.map((sql, u) => `WHEN ${inserts[u]?.clause} THEN ${sql}`);
    const value = isSame ? options[0] : `CASE ${clauseColumn} ${whens.join(' ')} END`;
    return `${value} AS ${quoteIdentifier(field.name)}`;
  });
  return `SELECT ${columns.join(', ')} FROM (SELECT ${evaluated.join(', ')} FROM ${from})`;
}
