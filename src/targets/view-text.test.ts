import { describe, expect, it } from 'vitest';
import { absolutePaths, selectOfView } from './view-text.ts';

describe("a view's text", () => {
  it.each([
    ['CREATE VIEW v AS SELECT 1 AS a;', 'SELECT 1 AS a'],
    ['CREATE VIEW "we ird"."v ""w" AS SELECT 1 AS "a b";', 'SELECT 1 AS "a b"'],
    ['CREATE VIEW s.v (a, "b)") AS SELECT 1, 2;', 'SELECT * FROM (SELECT 1, 2) AS renamed (a, "b)")'],
    ['CREATE TABLE t(a INTEGER);', undefined],
  ])('is found in %s', (statement, select) => {
    expect(selectOfView(statement)).toBe(select);
  });

  it.each([
    [
      "select * from read_csv('data/x.csv', header = true)",
      "select * from read_csv('/r/data/x.csv', header = true)",
    ],
    [
      'select * from \'data/x.csv\' join "y.parquet" using (a)',
      "select * from '/r/data/x.csv' join '/r/y.parquet' using (a)",
    ],
    [
      "select 'data/x.csv' as name from read_csv('/abs/x.csv')",
      "select 'data/x.csv' as name from read_csv('/abs/x.csv')",
    ],
    ["select * from 's3://b/x.parquet'", "select * from 's3://b/x.parquet'"],
    ['select * from "lake"."main"."x"', 'select * from "lake"."main"."x"'],
  ])('names files absolutely in %s', (sql, expected) => {
    expect(absolutePaths(sql, '/r')).toBe(expected);
  });
});
