import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database, quoteLiteral, type Session } from '../../duckdb/index.ts';
import { openDeltaRelation } from '../index.ts';

/** The Delta acceptance tests: tables that Spark wrote, with the contents Spark read, version by version. */
const root = process.env['BOATHOUSE_FIXTURES'];
const folder = path.join(root ?? '', 'delta', 'dat');
const cases =
  root === undefined
    ? []
    : readdirSync(folder).flatMap((name) =>
        readdirSync(path.join(folder, name, 'expected')).map((version) => ({ name, version })),
      );

describe.skipIf(root === undefined)('tables that Spark wrote (needs BOATHOUSE_FIXTURES)', () => {
  let database: Database;
  let session: Session;
  beforeAll(async () => {
    database = await Database.open();
    session = await database.session();
  });
  afterAll(() => database.close());

  it('are there', () => {
    expect(cases.length).toBeGreaterThan(20);
  });

  it.each(cases)('$name at $version reads as Spark read it', async ({ name, version }) => {
    const expected = path.join(folder, name, 'expected', version);
    const about = JSON.parse(readFileSync(path.join(expected, 'table_version_metadata.json'), 'utf8')) as {
      version: number;
    };
    const table = path.join(folder, name, 'delta');
    const relation = await openDeltaRelation(table, version === 'latest' ? {} : { version: about.version });
    expect(relation.version).toBe(about.version);
    const wanted = `SELECT * FROM read_parquet(${quoteLiteral(`${expected}/table_content/*.parquet`)}, hive_partitioning = false)`;
    const columns = (await session.describe(wanted)).map((column) => column.name);
    expect((await session.describe(relation.sql)).map((column) => column.name)).toEqual(columns);
    const missing = await session.query(`(${wanted}) EXCEPT ALL (${relation.sql})`);
    const extra = await session.query(`(${relation.sql}) EXCEPT ALL (${wanted})`);
    expect({ missing: missing.rows, extra: extra.rows }).toEqual({ missing: [], extra: [] });
  });
});
