/** Rows as lines of text. */
import type { Cell, GridColumn } from './grid.ts';

/** A row as a JSON object on one line. */
export function jsonRow(columns: readonly GridColumn[], cells: readonly Cell[]): string {
  return `{${columns.map(({ name }, i) => `${JSON.stringify(name)}:${cells[i]?.json ?? 'null'}`).join(',')}}`;
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
