/** Rows as lines of text. */
import type { Cell, GridColumn } from './grid.ts';

/** A row as a JSON object on one line. */
export function jsonRow(columns: readonly GridColumn[], cells: readonly Cell[]): string {
  return `{${columns.map(({ name }, i) => `${JSON.stringify(name)}:${cells[i]?.json ?? 'null'}`).join(',')}}`;
}

/** Columns under names of their own: the second `a` becomes `a_1`, as in Parquet, for an object keeps one `a`. */
export function withOwnNames<T extends GridColumn>(columns: readonly T[]): readonly T[] {
  const taken = new Set(columns.map(({ name }) => name));
  const seen = new Set<string>();
  return columns.map((column) => {
    let { name } = column;
    for (let i = 1; seen.has(name); i += 1) {
      const next = `${column.name}_${i}`;
      if (!taken.has(next)) name = next;
    }
    seen.add(name);
    return name === column.name ? column : { ...column, name };
  });
}

/** A row of CSV, RFC 4180: quoted where needed, NULL as nothing, an empty text as `""`. */
export function csvRow(texts: readonly (string | null)[]): string {
  return texts
    .map((text) => {
      if (text === null) return '';
      return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
}
