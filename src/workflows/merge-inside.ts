/** Tables inside the published file: those that a branch changed, in a copy of the file of the other side. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CatalogRelation, Generation, RelationDifference } from '../catalog/index.ts';
import { Database, quoteIdentifier, quoteLiteral, quotePath, type Session } from '../duckdb/index.ts';
import type { Lake } from './lake.ts';
import { type BaseFile, openBase } from './past-catalog.ts';

/** Files that are built for a merge, until they are removed. */
export interface MergedInside {
  /** A file with the tables of `newest`, and those that the branch changed as the branch has them. */
  build(newest: Generation | undefined): Promise<BaseFile>;
  remove(): Promise<void>;
}

/** @throws workflows.tables-not-kept */
export async function mergeTablesInside(
  own: Lake,
  generation: Generation,
  into: Lake,
  changed: readonly RelationDifference[],
): Promise<MergedInside> {
  const folder = await mkdtemp(join(tmpdir(), 'boathouse-merge-'));
  const branch = await openBase(own, generation);
  let builds = 0;
  return {
    build: async (newest) => {
      builds += 1;
      const file = join(folder, `${builds}.duckdb`);
      const theirs = newest && (await openBase(into, newest));
      if (theirs !== undefined) await copyFile(theirs.path, file).finally(() => theirs.release());
      await fill(file, branch?.path, into.database, changed);
      return { path: file, views: theirs?.views ?? [] };
    },
    remove: async () => {
      await branch?.release();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fill(
  file: string,
  from: string | undefined,
  database: string,
  changed: readonly RelationDifference[],
): Promise<void> {
  const engine = await Database.open({});
  const name = quoteIdentifier(database);
  try {
    const session = await engine.session();
    // The oldest format is read by all later ones.
    await session
      .run(`attach ${quoteLiteral(file)} as ${name} (storage_version 'v1.0.0')`)
      .catch(() => session.run(`attach ${quoteLiteral(file)} as ${name}`));
    if (from !== undefined) await session.run(`attach ${quoteLiteral(from)} as ${source} (read_only)`);
    for (const { before, after } of changed) {
      if (before?.kind === 'table') {
        await session.run(`drop table if exists ${quotePath([database, before.schema, before.name])}`);
      }
      if (after?.kind === 'table') await copyTable(session, database, after);
    }
    await session.run(`checkpoint ${name}`);
    session.release();
  } finally {
    await engine.close();
  }
}

const source = '"boathouse_branch"';

/** Made by its own statement, so that constraints and defaults come along. */
async function copyTable(session: Session, database: string, table: CatalogRelation): Promise<void> {
  const { schema, name } = table;
  const target = quotePath([database, schema, name]);
  await session.run(
    `create schema if not exists ${quotePath([database, schema])}; use ${quotePath([database, schema])}`,
  );
  const { rows } = await session.query(
    `select sql from duckdb_tables() where database_name = 'boathouse_branch' and schema_name = ${quoteLiteral(schema)} and table_name = ${quoteLiteral(name)}`,
  );
  await session.run(`drop view if exists ${target}`).catch(() => undefined);
  await session.run(`drop table if exists ${target}`);
  await session.run(String(rows[0]?.[0] ?? ''));
  await session.run(`insert into ${target} select * from ${source}.${quotePath([schema, name])}`);
  if (table.comment !== null)
    await session.run(`comment on table ${target} is ${quoteLiteral(table.comment)}`);
  for (const column of table.columns) {
    if (column.comment === null) continue;
    const path = `${target}.${quoteIdentifier(column.name)}`;
    await session.run(`comment on column ${path} is ${quoteLiteral(column.comment)}`);
  }
}
