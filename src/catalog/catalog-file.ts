/**
 * The portable file: a DuckDB database of views over exactly the files of one generation.
 *
 * Anything that opens DuckDB files of 1.4 or later reads it, read-only and without extensions. A file
 * of views only is built fresh each time, because a DuckDB file that once held tables keeps their
 * free blocks. One that keeps tables begins as a copy of the file that has them, and is written anew
 * when more of it is free than used.
 */
import { rename, rm, stat } from 'node:fs/promises';
import { BoathouseError, type Random, systemRandom } from '../base/index.ts';
import { Database, quoteLiteral, quotePath, type Session } from '../duckdb/index.ts';
import { catalogErrors } from './errors.ts';
import { namesBucket } from './file-calls.ts';
import { type CatalogRelation, type Generation, type PublishedFile, relationKey } from './generation.ts';
import { copyPublished } from './published-file.ts';
import { type PublishedPlace, publishedPlace } from './published-place.ts';
import { asIs, readsBucket, StandIns } from './stand-ins.ts';
import { createViews, type ViewOutcome } from './views.ts';

/** How the file is built. */
export interface CatalogFileOptions {
  /** The database whose relations are wanted: the name others will see, the stem of `path`. */
  readonly database: string;
  /** The published file, named in errors: an absolute path, unless `place` is given. */
  readonly path: string;
  /** The place of the published file; the folder of `path` unless given. */
  readonly place?: PublishedPlace;
  /** A DuckDB file with the tables to keep, not open for writing. It is copied. Fresh when left out. */
  readonly tablesFrom?: string;
  /**
   * Whether the view of `relation` in `tablesFrom` is as it should be, if one is there. Views over files in a
   * bucket aren't made again without need, because making one asks for the columns of its files.
   */
  readonly isKept?: (relation: CatalogRelation) => boolean;
  /**
   * The engine to build it in, with whatever views may need: attached databases, secrets, extensions.
   * It has nothing attached as `database`. One of its own when left out.
   */
  readonly engine?: Database;
  readonly random?: Random;
}

/** A file that stands at its place. */
export interface CatalogFile extends ViewOutcome {
  readonly path: string;
  readonly sizeBytes: number;
}

/** A finished file that nobody sees yet. */
export interface StagedCatalogFile extends ViewOutcome {
  /** How a generation names it, but for its tables. */
  readonly state: Pick<PublishedFile, 'staged' | 'fingerprint'>;
  /** Puts it in place. @param generation that names it. @throws catalog.unwritable-file */
  publish(generation?: Generation): Promise<CatalogFile>;
  /** Removes it, unless it was published. To be called unless a generation names it. */
  discard(): Promise<void>;
}

/**
 * Builds the file for `generation` and renames it into place. Readers of the file that was there
 * keep it; a failure leaves it untouched.
 *
 * @throws catalog.unwritable-file
 */
export async function buildCatalogFile(
  generation: Pick<Generation, 'relations'>,
  options: CatalogFileOptions,
): Promise<CatalogFile> {
  const staged = await stageCatalogFile(generation, options);
  try {
    return await staged.publish();
  } finally {
    await staged.discard();
  }
}

/**
 * Builds the file for `generation` beside its place, so that whatever can fail has failed before
 * anything is published.
 *
 * @throws catalog.unwritable-file, catalog.unreadable-file
 */
export async function stageCatalogFile(
  generation: Pick<Generation, 'relations'>,
  options: CatalogFileOptions,
): Promise<StagedCatalogFile> {
  const { path, random = systemRandom, place = publishedPlace(path) } = options;
  const draft = await place.draft(random);
  const discard = (): Promise<void> => draft.discard();
  try {
    if (options.tablesFrom !== undefined) await copyPublished(options.tablesFrom, draft.file);
    const outcome = await fill(draft.file, generation, options);
    const { size } = await stat(draft.file);
    const state = await draft.finish();
    const publish = async (named?: Generation): Promise<CatalogFile> => {
      await draft.publish(named);
      return { ...outcome, path, sizeBytes: size };
    };
    return { ...outcome, state, publish, discard };
  } catch (cause) {
    await discard().catch(() => undefined);
    if (cause instanceof BoathouseError && !cause.code.startsWith('duckdb.')) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw catalogErrors['unwritable-file']({ path, problem }, { cause });
  }
}

