/** Results of statements as columns and rows. */
import { type Column, printSqlType, type SqlType, type SqlValue, scalarType } from '../../duckdb/index.ts';

/** One row of whole numbers, as DML statements give. Pure. */
export function countsRow(counts: Readonly<Record<string, number | undefined>>): {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly SqlValue[])[];
} {
  const names = Object.keys(counts);
  return {
    columns: names.map((name) => columnOf(name, scalarType('BIGINT'))),
    rows: [names.map((name) => (counts[name] === undefined ? null : BigInt(counts[name])))],
  };
}

/** A result's column. Pure. */
export function columnOf(name: string, sqlType: SqlType): Column {
  return { name, type: printSqlType(sqlType), sqlType };
}
