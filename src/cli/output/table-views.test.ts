import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { MaintainedTable, StatementOutcome } from '../../workflows/index.ts';
import { counted, sizeText, timeText } from './amounts.ts';
import { Footer } from './footer.ts';
import { MaintainView } from './maintain-view.ts';
import { progressText } from './progress.ts';
import { describeOutcome } from './statement-view.ts';
import { downwardGrid, historyGrid } from './table-facts.ts';
import type { Terminal } from './terminal.ts';

function outcome(
  statement: StatementOutcome['statement'],
  row: Readonly<Record<string, string | null>>,
  more: Partial<StatementOutcome> = {},
): StatementOutcome {
  const names = Object.keys(row);
  return {
    statement,
    table: 'file:///lake/orders',
    version: 5,
    changed: true,
    generation: undefined,
    truncated: false,
    columns: names.map((name) => ({ name, type: 'VARCHAR' })),
    rows: [names.map((name) => ({ text: row[name] ?? null, json: row[name] ?? 'null' }))],
    ...more,
  };
}

describe('describeOutcome', () => {
  const sizes = (files: number): object => ({ totalFiles: files, totalSize: files * 1024 });
  const metrics = JSON.stringify({ filesAdded: sizes(1), filesRemoved: sizes(1200) });

  it.each([
    ['update', { num_affected_rows: '1' }, 'Updated 1 row of orders, now at version 5'],
    ['delete', { num_affected_rows: '1200' }, 'Deleted 1,200 rows from orders, now at version 5'],
    ['delete', { num_affected_rows: null }, 'Deleted from orders, now at version 5'],
    [
      'insert',
      { num_inserted_rows: '2', num_affected_rows: '2' },
      'Inserted 2 rows into orders, now at version 5',
    ],
    [
      'merge',
      { num_updated_rows: '2', num_deleted_rows: '0', num_inserted_rows: '1' },
      'Merged into orders: 1 row inserted, 2 updated, 0 deleted, now at version 5',
    ],
    [
      'optimize',
      { path: 'x', metrics },
      'Rewrote 1,200 files (1.2 MiB) of orders as 1 file (1.0 KiB), now at version 5',
    ],
    ['create', {}, 'Made orders, at version 5'],
    ['alter', {}, 'Changed orders, now at version 5'],
    [
      'restore',
      { num_restored_files: '1', num_removed_files: '3' },
      'Restored orders: 1 file came back, 3 went, now at version 5',
    ],
  ] as const)('says what a %s did', (statement, row, text) => {
    expect(describeOutcome(outcome(statement, row), 'orders')).toBe(text);
  });

  it.each([
    ['update', 'Nothing to change in orders, at version 5'],
    ['optimize', 'Nothing to rewrite in orders, at version 5'],
    ['create', 'Left as it was: orders, at version 5'],
    ['convert', 'Is a Delta table already: orders, at version 5'],
  ] as const)('says that a %s found nothing to do', (statement, text) => {
    expect(describeOutcome(outcome(statement, {}, { changed: false }), 'orders')).toBe(text);
  });
});

