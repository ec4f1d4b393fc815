/** How the rows that a model gave differ from those that were expected, shown as dbt shows it. */
import { formatSqlValue, type ResultTable, type SqlValue, StructValue } from '../duckdb/index.ts';

type Cell = string | null;

/**
 * The difference between two results with the same columns, whatever the order of their rows; undefined
 * when there is none. Lines begin with `→` for a changed row, `+++` for one too many, `---` for one that is missing.
 */
export async function differenceOf(expected: ResultTable, actual: ResultTable): Promise<string | undefined> {
  const { default: daff } = await import('daff');
  const view = ({ columns, rows }: ResultTable): InstanceType<typeof daff.TableView> =>
    new daff.TableView([
      columns.map(({ name }) => name.toLowerCase()),
      ...rows.map(cellsOf).sort(compareRows),
    ]);
  const flags = new daff.CompareFlags();
  flags.ordered = false;
  const alignment = daff.compareTables(view(expected), view(actual), flags).align();
  const lines = new daff.TableView([]);
  const diff = new daff.TableDiff(alignment, flags);
  diff.hilite(lines);
  if (!diff.hasDifference()) return undefined;
  return new daff.TerminalDiffRender().render(lines).replaceAll(/\x1B\[[0-9;]*m/g, '');
}

function cellsOf(row: readonly SqlValue[]): Cell[] {
  return row.map((value) => {
    if (value === null) return null;
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    return Array.isArray(value) || value instanceof StructValue ? nested(value) : formatSqlValue(value);
  });
}

/** A list or a struct as JSON, spaced as Python spaces it. */
function nested(value: SqlValue): string {
  if (value === null) return 'null';
  if (value instanceof StructValue) {
    const members = value.names.map(
      (name, i) => `${JSON.stringify(name)}: ${nested(value.values[i] ?? null)}`,
    );
    return `{${members.join(', ')}}`;
  }
  if (Array.isArray(value)) return `[${value.map(nested).join(', ')}]`;
  const isPlain = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
  return isPlain ? String(value) : JSON.stringify(formatSqlValue(value));
}

/** Nulls last, numbers by value, everything else by its text. */
function compareRows(a: readonly Cell[], b: readonly Cell[]): number {
  for (const [i, left] of a.entries()) {
    const right = b[i] ?? null;
    if (left === right) continue;
    if (left === null) return 1;
    if (right === null) return -1;
    const difference = Number(left) - Number(right);
    if (!Number.isNaN(difference) && difference !== 0) return difference;
    return left < right ? -1 : 1;
  }
  return 0;
}
