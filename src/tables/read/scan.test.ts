import { describe, expect, it } from 'vitest';
import { rewriteDeltaScans } from '../index.ts';

const open = async (uri: string, version?: number): Promise<string> =>
  `SELECT '${uri}'@${version ?? 'latest'}`;

describe('rewriteDeltaScans', () => {
  it.each([
    ["SELECT * FROM delta_scan('a/b') t", "SELECT * FROM (SELECT 'a/b'@latest) t"],
    ["select * from DELTA_SCAN ( 's3://b/x' , version => 3 )", "select * from (SELECT 's3://b/x'@3)"],
    [
      "FROM delta_scan('a', version := 0) JOIN delta_scan('b') USING (i)",
      "FROM (SELECT 'a'@0) JOIN (SELECT 'b'@latest) USING (i)",
    ],
    ["FROM delta_scan('it''s')", "FROM (SELECT 'it's'@latest)"],
    ["FROM delta_scan(E'a\\'b')", "FROM (SELECT 'a'b'@latest)"],
    ['FROM delta_scan($$a$$)', "FROM (SELECT 'a'@latest)"],
    ["FROM delta_scan( -- here\n 'a' /* there */)", "FROM (SELECT 'a'@latest)"],
  ])('rewrites %j', async (sql, expected) => {
    expect(await rewriteDeltaScans(sql, open)).toBe(expected);
  });

  it.each([
    "SELECT 'delta_scan(''x'')'",
    "-- delta_scan('x')\nSELECT 1",
    "/* /* nested */ delta_scan('x') */ SELECT 1",
    'SELECT "delta_scan" FROM t',
    "SELECT $q$ delta_scan('x') $q$",
    'SELECT delta_scan FROM t',
    "SELECT my_delta_scan('x'), t.delta_scan('x')",
    "SELECT 'unclosed delta_scan('",
  ])('leaves %j alone', async (sql) => {
    expect(await rewriteDeltaScans(sql, open)).toBe(sql);
  });

  it.each([
    'FROM delta_scan(path)',
    "FROM delta_scan('a' || 'b')",
    "FROM delta_scan('a', 3)",
    "FROM delta_scan('a', pushdown => true)",
    "FROM delta_scan('a'",
  ])('refuses %j', async (sql) => {
    await expect(rewriteDeltaScans(sql, open)).rejects.toMatchObject({ code: 'tables.bad-delta-scan' });
  });
});
