/** DuckDB's values as the compiler's port has them: tagged text where a template would lose something. */

import type { WarehouseTable, WarehouseValue } from '../compiler/index.ts';
import {
  Decimal,
  formatSqlValue,
  MapValue,
  type ResultTable,
  SqlDate,
  SqlTime,
  type SqlType,
  type SqlValue,
  StructValue,
  Timestamp,
  UnionValue,
} from '../duckdb/index.ts';

/** A result as templates get it. @param limit rows kept at most. */
export function toWarehouseTable(result: ResultTable, limit?: number): WarehouseTable {
  const rows = limit === undefined ? result.rows : result.rows.slice(0, limit);
  return {
    columns: result.columns.map(({ name, type }) => ({ name, type })),
    rows: rows.map((row) =>
      row.map((value, index) => toWarehouseValue(value, result.columns[index]?.sqlType)),
    ),
  };
}

/** A result without rows: what a statement gives that nobody asks anything of. */
export const noRows: WarehouseTable = { columns: [], rows: [] };

function toWarehouseValue(value: SqlValue, type: SqlType | undefined): WarehouseValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') {
    const small = value >= -9007199254740991n && value <= 9007199254740991n;
    return small ? Number(value) : value;
  }
  if (typeof value === 'number') {
    const isFloat = type?.kind === 'scalar' && (type.name === 'DOUBLE' || type.name === 'FLOAT');
    return isFloat ? { kind: 'float', text: String(value) } : value;
  }
  if (value instanceof Decimal) return { kind: 'decimal', text: value.toString() };
  if (value instanceof SqlDate) return { kind: 'date', text: formatSqlValue(value) };
  if (value instanceof SqlTime) return { kind: 'time', text: formatSqlValue(value) };
  if (value instanceof Timestamp) return { kind: 'timestamp', text: isoText(formatSqlValue(value)) };
  if (value instanceof UnionValue) return toWarehouseValue(value.value, undefined);
  if (value instanceof StructValue) {
    const types = type?.kind === 'struct' ? type.members.map((member) => member.type) : [];
    return {
      kind: 'struct',
      entries: value.names.map((name, i) => [name, toWarehouseValue(value.values[i] ?? null, types[i])]),
    };
  }
  if (value instanceof MapValue) {
    const valueType = type?.kind === 'map' ? type.value : undefined;
    return {
      kind: 'struct',
      entries: value.entries.map(([key, item]) => [formatSqlValue(key), toWarehouseValue(item, valueType)]),
    };
  }
  if (isList(value)) {
    const element = type?.kind === 'list' || type?.kind === 'array' ? type.element : undefined;
    return { kind: 'list', items: value.map((item) => toWarehouseValue(item, element)) };
  }
  return formatSqlValue(value, type);
}

function isList(value: SqlValue): value is readonly SqlValue[] {
  return Array.isArray(value);
}

/** `2025-01-01 10:00:00+00` as `2025-01-01T10:00:00+00:00`. Infinities stay words. */
function isoText(text: string): string {
  return text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00');
}
