import { describe, expect, it } from 'vitest';
import { parseSchema, predicatePaths } from '../../delta/index.ts';
import type { DeltaCall } from './delta-calls.ts';
import { rewriteDeltaScans } from './rewrite-scans.ts';

const open = async (call: DeltaCall): Promise<string> => {
  if (call.kind === 'changes') return `CHANGES '${call.uri}' ${JSON.stringify([call.from, call.to])}`;
  const moment = call.timestampMs === undefined ? undefined : new Date(call.timestampMs).toISOString();
  return `SELECT '${call.uri}'@${moment ?? call.version ?? 'latest'}`;
};

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
    ["FROM delta_scan('a', timestamp => '2024-01-02')", "FROM (SELECT 'a'@2024-01-02T00:00:00.000Z)"],
    [
      "FROM delta_scan('a', TIMESTAMP := '2024-01-02 03:04:05+01')",
      "FROM (SELECT 'a'@2024-01-02T02:04:05.000Z)",
    ],
    ["FROM delta_scan('a') VERSION AS OF 3 t", "FROM (SELECT 'a'@3) t"],
    [
      "FROM delta_scan('a') timestamp as of '2024-01-02 03:04' AS t",
      "FROM (SELECT 'a'@2024-01-02T03:04:00.000Z) AS t",
    ],
    ["FROM delta_scan('a') AS version", "FROM (SELECT 'a'@latest) AS version"],
    ["FROM table_changes('a', 3)", `FROM (CHANGES 'a' [{"version":3},null])`],
    ["FROM table_changes('a', 3, 5) c", `FROM (CHANGES 'a' [{"version":3},{"version":5}]) c`],
    ['FROM table_changes("a", 3)', `FROM (CHANGES 'a' [{"version":3},null])`],
    ["FROM table_changes_by_path('a', 3)", `FROM (CHANGES 'a' [{"version":3},null])`],
    [
      "FROM table_changes('a', '1970-01-01', '1970-01-02')",
      `FROM (CHANGES 'a' [{"timestampMs":0},{"timestampMs":86400000}])`,
    ],
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
    "FROM delta_scan('a', timestamp => 'yesterday')",
    "FROM delta_scan('a', version => 1, timestamp => '2024-01-01')",
    "FROM delta_scan('a') VERSION AS OF x",
  ])('refuses %j', async (sql) => {
    await expect(rewriteDeltaScans(sql, open)).rejects.toMatchObject({ code: 'tables.bad-delta-scan' });
  });

  it.each([
    "FROM table_changes('a')",
    "FROM table_changes('a', 'soon')",
    "FROM table_changes('a', 1, 2, 3)",
    'FROM table_changes(a, 1)',
    "FROM table_changes('a', 1",
  ])('refuses %j', async (sql) => {
    await expect(rewriteDeltaScans(sql, open)).rejects.toMatchObject({ code: 'tables.bad-table-changes' });
  });
});

