/** A grid's rows as objects, for JSON output. */
import { parseJson } from '../../base/index.ts';
import { type Grid, jsonRow } from '../../workflows/index.ts';

/** One object a row; whole numbers keep every digit. */
export function gridObjects(grid: Grid): readonly unknown[] {
  return grid.rows.map((row) => parseJson(jsonRow(grid.columns, row)));
}
