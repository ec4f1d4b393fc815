import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Grid } from '../../workflows/index.ts';
import { clip, printTable, width } from './table.ts';

const plain = picocolors.createColors(false);
const cell = (text: string | null) => ({ text, json: '' });

function grid(columns: [string, string][], rows: (string | null)[][]): Grid {
  return {
    columns: columns.map(([name, type]) => ({ name, type })),
    rows: rows.map((row) => row.map(cell)),
    truncated: false,
  };
}

describe('printTable', () => {
  it('aligns text to the left and numbers to the right, and shows NULL', () => {
    const table = grid(
      [
        ['symbol', 'VARCHAR'],
        ['price', 'DOUBLE'],
      ],
      [
        ['AAPL', '25.94'],
        [null, '7'],
      ],
    );
    expect(printTable(table, 80, plain).split('\n')).toEqual([
      '┌────────┬───────┐',
      '│ symbol │ price │',
      '├────────┼───────┤',
      '│ AAPL   │ 25.94 │',
      '│ NULL   │     7 │',
      '└────────┴───────┘',
    ]);
  });

  it.each([20, 40, 80])('stays within %i columns', (columns) => {
    const table = grid(
      [
        ['a', 'VARCHAR'],
        ['b', 'VARCHAR'],
      ],
      [['x'.repeat(300), 'line\nbreak']],
    );
    for (const line of printTable(table, columns, plain).split('\n'))
      expect(width(line)).toBeLessThanOrEqual(columns);
  });

  it('shows control characters instead of obeying them', () => {
    const table = printTable(grid([['a\u001b[2J', 'VARCHAR']], [['x\u001b[31m\u0007\r']]), 80, plain);
    expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(table).toContain('x␛[31m␇␍');
  });

  it('prints as many rows as there are', () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => [String(i)]);
    expect(printTable(grid([['n', 'BIGINT']], rows), 80, plain).split('\n')).toHaveLength(200_004);
  });

  it('prints nothing for a result without columns', () => {
    expect(printTable(grid([], []), 80, plain)).toBe('');
  });
});

describe('width', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['🚣', 2],
  ])('of %s is %i', (text, columns) => expect(width(text)).toBe(columns));

  it('is what clip keeps to', () => {
    expect(clip('日本語', 5)).toBe('日本…');
    expect(clip('abc', 3)).toBe('abc');
  });
});
