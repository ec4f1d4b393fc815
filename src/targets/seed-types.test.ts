import { describe, expect, it } from 'vitest';
import { parseCsv } from './csv.ts';
import { inferSeedType } from './seed-types.ts';

describe("a seed's types", () => {
  it.each([
    ['whole numbers', ['1', '-2', '', 'null', '3.0'], 'INTEGER'],
    ['wide whole numbers', ['1', '3000000000'], 'BIGINT'],
    ['numbers', ['1', '2.5', '1e3'], 'DOUBLE'],
    ['dates', ['2025-01-31', ''], 'DATE'],
    ['no dates', ['2025-02-31'], 'VARCHAR'],
    ['timestamps', ['2025-01-31 10:00:00', '2025-1-3 1:00:00'], 'TIMESTAMP'],
    ['timestamps of ISO 8601', ['2025-01-31T10:00:00Z', '2025-01-31T10:00'], 'TIMESTAMP'],
    ['timestamps in two forms', ['2025-01-31 10:00:00', '2025-01-31T10:00:00Z'], 'VARCHAR'],
    ['booleans', ['true', 'False'], 'BOOLEAN'],
    ['no booleans', ['true', '1'], 'VARCHAR'],
    ['nothing at all', ['', ''], 'INTEGER'],
    ['text', ['1', 'x'], 'VARCHAR'],
    ['exponents that leave whole numbers', ['1e3', '1.50E+2'], 'INTEGER'],
    ['exponents that leave fractions', ['1e3', '5e-1'], 'DOUBLE'],
    ['digits in groups', ['1_000', '2'], 'INTEGER'],
    ['what is a number to dbt and a text to DuckDB', ['$5', '1,000'], 'VARCHAR'],
    ['what is a whole number to dbt only', ['nan', '1'], 'DOUBLE'],
    ['booleans with spaces, which DuckDB reads as texts', [' true', 'false'], 'VARCHAR'],
    ['times that only dbt reads', ['2020-W01-1T10:00'], 'VARCHAR'],
    ['days with single digits', ['2020-1-5', '2020-12-31'], 'DATE'],
  ])('of %s', (_, cells, type) => {
    expect(inferSeedType(cells)).toBe(type);
  });
});

describe('a CSV file', () => {
  it.each([
    [
      'quotes, delimiters and line ends in cells',
      'a,b\r\n"x, ""y""\n",2\r\n',
      ['a', 'b'],
      [['x, "y"\n', '2']],
    ],
    ['short rows and empty lines', 'a,b\n1\n\n2,3', ['a', 'b'], [['1'], [], ['2', '3']]],
    ['a byte order mark', '\uFEFFa\n1\n', ['a'], [['1']]],
    ['names that are missing or taken', 'a,,a,a\n', ['a', 'b', 'a_2', 'a_3'], []],
  ])('is read with %s', (_, text, header, rows) => {
    expect(parseCsv(text, ',', 'f.csv')).toEqual({ header, rows });
  });

  it.each([
    ['is empty', '', 1],
    ['has a row that is too long', 'a,b\n1,2\n1,2,3\n', 3],
    ['opens a quote and never closes it', 'a\n1\n"x\n', 3],
    ['names a column twice', 'a,A\n', 1],
  ])('is refused at the line where it %s', (_, text, line) => {
    expect(() => parseCsv(text, ',', 'f.csv')).toThrow(
      expect.objectContaining({ code: 'targets.unreadable-seed', location: { file: 'f.csv', line } }),
    );
  });
});
