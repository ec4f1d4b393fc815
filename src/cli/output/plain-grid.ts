/** Grids made of plain values, for what the command itself lists. Pure. */
import type { Cell, Grid } from '../../workflows/index.ts';

/** Rows of plain values under `columns`; numbers stand to the right. */
export function plainGrid(
  columns: readonly string[],
  rows: readonly (readonly (string | number | undefined)[])[],
): Grid {
  return {
    columns: columns.map((name, i) => ({
      name,
      type: rows.some((row) => typeof row[i] === 'number') ? 'BIGINT' : 'VARCHAR',
    })),
    rows: rows.map((row) => row.map(cell)),
    truncated: false,
  };
}

function cell(value: string | number | undefined): Cell {
  if (value === undefined) return { text: null, json: 'null' };
  return { text: String(value), json: JSON.stringify(value) };
}