async function fill(
  staged: string,
  generation: Pick<Generation, 'relations'>,
  { database, tablesFrom, engine: given, isKept = () => false }: CatalogFileOptions,
): Promise<ViewOutcome> {
  const engine = given ?? (await Database.open({}));
  const session = await engine.session();
  const name = quotePath([database]);
  try {
    await attach(session, staged, name, tablesFrom === undefined);
    const relations = generation.relations.filter((relation) => sameName(relation.database, database));
    if (tablesFrom !== undefined) {
      await dropOthers(session, database, relations);
      if (await isMostlyFree(session, name, database)) {
        // A copy would have to find the files of each view that is to be made anew.
        const isRemote = relations.some(readsBucket);
        if (!isRemote) await dropViews(session, database);
        await compact(session, staged, name);
      }
    }
    const there = tablesFrom === undefined ? new Map<string, string>() : await viewsIn(session, database);
    const wanted = relations.filter((relation) => {
      const text = there.get(relationKey(relation));
      // A run may read a view over copies of the files on its own machine.
      const isWhole = text !== undefined && (!readsBucket(relation) || namesBucket(text));
      return !(isWhole && isKept(relation));
    });
    const standIns =
      wanted.some((relation) => relation.sql !== null) && relations.some(readsBucket)
        ? await StandIns.begin(engine, session, relations)
        : undefined;
    const outcome = await createViews(session, wanted, standIns);
    await standIns?.end();
    return { ...outcome, made: outcome.made + relations.length - wanted.length };
  } finally {
    await session.run(`${asIs}use memory; detach database if exists ${name}`).catch(() => undefined);
    session.release();
    if (!given) await engine.close();
  }
}

/** Nobody else has the file, so it needs no write-ahead log; the oldest format is read by all later ones. */
async function attach(session: Session, file: string, name: string, isNew: boolean): Promise<void> {
  const options = `recovery_mode 'no_wal_writes'${isNew ? ", storage_version 'v1.0.0'" : ''}`;
  await session.run(`${asIs}attach ${quoteLiteral(file)} as ${name} (${options}); use ${name}`);
}

/** Whether more blocks of the file are free than used, and enough for a copy to be worth its while. */
async function isMostlyFree(session: Session, name: string, database: string): Promise<boolean> {
  await session.run(`${asIs}checkpoint ${name}`);
  const { rows } = await session.query(
    `${asIs}select block_size * free_blocks, block_size * used_blocks from pragma_database_size()
where lower(database_name) = lower(${quoteLiteral(database)})`,
  );
  const [freeBytes = 0, usedBytes = 0] = (rows[0] ?? []).map(Number);
  return freeBytes > usedBytes && freeBytes > 1024 * 1024;
}

/**
 * Writes the tables to a fresh file that takes the place of `staged`. A file with something that only a
 * newer format can hold stays as it is.
 */
async function compact(session: Session, staged: string, name: string): Promise<void> {
  const fresh = `${staged}.fresh`;
  try {
    await attach(session, fresh, '"boathouse_fresh"', true);
    await session.run(`${asIs}copy from database ${name} to "boathouse_fresh"`);
  } catch (error) {
    if (!(error instanceof BoathouseError)) throw error;
    await session.run(`${asIs}use ${name}; detach database if exists "boathouse_fresh"`);
    await rm(fresh, { force: true });
    return;
  }
  await session.run(`${asIs}use memory; detach "boathouse_fresh"; detach ${name}`);
  await rename(fresh, staged);
  await attach(session, staged, name, false);
}

/** The texts of the file's views. */
async function viewsIn(session: Session, database: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await session.query(
    `${asIs}select schema_name, view_name, sql from duckdb_views()
where not internal and lower(database_name) = lower(${quoteLiteral(database)})`,
  );
  return new Map(
    rows.map(([schema, name, sql]) => [
      relationKey({ database, schema: String(schema), name: String(name) }),
      String(sql),
    ]),
  );
}

async function dropViews(session: Session, database: string): Promise<void> {
  const { rows } = await session.query(
    `${asIs}select schema_name, view_name from duckdb_views() where not internal and lower(database_name) = lower(${quoteLiteral(database)})`,
  );
  for (const [schema, view] of rows) {
    await session.run(`${asIs}drop view if exists ${quotePath([database, String(schema), String(view)])}`);
  }
}

/**
 * Drops the views and macros of the copied file that the generation doesn't have, and tables whose name
 * it has for something else. Other tables stay, also those it doesn't know: somebody may have made one in
 * the published file by hand.
 */
async function dropOthers(
  session: Session,
  database: string,
  relations: readonly CatalogRelation[],
): Promise<void> {
  const wanted = new Map(relations.map((relation) => [relationKey(relation), relation]));
  const own = `not internal and lower(database_name) = lower(${quoteLiteral(database)})`;
  const { rows } = await session.query(
    `${asIs}select schema_name, view_name, 'view' from duckdb_views() where ${own}
union all select schema_name, table_name, 'table' from duckdb_tables() where ${own}
union select schema_name, function_name, if(function_type = 'macro', 'macro', 'macro table')
from duckdb_functions() where ${own} and function_type in ('macro', 'table_macro')`,
  );
  for (const [schema, relation, kind] of rows) {
    const name = { database, schema: String(schema), name: String(relation) };
    const kept = wanted.get(relationKey(name));
    const isStale =
      kind === 'table' ? kept !== undefined && kept.sql !== null : kept === undefined || kept.sql === null;
    if (isStale)
      await session.run(
        `${asIs}drop ${String(kind)} if exists ${quotePath([database, name.schema, name.name])}`,
      );
  }
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
