/** Results as cells: each value as the text a person reads and as JSON, nothing lost in either. */
import type { WarehouseTable, WarehouseValue } from '../compiler/index.ts';
import {
  type Column,
  Decimal,
  formatSqlValue,
  Interval,
  MapValue,
  type SqlValue,
  StructValue,
  UnionValue,
} from '../duckdb/index.ts';

/** One value. */
export interface Cell {
  /** As the DuckDB command line prints it; null for NULL. */
  readonly text: string | null;
  /** As JSON text: numbers keep all their digits, dates and times are ISO-like text. */
  readonly json: string;
}

/** A column of a grid. */
export interface GridColumn {
  readonly name: string;
  /** DuckDB's spelling. */
  readonly type: string;
}

/** A result, ready to print in any format. */
export interface Grid {
  readonly columns: readonly GridColumn[];
  readonly rows: readonly (readonly Cell[])[];
  /** Whether rows beyond the limit were left out. */
  readonly truncated: boolean;
}

/** A value of DuckDB's as a cell. */
export function cellOf(value: SqlValue, column: Column): Cell {
  if (value === null) return { text: null, json: 'null' };
  return { text: formatSqlValue(value, column.sqlType), json: jsonOf(value, column) };
}

/** What a template's or a node's query gave, as a grid. */
export function gridOfWarehouse(table: WarehouseTable, limit: number): Grid {
  return {
    columns: table.columns.map(({ name, type }) => ({ name, type })),
    rows: table.rows.slice(0, limit).map((row) => row.map(warehouseCell)),
    truncated: table.rows.length > limit,
  };
}

function jsonOf(value: SqlValue, column?: Column): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
    case 'string':
      return column?.type === 'JSON' ? jsonText(value) : JSON.stringify(value);
    default:
  }
  if (value instanceof Decimal) return value.toString();
  if (value instanceof StructValue) {
    return `{${value.names.map((name, i) => `${JSON.stringify(name)}:${jsonOf(value.values[i] ?? null)}`).join(',')}}`;
  }
  if (value instanceof MapValue) {
    return `{${value.entries.map(([key, member]) => `${JSON.stringify(formatSqlValue(key))}:${jsonOf(member)}`).join(',')}}`;
  }
  if (value instanceof UnionValue) return jsonOf(value.value);
  if (Array.isArray(value)) return `[${value.map((item: SqlValue) => jsonOf(item)).join(',')}]`;
  if (value instanceof Interval) return JSON.stringify(formatSqlValue(value));
  return JSON.stringify(formatSqlValue(value, column?.sqlType));
}

/** Text of a JSON column as it is, when it is JSON; quoted otherwise. */
function jsonText(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

function warehouseCell(value: WarehouseValue): Cell {
  if (value === null) return { text: null, json: 'null' };
  if (typeof value === 'object') {
    switch (value.kind) {
      case 'decimal':
      case 'float': {
        const json = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value.text)
          ? value.text
          : JSON.stringify(value.text);
        return { text: value.text, json };
      }
      case 'date':
      case 'timestamp':
      case 'time':
        return { text: value.text, json: JSON.stringify(value.text) };
      case 'list': {
        const items = value.items.map(warehouseCell);
        return {
          text: `[${items.map(nestedText).join(', ')}]`,
          json: `[${items.map((i) => i.json).join(',')}]`,
        };
      }
      case 'struct': {
        const members = value.entries.map(([name, member]) => [name, warehouseCell(member)] as const);
        return {
          text: `{${members.map(([name, cell]) => `'${name}': ${nestedText(cell)}`).join(', ')}}`,
          json: `{${members.map(([name, cell]) => `${JSON.stringify(name)}:${cell.json}`).join(',')}}`,
        };
      }
    }
  }
  const json = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return { text: String(value), json };
}

const nestedText = (cell: Cell): string => cell.text ?? 'NULL';
