import { describe, expect, it } from 'vitest';
import { withScratchSession } from '../scratch.ts';
import { curveBitsFor, curveColumn, curvedSql, type RangedColumn, rangeSql } from './curves.ts';

/** A column whose values are its ranges: 0 to 15. */
function whole(name: string): RangedColumn {
  return { sql: name, type: 'BIGINT', cuts: Array.from({ length: 15 }, (_, i) => `'${i + 1}'`) };
}

function grid(columns: readonly string[]): string {
  const from = columns.map((name) => `range(16) AS t_${name}(${name})`).join(', ');
  return `SELECT ${columns.join(', ')} FROM ${from}`;
}

describe('Hilbert’s curve', () => {
  it.each([[['a', 'b']], [['a', 'b', 'c']], [['a', 'b', 'c', 'd']]])(
    'comes by every place once, one step at a time: %s',
    async (names) => {
      const sql = curvedSql(grid(names), names.map(whole), 'hilbert', 4);
      const steps = names.map((name) => `abs(${name} - lag(${name}) OVER (ORDER BY ${curveColumn}))`);
      const { rows } = await withScratchSession((session) =>
        session.query(
          `SELECT count(*), count(DISTINCT ${curveColumn}), min(${curveColumn}), max(${curveColumn}), count(*) FILTER (step <> 1)
           FROM (SELECT *, ${steps.join(' + ')} AS step FROM (${sql}))`,
        ),
      );
      const places = 16 ** names.length;
      expect(rows[0]?.map(Number)).toEqual([places, places, 0, places - 1, 0]);
    },
  );
});

describe('Z-order', () => {
  it('interleaves the bits, the first column’s foremost', async () => {
    const sql = curvedSql(
      'SELECT CAST(9 AS BIGINT) AS a, CAST(3 AS BIGINT) AS b',
      [whole('a'), whole('b')],
      'z-order',
      4,
    );
    const { rows } = await withScratchSession((session) =>
      session.query(`SELECT ${curveColumn} FROM (${sql})`),
    );
    // a = 1001, b = 0011.
    expect(Number(rows[0]?.[0])).toBe(0b10000111);
  });
});

describe('the range of a value', () => {
  it.each([
    ['none below the first cut', 'NULL', 0],
    ['the first below it', '5', 0],
    ['the second from it on', '10', 64],
    ['further on by as many rows as have an equal value', '20', 192],
    ['the last above all cuts', '21', 192],
  ])('is %s', async (_, value, range) => {
    const column = { sql: `CAST(${value} AS INTEGER)`, type: 'INTEGER', cuts: ["'10'", "'20'", "'20'"] };
    const { rows } = await withScratchSession((session) =>
      session.query(`SELECT ${rangeSql(column, 8, String)}`),
    );
    expect(Number(rows[0]?.[0])).toBe(range);
  });

  it('is the only one when nothing is known about the values', async () => {
    const column = { sql: '5', type: 'INTEGER', cuts: [] };
    const { rows } = await withScratchSession((session) =>
      session.query(`SELECT ${rangeSql(column, 8, String)}`),
    );
    expect(Number(rows[0]?.[0])).toBe(0);
  });
});

describe('the bits of a number', () => {
  it.each([
    [0, 2, 4],
    [1_000_000, 2, 5],
    [1_000_000_000, 2, 8],
    [1_000_000_000, 4, 8],
    [1_000, 30, 2],
  ])('for %d rows and %d columns are %d', (rows, columns, bits) => {
    expect(curveBitsFor(rows, columns)).toBe(bits);
  });
});
