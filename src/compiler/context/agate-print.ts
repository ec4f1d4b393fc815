/** How agate prints a table: a grid of Markdown's kind. */
import { isInt, str, type Value } from '../../jinja/index.ts';
import type { AgateTable } from './agate-table.ts';
import { Decimal } from './decimal.ts';

/** What of a table to print; null means all. */
export interface PrintLimits {
  readonly rowsMax: number | null;
  readonly columnsMax: number | null;
  readonly columnWidthMax: number | null;
}

/** Prints a table line by line where it was told to print: numbers to the right, the rest to the left. */
export function printTable(table: AgateTable, limits: PrintLimits): void {
  const shown = table.columnNames.slice(0, limits.columnsMax ?? undefined);
  const cutColumns = shown.length < table.columnNames.length;
  const clip = (text: string): string =>
    limits.columnWidthMax !== null && text.length > limits.columnWidthMax
      ? `${text.slice(0, Math.max(limits.columnWidthMax - 3, 0))}...`
      : text;
  const header = shown.map(clip);
  const rows = table.rows
    .slice(0, limits.rowsMax ?? undefined)
    .map((row) => shown.map((_, i) => clip(cellText(row[i] ?? null, table, i))));
  if (cutColumns) {
    header.push('...');
    for (const row of rows) row.push('...');
  }
  if (rows.length < table.rows.length) rows.push(header.map(() => '...'));
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const isText = (i: number): boolean => (table.columnTypes[i] ?? 'Text') === 'Text';
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (isText(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  table.print(line(header));
  table.print(`| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  for (const row of rows) table.print(line(row));
}

/** A number has as many digits after the point as its column needs, three at most; nothing stands for none. */
function cellText(value: Value, table: AgateTable, column: number): string {
  if (value === null) return '';
  if (value instanceof Decimal && value.isFinite) {
    const digits = Math.min(3, ...[digitsOf(table, column)]);
    const text = value.rescaled(-digits, 'ROUND_HALF_EVEN').str();
    return groupThousands(text);
  }
  if (isInt(value)) return groupThousands(String(value));
  return str(value);
}

function digitsOf(table: AgateTable, column: number): number {
  let digits = 0;
  for (const row of table.rows) {
    const value = row[column];
    if (value instanceof Decimal && value.isFinite) digits = Math.max(digits, -value.normalized().exponent);
  }
  return digits;
}

function groupThousands(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** The names and types of a table's columns, as a grid. */
export function printStructure(table: AgateTable): string {
  const rows = table.columnNames.map((name, i) => [name, table.columnTypes[i] ?? 'Text'] as const);
  const first = Math.max(6, ...rows.map(([name]) => name.length));
  const second = Math.max(9, ...rows.map(([, type]) => type.length));
  const line = (a: string, b: string): string => `| ${a.padEnd(first)} | ${b.padEnd(second)} |\n`;
  return (
    line('column', 'data_type') +
    line('-'.repeat(first), '-'.repeat(second)) +
    rows.map(([name, type]) => line(name, type)).join('')
  );
}

/** The table as CSV, with quotes only where they are needed. */
export function printCsv(table: AgateTable): string {
  const cell = (value: Value): string => {
    const text = value === null ? '' : str(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [table.columnNames, ...table.rows].map((row) => row.map(cell).join(',')).join('\n');
}
