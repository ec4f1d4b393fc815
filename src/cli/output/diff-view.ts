/** How two versions of a lake differ, for the eye. */
import type { Grid, LakeDiff, RelationDiff } from '../../workflows/index.ts';
import { printTable } from './table.ts';
import type { Terminal } from './terminal.ts';
import { visible } from './visible.ts';

/** A table of the relations, and under it the rows of each that has some to show. */
export function printDiff(diff: LakeDiff, { colors, columns }: Pick<Terminal, 'colors' | 'columns'>): string {
  const title = `${sideText(diff.a)} → ${sideText(diff.b)}`;
  if (diff.relations.length === 0) return `${title}: nothing differs\n`;
  const cell = (text: string | null): Grid['rows'][number][number] => ({ text, json: JSON.stringify(text) });
  const grid: Grid = {
    columns: [
      { name: 'relation', type: 'VARCHAR' },
      { name: 'change', type: 'VARCHAR' },
      { name: 'rows before', type: 'BIGINT' },
      { name: 'rows after', type: 'BIGINT' },
      { name: 'columns', type: 'VARCHAR' },
    ],
    rows: diff.relations.map((relation) => [
      cell(visible(relation.name)),
      cell(relation.change),
      cell(relation.rowsBefore === null ? '' : String(relation.rowsBefore)),
      cell(relation.rowsAfter === null ? '' : String(relation.rowsAfter)),
      cell(columnText(relation)),
    ]),
    truncated: false,
  };
  const rows = diff.relations.flatMap(({ name, rows: found }) => {
    if (found === undefined || found.rows.length === 0) return [];
    const more = found.truncated ? `\n${colors.dim('more rows differ: see --limit')}` : '';
    return [`\n${colors.bold(visible(name))}\n${printTable(found, columns, colors)}${more}\n`];
  });
  return `${title}\n${printTable(grid, columns, colors)}\n${rows.join('')}`;
}

function sideText({ branch, generation }: LakeDiff['a']): string {
  return `${branch ?? 'main'}@${generation}`;
}

/** `+discount, -note, price INTEGER→DECIMAL(10,2)`. */
function columnText({ columns }: RelationDiff): string {
  return columns
    .map(({ name, before, after }) =>
      before === null ? `+${name}` : after === null ? `-${name}` : `${name} ${before}→${after}`,
    )
    .map(visible)
    .join(', ');
}
