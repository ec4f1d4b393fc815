/** A table's history and details as a terminal has room for them; `--json` and `--format csv` give every column. Pure. */
import type { Cell, Grid, StatementOutcome } from '../../workflows/index.ts';
import { withCommas } from './amounts.ts';
import { plainGrid } from './plain-grid.ts';

/** One row of many columns, downwards. */
export function downwardGrid({ columns, rows, table }: StatementOutcome): Grid {
  const [row = []] = rows;
  const pairs = columns.map(({ name }, i) => [name, row[i]?.text ?? undefined]);
  return plainGrid(['', table.split('/').at(-1) ?? ''], pairs);
}

/** The columns of DESCRIBE HISTORY that say what happened; the engine only where there are several. */
export function historyGrid({ columns, rows }: StatementOutcome): Grid {
  const at = (name: string): number => columns.findIndex((column) => column.name === name);
  const cell = (row: readonly Cell[], name: string): Cell => row[at(name)] ?? { text: null, json: 'null' };
  const engines = new Set(rows.map((row) => cell(row, 'engineInfo').text));
  const names = ['version', 'committed', 'operation', 'did', ...(engines.size > 1 ? ['engine'] : [])];
  const lines = rows.map((row) => {
    const metrics = JSON.parse(cell(row, 'operationMetrics').json) as Metrics | null;
    const line = [
      Number(cell(row, 'version').text),
      committedText(cell(row, 'timestamp').text ?? ''),
      cell(row, 'operation').text ?? undefined,
      metricsText(metrics ?? {}),
      cell(row, 'engineInfo').text ?? undefined,
    ];
    return line.slice(0, names.length);
  });
  return plainGrid(names, lines);
}

type Metrics = Readonly<Record<string, string>>;

/** To the millisecond, as versions are found by time: a shorter text would be before the commit. */
function committedText(timestamp: string): string {
  const [, second = '', fraction = ''] = /^(\S+ [\d:]+)(?:\.(\d+))?/.exec(timestamp) ?? [];
  return second === '' ? timestamp : `${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`;
}

/** `+120 rows, -3 files` from what the operation counted. */
function metricsText(metrics: Metrics): string {
  const first = (...names: readonly string[]): number =>
    names.map((name) => Number(metrics[name] ?? 0)).find((value) => value > 0) ?? 0;
  // A MERGE also counts rows that it only copied.
  const written = 'numTargetRowsInserted' in metrics ? 'numTargetRowsInserted' : 'numOutputRows';
  const parts: readonly (readonly [string, number, string])[] = [
    ['+', first(written), 'row'],
    ['~', first('numTargetRowsUpdated', 'numUpdatedRows'), 'row'],
    ['-', first('numTargetRowsDeleted', 'numDeletedRows'), 'row'],
    [
      '+',
      first('numFiles', 'numAddedFiles', 'numTargetFilesAdded', 'numRestoredFiles', 'numCopiedFiles'),
      'file',
    ],
    ['-', first('numRemovedFiles', 'numTargetFilesRemoved', 'numDeletedFiles'), 'file'],
  ];
  return parts
    .filter(([, count]) => count > 0)
    .map(([sign, count, noun]) => `${sign}${withCommas(count)} ${noun}${count === 1 ? '' : 's'}`)
    .join(', ');
}
