import { describe, expect, it } from 'vitest';
import { type DataType, primitive } from '../../delta/index.ts';
import { formatSqlValue } from '../../duckdb/index.ts';
import { withScratchSession } from '../scratch.ts';
import { sparkExpression } from './spark-expression.ts';

const columns: Readonly<Record<string, { sql: string; type: DataType }>> = {
  a: { sql: '7::BIGINT', type: primitive('long') },
  f: { sql: '1.7::DOUBLE', type: primitive('double') },
  t: { sql: "'Ab cd'::VARCHAR", type: primitive('string') },
  n: { sql: 'NULL::VARCHAR', type: primitive('string') },
  at: { sql: "TIMESTAMPTZ '2024-02-29 23:30:15.25Z'", type: primitive('timestamp') },
  ntz: { sql: "TIMESTAMP '2024-02-29 23:30:15'", type: primitive('timestamp_ntz') },
  d: { sql: "DATE '2024-02-29'", type: primitive('date') },
  'odd name': { sql: '3::INTEGER', type: primitive('integer') },
  l: {
    sql: '[10, 20]::BIGINT[]',
    type: { kind: 'array', elementType: primitive('long'), containsNull: true },
  },
  s: {
    sql: "{'x': 5}",
    type: { kind: 'struct', fields: [{ name: 'x', type: primitive('long'), nullable: true, metadata: {} }] },
  },
};
const scope = { column: (name: string) => columns[name.toLowerCase()] };

describe('sparkExpression', () => {
  // What Spark 4 gives for each, in a session in UTC.
  it.each([
    ['a + 1', '8'],
    ['A % 4', '3'],
    ['a DIV 2', '3'],
    ['a / 2', '3.5'],
    ['a / 0', 'NULL'],
    ['`odd name` * 2', '6'],
    ['-a', '-7'],
    ['a BETWEEN 1 AND 7 AND NOT a IN (1, 2)', 'true'],
    ["t LIKE 'A%'", 'true'],
    ["t RLIKE '^[A-Z]b'", 'true'],
    ['t = "Ab cd"', 'true'],
    ["'it\\'s'", "it's"],
    ["'a' 'b'", 'ab'],
    ['n <=> NULL', 'true'],
    ['n IS NOT NULL OR a == 7', 'true'],
    ['!(a > 7)', 'true'],
    ['CAST(f AS INT)', '1'],
    ['CAST(-1.9 AS BIGINT)', '-1'],
    ['int(f)', '1'],
    ['CAST(a AS STRING)', '7'],
    ['a::string', '7'],
    ['CAST(at AS DATE)', '2024-02-29'],
    ['CAST(at AS STRING)', '2024-02-29 23:30:15.25'],
    ['year(at) * 100 + month(at)', '202402'],
    ['day(d)', '29'],
    ['dayofweek(d)', '5'],
    ['weekday(d)', '3'],
    ['hour(at)', '23'],
    ["date_format(at, 'yyyy-MM-dd HH:mm')", '2024-02-29 23:30'],
    ["date_format(d, 'yyyyMM')", '202402'],
    ["CAST(date_trunc('HOUR', at) AS STRING)", '2024-02-29 23:00:00'],
    ["trunc(d, 'MM')", '2024-02-01'],
    ['date_add(d, 1)', '2024-03-01'],
    ["datediff(DATE '2024-03-02', d)", '2'],
    ["to_date('2024-01-02')", '2024-01-02'],
    ["to_date('02/01/2024', 'dd/MM/yyyy')", '2024-01-02'],
    ['substring(t, 1, 2)', 'Ab'],
    ['substring(t, 0, 2)', 'Ab'],
    ['substr(t, -2)', 'cd'],
    ["concat(t, '-', a)", 'Ab cd-7'],
    ['concat(t, n)', 'NULL'],
    ["concat_ws('-', t, n, 'x')", 'Ab cd-x'],
    ["coalesce(n, nvl(n, 'z'))", 'z'],
    ['upper(t) || lower(t)', 'AB CDab cd'],
    ['length(t)', '5'],
    ['abs(-3)', '3'],
    ['ceil(f) + floor(f)', '3'],
    ['round(f)', '2'],
    ['pmod(-1, 3)', '2'],
    ["CASE WHEN a > 5 THEN 'big' ELSE 'small' END", 'big'],
    ["CASE a WHEN 7 THEN 'seven' END", 'seven'],
    ["if(a = 7, 'y', 'n')", 'y'],
    ["regexp_replace(t, '[a-z]', '.')", 'A. ..'],
    ["regexp_extract('k=v', '(.)=(.)', 2)", 'v'],
    ['l[0]', '10'],
    ['s.x', '5'],
    ['size(l)', '2'],
    ['a & 3', '3'],
    ['a ^ 1', '6'],
    ["TIMESTAMP '2024-02-29 23:30:15.25' = at", 'true'],
    ['ntz + INTERVAL 1 DAY', '2024-03-01 23:30:15'],
    ['1.5D + 1', '2.5'],
    ["X'4142' = binary('AB')", 'true'],
    ['extract(YEAR FROM d)', '2024'],
    ['a > 5 -- a remark', 'true'],
  ])('%s is %s', async (expression, expected) => {
    const sql = sparkExpression(expression, scope);
    const value = await withScratchSession(async (session) => {
      await session.run("SET TimeZone = 'America/New_York'");
      return session.value(`SELECT ${sql}`);
    });
    expect(value === null ? 'NULL' : formatSqlValue(value ?? 'nothing')).toBe(expected);
  });

  it.each([
    ['reflect(a)', 'reflect'],
    ['b > 1', 'column b'],
    ['a >', 'ends too early'],
    ['(a', ') is missing'],
    ["date_format(at, 'QQQ')", 'date_format'],
    ['a ; drop', ';'],
    ['CAST(a AS money)', 'money'],
    [`${'('.repeat(5000)}a`, 'nested'],
    ["'open", "'open"],
  ])('%s is refused by name', (expression, problem) => {
    expect(() => sparkExpression(expression, scope)).toThrow(
      expect.objectContaining({
        code: 'tables.bad-expression',
        message: expect.stringContaining(problem),
      }),
    );
  });
});
