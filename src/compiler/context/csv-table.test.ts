import { describe, expect, it } from 'vitest';
import { str } from '../../jinja/index.ts';
import { withBindings } from './bindings.ts';
import { csvTable } from './csv-table.ts';
import { Decimal } from './decimal.ts';

describe("a CSV file's column as agate has it", () => {
  it.each([
    ['numbers with signs of money', ['$1.50', '€2', '-3'], 'Number', ['1.50', '2', '-3']],
    ['numbers in parts of a hundred', ['5%', '10 %'], 'Number', ['5', '10']],
    ['numbers with groups', ['1,000', '2_000.5'], 'Number', ['1000', '2000.5']],
    ['digits of other scripts', ['１２', '٣'], 'Number', ['12', '3']],
    ['booleans', [' TRUE', 'fal,se', ''], 'Boolean', ['True', 'False', 'None']],
    [
      'times of ISO 8601 with a zone',
      ['2020-01-01T10:00:00+02:00'],
      'DateTime',
      ['2020-01-01 10:00:00+02:00'],
    ],
    ['weeks', ['2020-W01-1T10'], 'DateTime', ['2019-12-30 10:00:00']],
    ['days of a year, and parts of minutes', ['2021001T1030.5'], 'DateTime', ['2021-01-01 10:30:30']],
    ['texts', [' x', 'null', ''], 'Text', [' x', 'None', 'None']],
    ['nothing', ['', 'NULL'], 'Number', ['None', 'None']],
  ])('%s', (_, cells, type, shown) => {
    const table = csvTable(
      ['c'],
      cells.map((cell) => [cell]),
      new Set(),
    );
    expect(table.columnTypes).toEqual([type]);
    expect(table.rows.map(([value]) => str(value ?? null))).toEqual(shown);
  });

  it('is of texts where its type is given', () => {
    expect(csvTable(['c'], [['007'], ['null'], []], new Set(['c'])).rows).toEqual([['007'], [null], [null]]);
  });
});

describe('bindings', () => {
  it('stand for question marks, but for those in texts, names and comments', () => {
    const sql = `insert into "t?" values (?, '?', ?, ?) -- ?`;
    expect(withBindings(sql, ["it's", Decimal.parse('1.50'), null])).toBe(
      `insert into "t?" values ('it''s', '?', '1.50', null) -- ?`,
    );
  });

  it('are as many as there are places', () => {
    expect(() => withBindings('select ?', [1, 2])).toThrow(
      expect.objectContaining({ code: 'compiler.render-failed' }),
    );
  });
});