describe('the conditions of the query around a call', () => {
  const schema = parseSchema(
    '{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},{"name":"s","type":{"type":"struct","fields":[{"name":"x","type":"long","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}}]}',
  );
  /** The columns that the predicate handed to the table is about. */
  const pathsFor = async (sql: string): Promise<string> => {
    const found: string[] = [];
    await rewriteDeltaScans(sql, async () => ({
      schema,
      relation: async (predicate) => {
        found.push(
          predicate === undefined ? '' : [...predicatePaths(predicate)].map((p) => p.join('.')).join(' '),
        );
        return 'SELECT 1';
      },
    }));
    return found.join('; ');
  };

  it.each([
    ["SELECT * FROM delta_scan('a') WHERE id = 5", 'id'],
    ["SELECT * FROM delta_scan('a') WHERE id = 5 AND s.x > 1", 'id s.x'],
    ["SELECT * FROM delta_scan('a') t WHERE t.id = 5 OR ID = 6", 'id id'],
    ["SELECT * FROM (SELECT * FROM delta_scan('a') WHERE id = 1) WHERE id = 2", 'id id'],
    ["WITH c AS (SELECT * FROM delta_scan('a')) SELECT * FROM c WHERE id = 1", 'id'],
    ["WITH c AS (FROM delta_scan('a')), d AS (FROM c) SELECT * FROM d AS e WHERE e.id = 1", 'id'],
    ["WITH c AS (FROM delta_scan('a')) SELECT * FROM x JOIN c ON x.id = c.id WHERE c.s.x = 1", 's.x'],
    ["SELECT * FROM (SELECT id AS n, s.x AS id FROM delta_scan('a')) WHERE n = 1", 'id'],
    ["SELECT * FROM (SELECT id AS n, s.x AS id FROM delta_scan('a')) WHERE id = 1", 's.x'],
    ["SELECT * FROM (SELECT s AS t FROM delta_scan('a')) AS q WHERE q.t.x = 1", 's.x'],
    ["SELECT * FROM (SELECT a.id FROM delta_scan('a') a JOIN x USING (id)) WHERE id = 1", 'id'],
    ["SELECT * FROM (SELECT id + 1 AS id FROM delta_scan('a')) WHERE id = 1", ''],
    ["SELECT * FROM (SELECT *, id + 1 AS id FROM delta_scan('a')) WHERE id = 1", ''],
    ["SELECT * FROM (SELECT * REPLACE (id + 1 AS id) FROM delta_scan('a')) WHERE id = 1", ''],
    ["SELECT * FROM (SELECT * RENAME (id AS k) FROM delta_scan('a')) WHERE id = 1", ''],
    ["SELECT * FROM (SELECT * FROM delta_scan('a') LIMIT 5) WHERE id = 1", ''],
    ["SELECT * FROM (SELECT DISTINCT ON (s) * FROM delta_scan('a')) WHERE id = 1", ''],
    ["SELECT * FROM (SELECT id, count(*) FROM delta_scan('a') GROUP BY id) WHERE id = 1", ''],
    ["SELECT * FROM (SELECT id, count(*) FROM delta_scan('a') GROUP BY ALL) WHERE id = 1", ''],
    ["SELECT * FROM (SELECT id, row_number() OVER () AS n FROM delta_scan('a')) WHERE id = 1", ''],
    ["SELECT * FROM (SELECT * FROM delta_scan('a') QUALIFY row_number() OVER () = 1) WHERE id = 1", ''],
    ["SELECT * FROM (SELECT * FROM delta_scan('a')) AS q(s, id) WHERE id = 1", ''],
    ["WITH c(s, id) AS (FROM delta_scan('a')) SELECT * FROM c WHERE id = 1", ''],
    ["WITH c AS (FROM delta_scan('a')) SELECT * FROM c WHERE id = 1 UNION ALL FROM c", ''],
    ["WITH c AS (FROM delta_scan('a')) SELECT * FROM x LEFT JOIN c ON x.id = c.id WHERE c.id = 1", ''],
    ["SELECT * FROM (FROM delta_scan('a') UNION ALL FROM x) WHERE id = 1", ''],
    [
      "SELECT * FROM x WHERE EXISTS (FROM (FROM delta_scan('a')) AS q WHERE q.id = x.id AND q.s.x = 1)",
      's.x',
    ],
    [
      "WITH c AS (FROM delta_scan('a') WHERE id = 1) SELECT * FROM c JOIN delta_scan('b') b ON b.id = 3",
      'id; id',
    ],
    [
      "SELECT * FROM delta_scan('a') a JOIN delta_scan('b') b USING (id) WHERE a.id = 1 AND b.s IS NULL",
      'id; s',
    ],
    [
      "SELECT * FROM delta_scan('a') a LEFT JOIN delta_scan('b') b ON a.id = b.id WHERE a.id = 1 AND b.id IS NULL",
      'id; ',
    ],
    ["SELECT * FROM x RIGHT JOIN delta_scan('b') b ON x.id = b.id WHERE b.id = 1", 'id'],
    ["SELECT * FROM x FULL JOIN delta_scan('b') b ON x.id = b.id WHERE b.id = 1", ''],
    ["SELECT * FROM x POSITIONAL JOIN delta_scan('b') b WHERE b.id = 1", ''],
    ["SELECT * FROM x ASOF JOIN delta_scan('b') b ON x.id >= b.id WHERE b.id = 1", ''],
    ["SELECT * FROM x WHERE EXISTS (FROM delta_scan('a') a WHERE a.id = 1 AND x.id = 3)", 'id'],
    ["SELECT * FROM delta_scan('a') TABLESAMPLE 10% WHERE id = 1", ''],
    ["SELECT * FROM delta_scan('a') t(s, id) WHERE id = 1", ''],
    ["SELECT * FROM delta_scan('a'), delta_scan('b') s WHERE s.x = 1", '; '],
    ["SELECT * FROM delta_scan('a') HAVING id = 1", ''],
    [
      "SELECT * FROM delta_scan('a') WHERE id = 1 UNION ALL SELECT * FROM delta_scan('a') WHERE s.x = 1",
      'id; s.x',
    ],
    ["CREATE TABLE x AS SELECT * FROM delta_scan('a') WHERE id = 5", ''],
    ["SELECT * FROM delta_scan('a') WHERE", ''],
  ])('of %j are about %j', async (sql, expected) => {
    expect(await pathsFor(sql)).toBe(expected);
  });
});
