/** A grid's rows as JSON text: every digit of a number is kept, which objects couldn't promise. */
import { type Grid, jsonRow, withOwnNames } from '../../workflows/index.ts';

/** The rows as a JSON array of objects. */
export function gridRowsJson(grid: Grid): string {
  const columns = withOwnNames(grid.columns);
  return `[${grid.rows.map((row) => jsonRow(columns, row)).join(',')}]`;
}

/** The JSON object `text` with one more member at its end, whose value is JSON text already. */
export function withMember(text: string, name: string, json: string): string {
  const body = text.slice(0, -1);
  return `${body}${body === '{' ? '' : ','}${JSON.stringify(name)}:${json}}`;
}
