/** What an engine returned, as the values templates work with. */
import { toInt, type Value } from '../../jinja/index.ts';
import type { WarehouseTable, WarehouseValue } from '../warehouse.ts';
import type { AgateType } from './agate-sequence.ts';
import { AgateTable } from './agate-table.ts';
import { PyDate, PyDateTime } from './date-time.ts';
import { parseIsoDate, parseIsoDateTime } from './date-time-methods.ts';
import { Decimal } from './decimal.ts';

/**
 * A result as dbt's agate table: whole numbers stay, fractions become decimals, dates and timestamps
 * Python's, and everything else text, with nested values as JSON.
 *
 * @param print where `print_table` writes.
 */
export function agateTableOf(table: WarehouseTable, print: (text: string) => void): AgateTable {
  const rows = table.rows.map((row) => row.map(cellOf));
  const types = table.columns.map((column, i) => typeOf(column.type, rows, i));
  // A column of more than one kind is text throughout, as agate's inference decides.
  types.forEach((type, i) => {
    if (type !== 'Text') return;
    for (const row of rows) row[i] = row[i] === null || row[i] === undefined ? null : textOf(row[i]);
  });
  return new AgateTable(uniqueNames(table.columns.map((column) => column.name)), types, rows, print);
}

/** The rows as `load_result(…).data` shows them: plain, not inferred. */
export function rawRowsOf(table: WarehouseTable): Value[][] {
  return table.rows.map((row) => row.map(cellOf));
}

function cellOf(value: WarehouseValue): Value {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return toInt(value);
  if (typeof value === 'number') return Number.isInteger(value) ? value : Decimal.parse(String(value));
  switch (value.kind) {
    case 'decimal':
      return Decimal.parse(value.text);
    case 'float':
      // Python prints a whole float with a point, and agate keeps what it prints.
      return Decimal.parse(/^-?\d+$/.test(value.text) ? `${value.text}.0` : value.text);
    case 'date':
      return dateOrText(value.text);
    case 'timestamp':
      return timestampOrText(value.text);
    case 'time':
      return value.text;
    case 'list':
    case 'struct':
      return printNested(value);
  }
}

/** Dates that Python can't hold (infinity, before year 1) stay text. */
function dateOrText(text: string): Value {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseIsoDate(text) : text;
}

function timestampOrText(text: string): Value {
  return /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/.test(text) ? parseIsoDateTime(text) : text;
}

/** JSON as Python's `json.dumps` writes it, all in ASCII. */
function printNested(value: WarehouseValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return asciiJson(value);
  if (typeof value !== 'object') return String(value);
  switch (value.kind) {
    case 'list':
      return `[${value.items.map(printNested).join(', ')}]`;
    case 'struct':
      return `{${value.entries.map(([key, item]) => `${asciiJson(key)}: ${printNested(item)}`).join(', ')}}`;
    case 'decimal':
    case 'float':
      return String(Number(value.text));
    default:
      return asciiJson(value.text);
  }
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function typeOf(databaseType: string, rows: readonly (readonly Value[])[], index: number): AgateType {
  const kinds = new Set<AgateType>();
  for (const row of rows) {
    const value = row[index] ?? null;
    if (value !== null) kinds.add(kindOf(value));
  }
  if (kinds.size === 0) return 'Integer';
  if (kinds.size === 1) return [...kinds][0] ?? 'Text';
  if (kinds.has('Text')) return 'Text';
  return /DECIMAL|DOUBLE|FLOAT|REAL/i.test(databaseType) || (kinds.has('Integer') && kinds.has('Number'))
    ? 'Number'
    : 'Text';
}

function kindOf(value: Value): AgateType {
  if (value instanceof Decimal) return 'Number';
  if (value instanceof PyDateTime) return 'DateTime';
  if (value instanceof PyDate) return 'Date';
  switch (typeof value) {
    case 'boolean':
      return 'Boolean';
    case 'number':
    case 'bigint':
      return 'Integer';
    default:
      return 'Text';
  }
}

function textOf(value: Value): string {
  return typeof value === 'string' ? value : value instanceof PyDate ? value.str() : String(value);
}

/** agate names a column again that another has the name of: `a`, `a_2`, `a_3`. */
function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let i = 2; taken.has(unique); i += 1) unique = `${name}_${i}`;
    taken.add(unique);
    return unique;
  });
}
