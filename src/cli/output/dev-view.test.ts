import fc from 'fast-check';
import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { DevUpdate } from '../../workflows/index.ts';
import { afterUpdate, type DevState, devScreen, firstState } from './dev-view.ts';
import { width } from './table.ts';

const plain = picocolors.createColors(false);
const cell = (text: string) => ({ text, json: text });

const checked: DevUpdate = { kind: 'checked', project: 'shop', target: 'dev', nodes: 1234, elapsedMs: 52 };
const compiled: DevUpdate = {
  kind: 'compiled',
  uniqueId: 'model.shop.a',
  name: 'a',
  file: 'models/a.sql',
  code: 'select\n\t1 as one\n',
};
const preview: DevUpdate = {
  kind: 'preview',
  uniqueId: 'model.shop.a',
  name: 'a',
  grid: { columns: [{ name: 'one', type: 'INTEGER' }], rows: [[cell('1')]], truncated: true },
  elapsedMs: 3,
};
const broken: DevUpdate = { kind: 'broken', what: 'rows', name: 'a', error: new Error('no such column') };
const idle: DevUpdate = { kind: 'idle' };

function after(updates: readonly DevUpdate[]): DevState {
  return updates.reduce((state, update) => afterUpdate(state, update, '12:00:00'), firstState);
}

const screen = (updates: readonly DevUpdate[], columns = 60, rows = 14): string =>
  devScreen(after(updates), { columns, rows }, plain).join('\n').trimEnd();

describe('devScreen', () => {
  it('shows the state, the SQL and the rows', () => {
    const looking: DevUpdate = { kind: 'looking', changed: ['models/a.sql'] };
    expect(screen([looking, checked, compiled, preview, idle])).toBe(
      [
        ' ok shop on dev, 1,234 nodes parsed in 0.05s',
        '─'.repeat(60),
        'a models/a.sql',
        '  select',
        '      1 as one',
        '',
        '┌─────┐',
        '│ one │',
        '├─────┤',
        '│   1 │',
        '└─────┘',
        '1 row, and more in 0.00s',
        '',
        ' 12:00:00 after models/a.sql   r looks again, q quits',
      ].join('\n'),
    );
  });

  it('shows what is wrong in the place of the rows, and the rows again once it is mended', () => {
    const wrong = screen([checked, compiled, preview, broken, idle]);
    expect(wrong).toContain('query failed');
    expect(wrong).toContain('no such column');
    expect(wrong).not.toContain('│   1 │');
    const mended = screen([checked, compiled, preview, broken, idle, checked, compiled, preview, idle]);
    expect(mended).not.toContain('no such column');
    expect(mended).toContain('│   1 │');
  });

  it('never shows rows beside another text than theirs', () => {
    const edited: DevUpdate = { ...compiled, code: 'select 2 as two' } as DevUpdate;
    expect(screen([checked, compiled, preview, idle, checked, edited])).not.toContain('│   1 │');
  });

  it('is never higher or wider than the terminal, whatever there is to show', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 200 }),
        fc.integer({ min: 3, max: 60 }),
        fc.array(text, { maxLength: 40 }),
        text,
        (columns, rows, lines, message) => {
          const long: DevUpdate = { ...compiled, code: lines.join('\n') } as DevUpdate;
          const bad: DevUpdate = { ...broken, error: new Error(message) } as DevUpdate;
          for (const updates of [[checked, long, preview], [checked, long, bad], [bad]]) {
            const shown = devScreen(after(updates), { columns, rows }, plain);
            expect(shown.length).toBeLessThanOrEqual(rows);
            for (const line of shown) {
              expect(line).not.toMatch(/[\n\r]/);
              expect(width(line)).toBeLessThanOrEqual(columns);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
