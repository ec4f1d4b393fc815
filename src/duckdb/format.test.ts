import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, formatSqlValue, type Session } from './index.ts';

/** DuckDB itself is the judge: whatever it prints for a value, so do we. */
const expressions = [
  'NULL::INTEGER',
  'true',
  '-5::TINYINT',
  '9223372036854775807',
  '170141183460469231731687303715884105727::HUGEINT',
  '1.0::DOUBLE',
  '1e15::DOUBLE',
  '1e16::DOUBLE',
  '1e20::DOUBLE',
  '1e-5::DOUBLE',
  '0.0001::DOUBLE',
  '123456789.123::DOUBLE',
  '-0.0::DOUBLE',
  "'nan'::DOUBLE",
  "'-inf'::DOUBLE",
  '0.1::FLOAT',
  '3.4e38::FLOAT',
  '1e7::FLOAT',
  '16777216::FLOAT',
  '1::DECIMAL(5,2)',
  '-0.05::DECIMAL(3,2)',
  '12345678901234567890123456789.123456789::DECIMAL(38,9)',
  '7::DECIMAL(4,0)',
  "'it''s'",
  "''",
  "DATE '2020-01-02'",
  "DATE '0044-03-15 (BC)'",
  "DATE '12345-01-01'",
  "DATE 'infinity'",
  "DATE '-infinity'",
  "TIME '01:02:03.5'",
  "TIME '24:00:00'",
  "TIME_NS '01:02:03.123456789'",
  "'01:02:03+05:30'::TIMETZ",
  "'01:02:03.5-08'::TIMETZ",
  "TIMESTAMP '2020-01-01 10:00:00.12'",
  "TIMESTAMP '1969-12-31 23:59:59.999999'",
  "TIMESTAMP 'infinity'",
  "TIMESTAMP_S '2020-01-01 10:00:00'",
  "TIMESTAMP_MS '2020-01-01 10:00:00.5'",
  "TIMESTAMP_NS '2020-01-01 10:00:00.123456789'",
  "TIMESTAMPTZ '2020-07-01 10:00:00.12+00'",
  "TIMESTAMP '0001-01-01 (BC) 00:00:00'",
  "INTERVAL '1 year 2 months 3 days 04:05:06.7'",
  "INTERVAL '-14 months 5 seconds'",
  "INTERVAL '0 day'",
  "INTERVAL '100 hours'",
  "INTERVAL '-1 day -2 hours'",
  "INTERVAL '1 day -2 hours'",
  "'\\xAA\\x00ab'::BLOB",
  "'0101'::BIT",
  "'00000000-0000-0000-0000-000000000001'::UUID",
  "'b'::ENUM('a', 'b')",
  '[1, 2, NULL]',
  '[]::INTEGER[]',
  '[1.5::DOUBLE, 2]',
  "['a', 'b c', 'd,e', 'it''s', '', 'null', NULL, ' x', 'x:y', '{', 'q\"q', 'back\\slash', '[', 'a=b', '(', 'true', '1']",
  "{'a': 1, 'b c': 'x y', 'd': NULL, 'e''f': 'a:b'}",
  "{'t': TIMESTAMP '2020-01-01'}",
  "MAP {'k': 1, 'k 2': NULL}",
  "MAP {1: ['a']}",
  "[{'a': 'x'}]",
  '[[1], [2, 3]]',
  "[DATE '2020-01-01', NULL]",
  "[INTERVAL '1 day 02:00:00']",
  "union_value(k := 'a b')",
  '[1, 2]::INTEGER[2]',
  "row(1, 'a')",
  "[row(1, 'a'), NULL]",
  "{'p': row(NULL, row('x', 2))}",
  "[{'l': ['x', NULL]}]",
];

describe('formatSqlValue', () => {
  let database: Database;
  let session: Session;
  beforeAll(async () => {
    database = await Database.open({ settings: { TimeZone: 'America/New_York' } });
    session = await database.session();
  });
  afterAll(() => database.close());

  it.each(expressions)('prints %s as DuckDB does', async (expression) => {
    const { columns, rows } = await session.query(
      `SELECT v, coalesce(v::VARCHAR, 'NULL') FROM (SELECT ${expression} AS v)`,
    );
    const [value, text] = rows[0] ?? [];
    const shown = formatSqlValue(value ?? null, columns[0]?.sqlType, { timeZone: 'America/New_York' });
    expect(shown).toBe(text);
  });

  it('prints a whole number without a type as an integer', () => {
    expect([formatSqlValue(1), formatSqlValue(1.5), formatSqlValue(1n)]).toEqual(['1', '1.5', '1']);
  });
});

describe('values of a result, given to a program', () => {
  let database: Database;
  let session: Session;
  beforeAll(async () => {
    database = await Database.open();
    session = await database.session();
  });
  afterAll(() => database.close());

  it.each([
    ["DATE '2026-01-31'", '2026-01-31', '"2026-01-31"'],
    ["TIME '01:02:03.5'", '01:02:03.5', '"01:02:03.5"'],
    ["TIMESTAMP '2026-01-31 12:05:09.123'", '2026-01-31 12:05:09.123', '"2026-01-31 12:05:09.123"'],
    ["TIMESTAMPTZ '2026-01-31 12:05:09+02'", '2026-01-31 10:05:09+00', '"2026-01-31 10:05:09+00"'],
    ['INTERVAL 2 DAYS', '2 days', '"2 days"'],
    ["'0101'::BIT", '0101', '"0101"'],
    ['1.10::DECIMAL(4,2)', '1.10', '"1.10"'],
    [
      "{'a': 7::BIGINT, 'b': [DATE '2026-01-31'], 'c': 9223372036854775807}",
      "{'a': 7, 'b': [2026-01-31], 'c': 9223372036854775807}",
      '{"a":7,"b":["2026-01-31"],"c":"9223372036854775807"}',
    ],
    ["MAP {1: 'x'}", '{1=x}', '{"1":"x"}'],
    ['union_value(n := 3::BIGINT)', '3', '3'],
  ])('%s is a text that reads as it, and JSON', async (sql, text, json) => {
    const value = await session.value(`SELECT ${sql}`);
    expect(String(value)).toBe(text);
    expect(JSON.stringify(value)).toBe(json);
  });
});
