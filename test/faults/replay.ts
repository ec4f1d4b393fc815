/** A serial replay of what many writers did, in the order of the versions, and whether the table agrees. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Database, type Session } from '../../src/duckdb/index.ts';
import { DeltaTable, rowIdColumn, scanFiles, TableHandle } from '../../src/tables/index.ts';
import { type Mixed, valuesOf } from './mixer.ts';

/** Columns of every mixed table. */
export const mixedSchema = 'k BIGINT, w INT, g INT, v BIGINT';

/** What became of a mix. */
export interface Judged {
  readonly rows: number;
  readonly compared: number;
}

/**
 * Replays `done` and compares with the table: at the end and at some versions before, by time travel and by
 * its change feed where it keeps one.
 *
 * An operation may be one place earlier in the serial order than its version: rows that were only appended
 * after it had looked are not its (`WriteSerializable`). So each row knows since which version it is there,
 * and each operation which version it was planned on.
 *
 * @param strict no such rows may exist: the table is `Serializable`.
 * @throws when the table differs, with the first rows that do.
 */
export async function judge(
  table: string,
  done: readonly Mixed[],
  about: { readonly feed: boolean; readonly strict: boolean; readonly everyVersions: number },
): Promise<Judged> {
  await using database = await Database.open();
  await using session = await database.session();
  await session.run('CREATE TABLE model (k BIGINT, w INT, g INT, v BIGINT, born BIGINT)');
  const landed = done.filter(({ version }) => version !== undefined);
  landed.sort((a, b) => (a.version as number) - (b.version as number));
  let compared = 0;
  if (about.feed) {
    const { sql } = await (await DeltaTable.open(table)).changes({ fromVersion: 0 });
    await session.run(`CREATE TABLE feed AS SELECT * FROM (${sql})`);
  }
  for (const [index, each] of landed.entries()) {
    const version = each.version as number;
    const looked = about.strict ? version - 1 : (readVersionOf(table, version) ?? version - 1);
    for (const sql of replayed(each, version, looked)) await session.run(sql);
    if (index % about.everyVersions !== about.everyVersions - 1 && index !== landed.length - 1) continue;
    compared += 1;
    const { sql } = await (await DeltaTable.open(table, { version })).relation();
    await assertSame(session, `${table} at version ${version}`, `SELECT k, w, g, v FROM (${sql})`);
    if (!about.feed) continue;
    const fed = `SELECT k, w, g, v, sum(CASE WHEN _change_type IN ('insert', 'update_postimage') THEN 1 ELSE -1 END) AS n FROM feed WHERE _commit_version <= ${version} GROUP BY ALL HAVING n <> 0`;
    await assertSame(
      session,
      `the change feed of ${table} up to version ${version}`,
      `SELECT k, w, g, v FROM (${fed}), range(CAST(n AS BIGINT)) WHERE n > 0 UNION ALL SELECT NULL, NULL, NULL, NULL FROM (${fed}) WHERE n < 0`,
    );
  }
  await assertRowIds(session, table);
  const rows = Number(await session.value('SELECT count(*) FROM model'));
  return { rows, compared };
}

/** What `each` does to the model, whose rows it sees when they were there at `looked`. */
function replayed({ kind, writer, n }: Mixed, version: number, looked: number): string[] {
  const values = valuesOf(writer, n);
  const seen = `born <= ${looked}`;
  const insert = (query: string): string => `INSERT INTO model SELECT *, ${version} FROM (${query})`;
  switch (kind) {
    case 'append':
      return [insert(values.rows(3))];
    case 'own-update':
      return [`UPDATE model SET v = ${values.set} WHERE ${seen} AND ${values.own}`];
    case 'shared-update':
      return [`UPDATE model SET v = ${values.set} WHERE ${seen} AND ${values.shared}`];
    case 'own-delete':
      return [`DELETE FROM model WHERE ${seen} AND ${values.ownDeleted}`];
    case 'shared-delete':
      return [`DELETE FROM model WHERE ${seen} AND ${values.sharedDeleted}`];
    case 'merge':
      return [
        `CREATE OR REPLACE TEMP TABLE fresh AS SELECT * FROM (${values.source}) AS s WHERE NOT EXISTS (SELECT 1 FROM model AS m WHERE m.k = s.k AND ${seen})`,
        `UPDATE model SET v = (model.v * 3 + s.v + 1) % 1000003, w = s.w FROM (${values.source}) AS s WHERE model.k = s.k AND ${seen}`,
        insert('SELECT * FROM fresh'),
      ];
    case 'replace':
      return [`DELETE FROM model WHERE ${values.group}`, insert(values.rows(2, values.groupNumber))];
    case 'overwrite':
      return ['DELETE FROM model', insert(values.rows(8))];
    case 'compact':
      return [];
  }
}

async function assertSame(session: Session, what: string, query: string): Promise<void> {
  const model = 'SELECT k, w, g, v FROM model';
  const differing = `SELECT 'too many' AS problem, * FROM (${query} EXCEPT ALL ${model}) UNION ALL SELECT 'missing', * FROM (${model} EXCEPT ALL (${query})) LIMIT 10`;
  const { rows } = await session.query(differing);
  if (rows.length > 0) {
    throw new Error(`${what} differs from the serial replay: ${rows.map((row) => row.join(' ')).join('; ')}`);
  }
}

async function assertRowIds(session: Session, table: string): Promise<void> {
  const { snapshot, storage } = await TableHandle.open(table);
  if (snapshot.metadata.configuration.get('delta.enableRowTracking') !== 'true') return;
  const { sql } = await scanFiles(snapshot, storage, { rowTracking: true });
  const { rows } = await session.query(`SELECT count(*), count(DISTINCT ${rowIdColumn}) FROM (${sql})`);
  const [all, distinct] = rows[0] ?? [];
  if (all !== distinct) throw new Error(`${table} has ${all} rows, and ${distinct} row ids`);
}

/** The version that the commit says it was planned on. */
function readVersionOf(table: string, version: number): number | undefined {
  const file = join(table, '_delta_log', `${String(version).padStart(20, '0')}.json`);
  const [first = ''] = readFileSync(file, 'utf8').split('\n', 1);
  return (JSON.parse(first) as { commitInfo: { readVersion?: number } }).commitInfo.readVersion;
}
