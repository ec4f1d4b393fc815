/**
 * The portable file: a DuckDB database of views over exactly the files of one generation.
 *
 * Anything that opens DuckDB files of 1.4 or later reads it, read-only and without extensions. A file
 * of views only is built fresh each time, because a DuckDB file that once held tables keeps their
 * free blocks. One that keeps tables begins as a copy of the file that has them.
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BoathouseError, type Random, systemRandom } from '../base/index.ts';
import { Database, quoteLiteral, quotePath, type Session } from '../duckdb/index.ts';
import { catalogErrors } from './errors.ts';
import { type CatalogRelation, type Generation, relationKey } from './generation.ts';
import { copyPublished, replacePublished } from './published-file.ts';
import { createViews, type ViewOutcome } from './views.ts';

/** How the file is built. */
export interface CatalogFileOptions {
  /** The database whose relations are wanted: the name others will see, the stem of `path`. */
  readonly database: string;
  /** Absolute path of the published file. */
  readonly path: string;
  /** A DuckDB file with the tables to keep, not open for writing. It is copied. Fresh when left out. */
  readonly tablesFrom?: string;
  readonly random?: Random;
}

/** A file that stands at its place. */
export interface CatalogFile extends ViewOutcome {
  readonly path: string;
  readonly sizeBytes: number;
}

/** A finished file that nobody sees yet. */
export interface StagedCatalogFile extends ViewOutcome {
  /** Renames it into place. @throws catalog.unwritable-file */
  publish(): Promise<CatalogFile>;
  /** Removes it, unless it was published. Always to be called. */
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
  const { path, random = systemRandom } = options;
  const folder = join(dirname(path), '_boathouse', 'work', random.uuid());
  const staged = join(folder, 'catalog.duckdb');
  const discard = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await mkdir(folder, { recursive: true });
    if (options.tablesFrom !== undefined) await copyPublished(options.tablesFrom, staged);
    const outcome = await fill(staged, generation, options);
    const publish = async (): Promise<CatalogFile> => {
      const { size } = await stat(staged);
      await replacePublished(staged, path);
      return { ...outcome, path, sizeBytes: size };
    };
    return { ...outcome, publish, discard };
  } catch (cause) {
    await discard().catch(() => undefined);
    if (cause instanceof BoathouseError) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw catalogErrors['unwritable-file']({ path, problem }, { cause });
  }
}

async function fill(
  staged: string,
  generation: Pick<Generation, 'relations'>,
  { database, tablesFrom }: CatalogFileOptions,
): Promise<ViewOutcome> {
  const engine = await Database.open({});
  try {
    const session = await engine.session();
    const name = quotePath([database]);
    // The oldest storage format that DuckDB 1.4 and later share; no log, because nobody else has the file.
    const options = `recovery_mode 'no_wal_writes'${tablesFrom === undefined ? ", storage_version 'v1.0.0'" : ''}`;
    if (database.toLowerCase() !== 'memory') {
      await session.run(`attach ${quoteLiteral(staged)} as ${name} (${options})`);
    }
    await session.run(`use ${name}`);
    const relations = generation.relations.filter((relation) => sameName(relation.database, database));
    if (tablesFrom !== undefined) await dropOthers(session, database, relations);
    const outcome = await createViews(session, relations);
    await session.run(`use memory; detach ${name}`);
    session.release();
    return outcome;
  } finally {
    await engine.close();
  }
}

/**
 * Drops the views of the copied file that the generation doesn't have, and tables whose name it has
 * for something else. Other tables stay, also those it doesn't know: somebody may have made one in
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
    `select schema_name, view_name, 'view' from duckdb_views() where ${own}
union all select schema_name, table_name, 'table' from duckdb_tables() where ${own}`,
  );
  for (const [schema, relation, kind] of rows) {
    const name = { database, schema: String(schema), name: String(relation) };
    const kept = wanted.get(relationKey(name));
    const isStale =
      kind === 'view' ? kept === undefined || kept.sql === null : kept !== undefined && kept.sql !== null;
    if (isStale)
      await session.run(`drop ${String(kind)} if exists ${quotePath([database, name.schema, name.name])}`);
  }
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