describe('a history and a detail', () => {
  const row = {
    version: '3',
    timestamp: '2026-01-31 12:05:09.123+00',
    operation: 'MERGE',
    operationParameters: '{}',
    operationMetrics: JSON.stringify({
      numTargetRowsInserted: '1200',
      numOutputRows: '1300',
      numTargetRowsUpdated: '1',
      numTargetFilesAdded: '2',
    }),
    engineInfo: 'Boathouse/1',
  };

  it('tell what happened in few columns', () => {
    const grid = historyGrid(outcome('history', row));
    expect(grid.columns.map(({ name }) => name)).toEqual(['version', 'committed', 'operation', 'did']);
    expect(grid.rows[0]?.map(({ text }) => text)).toEqual([
      '3',
      '2026-01-31 12:05:09.123Z',
      'MERGE',
      '+1,200 rows, ~1 row, +2 files',
    ]);
  });

  it.each([
    ['2026-01-31 12:05:09.123+00', '2026-01-31 12:05:09.123Z'],
    ['2026-01-31 12:05:09.1+00', '2026-01-31 12:05:09.100Z'],
    ['2026-01-31 12:05:09+00', '2026-01-31 12:05:09.000Z'],
    ['1969-12-31 23:59:59.999+00:00', '1969-12-31 23:59:59.999Z'],
  ])('tell the time of %s so that it finds the version again', (timestamp, committed) => {
    const grid = historyGrid(outcome('history', { ...row, timestamp }));
    expect(grid.rows[0]?.[1]?.text).toBe(committed);
    expect(new Date(committed).getTime()).toBe(
      Date.parse(timestamp.replace(/\+00.*/, 'Z').replace(' ', 'T')),
    );
  });

  it('name the engines where there are several', () => {
    const [one] = outcome('history', row).rows;
    const [other] = outcome('history', { ...row, engineInfo: 'delta-rs', operationMetrics: null }).rows;
    const grid = historyGrid({ ...outcome('history', row), rows: [one ?? [], other ?? []] });
    expect(grid.rows.map((cells) => cells.at(-1)?.text)).toEqual(['Boathouse/1', 'delta-rs']);
    expect(grid.rows[1]?.[3]?.text).toBe('');
  });

  it('stand downwards, a NULL as NULL', () => {
    const grid = downwardGrid(outcome('detail', { format: 'delta', name: null }));
    expect(grid.columns[1]?.name).toBe('orders');
    expect(grid.rows.map((cells) => cells.map(({ text }) => text))).toEqual([
      ['format', 'delta'],
      ['name', null],
    ]);
  });
});

describe('amounts', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1,023 bytes'],
    [1024, '1.0 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [5.5 * 1024 ** 3, '5.5 GiB'],
    [1024 ** 6, '1024.0 PiB'],
  ])('%d bytes are %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));

  it('count in words and tell times to the second', () => {
    expect([counted(1, 'file'), counted(1000, 'file')]).toEqual(['1 file', '1,000 files']);
    expect(timeText(new Date(Date.UTC(2026, 0, 31, 12, 5, 9, 123)))).toBe('2026-01-31 12:05:09Z');
  });

  it.each([
    [{ phase: 'writing files', done: 12, total: 40, unit: 'files' }, 'writing files: 12 of 40 files'],
    [{ phase: 'reading', done: 2048, unit: 'bytes' }, 'reading: 2.0 KiB'],
    [{ phase: 'deleting', done: 1200, unit: 'files' }, 'deleting: 1,200 files'],
  ] as const)('tell how far work has got: %o', (progress, text) => expect(progressText(progress)).toBe(text));
});

describe('MaintainView', () => {
  const plan = {
    table: 'file:///lake/orders',
    version: 12,
    steps: [
      {
        kind: 'optimize' as const,
        reason: '40 files that are small or have deleted rows, 3.1 MiB together, would become 1',
        saves: { files: 39 },
        spec: {},
      },
    ],
    passedOver: [{ kind: 'vacuum' as const, reason: 'every file was needed in the last 7 days' }],
  };
  const table: MaintainedTable = { name: 'silver.orders', plan, done: [], version: 12, error: undefined };

  function printed(isDryRun: boolean, isQuiet = false): string {
    let text = '';
    const print = (piece: string): void => {
      text += piece;
    };
    const terminal: Terminal = {
      colors: picocolors.createColors(false),
      isLive: false,
      columns: 60,
      footer: new Footer(print, false),
      columnsNow: () => 60,
      out: print,
      err: print,
      data: async (piece) => print(String(piece)),
      flush: async () => {},
    };
    const view = new MaintainView(terminal, isDryRun, isQuiet);
    view.plan('silver.orders', plan);
    const done = isDryRun
      ? []
      : [{ step: plan.steps[0]!, kind: 'checkpointed' as const, version: 12, path: 'p' }];
    view.done({ ...table, done });
    view.end([table, { ...table, error: new Error('no') }]);
    return text;
  }

  it('says in a dry run what is worth doing and what isn’t, within the width', () => {
    expect(printed(true)).toBe(
      `silver.orders, version 12
  optimize       40 files that are small or have deleted
                 rows, 3.1 MiB together, would become 1
  no vacuum      every file was needed in the last 7 days
2 tables: 2 things worth doing, 1 table with errors
`,
    );
  });

  it('says what was done', () => {
    expect(printed(false)).toContain(
      '                 wrote p\n2 tables: 2 things done, 1 table with errors\n',
    );
    expect(printed(false)).not.toContain('no vacuum');
  });

  it('says nothing under --quiet', () => expect(printed(false, true)).toBe(''));
});
