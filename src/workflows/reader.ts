/**
 * Reading what runs have published: a DuckDB of our own in memory, with the catalog attached read-only.
 *
 * The published file is never opened for writing and never locked: a run may replace it at any moment,
 * and a reader keeps the file that it opened.
 */
import { existsSync } from 'node:fs';
import { join, parse, resolve } from 'node:path';
import { isBoathouseError, keepSecrets } from '../base/index.ts';
import { Database, quoteIdentifier, quoteLiteral, type Session } from '../duckdb/index.ts';
import type { AttachProfile, Project } from '../project/index.ts';
import {
  configureCache,
  engineAccess,
  type Mount,
  openMount,
  type StorageOptions,
  storageAccess,
} from '../storage/index.ts';
import {
  type DeltaCall,
  type OpenedTable,
  openDeltaCall,
  RemoteRelations,
  rewriteDeltaScans,
  rewriteTimeTravel,
} from '../tables/index.ts';
import { openCatalogCopy, remoteRelations } from './catalog-copy.ts';
import { CatalogTables, type ReaderAccess } from './catalog-tables.ts';
import { otherDatabases } from './defer.ts';
import { workflowErrors } from './errors.ts';
import { findProjectDir } from './find-project.ts';
import { readerEngine } from './lake-engine.ts';
import type { ProjectOptions } from './options.ts';
import type { PastCatalog } from './past-catalog.ts';
import { readProjectOnly } from './read-project.ts';

/** Where to read. */
export interface ReaderOptions extends ProjectOptions {
  /** A published catalog. Else the one of the project's target; without a project none. */
  readonly catalog?: string | undefined;
  /** The lake as it was: a generation's number, or a point in time. As it is unless given. */
  readonly asOf?: string | undefined;
  /** False: a project that has published nothing is no error until something is asked for by name. True unless given. */
  readonly needsCatalog?: boolean | undefined;
}

/** An open reader. */
export interface Reader {
  readonly session: Session;
  /** Absolute path of the catalog; undefined when reading without one. */
  readonly catalog: string | undefined;
  /** The catalog's Delta tables, by their names. */
  readonly tables: CatalogTables;
  /**
   * `sql` with Delta tables by their places, at versions of the past, and in `delta_scan('…')` replaced by what
   * their logs say.
   */
  resolve(sql: string): Promise<string>;
  /**
   * `error`, which what was resolved ended with: the data file's own where a Delta table's file is the reason,
   * `workflows.no-catalog` where something has a name and the project has published nothing.
   */
  explain(error: unknown): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * Opens the catalog that `options` name.
 *
 * @throws workflows.no-catalog when nothing has been published there; project.*, duckdb.*
 */
export async function openReader(options: ReaderOptions): Promise<Reader> {
  keepSecrets(options.env ?? process.env);
  if (options.asOf !== undefined) {
    const { openPastReader } = await import('./past-reader.ts');
    return await openPastReader(options, options.asOf);
  }
  if (options.catalog !== undefined && options.branch !== undefined) {
    const { openLake } = await import('./lake.ts');
    const { branch: _, ...rest } = options;
    return await openReader({ ...rest, catalog: (await openLake(options)).file });
  }
  return await openReaderOf(options, undefined);
}

/**
 * As `openReader`, with `past` in the place of the published file where it is given.
 *
 * @throws as `openReader`
 */
export async function openReaderOf(options: ReaderOptions, past: PastCatalog | undefined): Promise<Reader> {
  const project = options.catalog === undefined ? await projectOf(options) : undefined;
  const given = options.catalog;
  const published =
    given === undefined ? project?.profile.catalogPlace : isRemotePlace(given) ? given : resolve(given);
  const wanted = past?.path ?? published;
  // A catalog in a bucket is come to as the project comes to buckets, unless it is said how.
  const isElsewhere = given !== undefined && isRemotePlace(given) && options.storageOptions === undefined;
  const home = isElsewhere ? await projectOf(options) : project;
  const access = accessFor(home, options.storageOptions);
  const copy =
    past !== undefined
      ? { file: past.path, isOwn: true, generation: past.generation, release: async () => undefined }
      : wanted === undefined
        ? undefined
        : await openCatalogCopy(wanted, access.optionsFor(wanted));
  const isThere = copy !== undefined;
  if (
    (options.catalog !== undefined || (project !== undefined && options.needsCatalog !== false)) &&
    !isThere
  ) {
    throw workflowErrors['no-catalog']({ path: wanted ?? project?.profile.path ?? '' });
  }
  const unpublished = project === undefined || isThere ? undefined : (wanted ?? project.profile.path);
  const catalog = isThere ? wanted : undefined;
  const alias =
    project?.profile.ownDatabase ?? (catalog === undefined ? '' : parse(catalog).name.split('.')[0]!);
  const engine = readerEngine(home?.profile);
  const attach = project === undefined ? [] : engine.attach;
  // What is the reader's own may be written to: views are made anew there.
  if (copy !== undefined) attach.unshift({ path: copy.file, alias, readOnly: !copy.isOwn });
  const remote = new RemoteRelations(
    () => access.mount(),
    (uri) => engineAccess(uri, home === undefined && !options.storageOptions ? undefined : access),
  );
  if (copy?.isOwn) for (const relation of remoteRelations(copy, alias, alias)) remote.register(relation);
  const database = await Database.open({
    ...engine,
    attach,
    beforeStatement: remote.hook,
    restoreText: remote.restore,
  }).catch(async (error: unknown) => {
    await copy?.release();
    throw error;
  });
  const close = async (): Promise<void> => {
    await database.close();
    await remote.close();
    await copy?.release();
  };
  try {
    const session = await database.session();
    const schema = project?.profile.schema ?? 'main';
    if (catalog !== undefined) await useCatalog(session, [project?.profile.database ?? alias, alias], schema);
    if (catalog !== undefined && project !== undefined) {
      await attachDeferredDatabases(session, alias, otherDatabases(project, options));
    }
    const opened: OpenedTable[] = [];
    const tables = new CatalogTables(
      catalog === undefined ? undefined : { path: catalog, database: alias, schemas: [schema, 'main'] },
      past?.generation ?? copy?.generation,
      access,
    );
    return {
      session,
      catalog,
      tables,
      resolve: async (sql) => {
        const place = (parts: readonly string[]): Promise<string> =>
          tables.locate({ kind: 'name', parts }, 'VERSION AS OF');
        const open = async (call: DeltaCall): Promise<OpenedTable> => {
          const place = await placed(call, tables);
          const table = await openDeltaCall(place, access.optionsFor(place.uri));
          opened.push(table);
          return table;
        };
        return rewriteDeltaScans(await rewriteTimeTravel(sql, place), open, session);
      },
      explain: async (error) => {
        if (unpublished !== undefined && isAboutName(error)) {
          return workflowErrors['no-catalog']({ path: unpublished }, { cause: error });
        }
        let explained = error;
        for (const table of opened) explained = await table.explain(explained);
        return explained;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * How a reader comes to storage: as the project's profile says, else as the environment does.
 *
 * @param given over the environment, where there is no project; one has them in its profile already.
 */
export function accessFor(
  project: Pick<Project, 'profile'> | undefined,
  given: StorageOptions = {},
): ReaderAccess {
  if (project === undefined) {
    const optionsFor = (uri: string): StorageOptions => (isRemotePlace(uri) ? given : {});
    const isGiven = Object.keys(given).length > 0;
    return { optionsFor, mount: () => openMount(isGiven ? optionsFor : undefined) };
  }
  const { secrets, settings, lakehouse } = project.profile;
  const { storageOptions, caFile, cache } = lakehouse;
  configureCache(cache);
  const access = storageAccess({ secrets, settings, storageOptions, caFile });
  const mount = async (): Promise<Mount | undefined> => {
    const { mountOf } = await import('../targets/index.ts');
    return await mountOf(project.profile, access);
  };
  return { ...access, mount };
}

function isRemotePlace(place: string): boolean {
  return /^s3[an]?:\/\//i.test(place);
}

/** `table_changes('silver.orders', 0)` is about a table of the catalog, unless a table stands at that path. */
async function placed(call: DeltaCall, tables: CatalogTables): Promise<DeltaCall> {
  if (call.kind !== 'changes' || /[/\\]/.test(call.uri) || existsSync(join(call.uri, '_delta_log')))
    return call;
  const parts = call.uri.split('.').map((part) => part.replace(/^(["`])(.*)\1$/, '$2'));
  if ((await tables.find(parts)) === undefined) return call;
  return { ...call, uri: await tables.locate({ kind: 'name', parts }, 'table_changes') };
}

/** Whether `error` says that there is no relation, schema or database of a name. */
function isAboutName(error: unknown): boolean {
  if (isBoathouseError(error, 'tables.unknown-table')) return true;
  return (
    (isBoathouseError(error, 'duckdb.catalog') || isBoathouseError(error, 'duckdb.binder')) &&
    /\b(?:(?:Table|Schema) with name .* does not exist|Catalog "[^"]*" does not exist)/.test(error.message)
  );
}

/** Bare names are looked for in the target's schema first, then in `main`, of each database in turn. */
async function useCatalog(session: Session, databases: readonly string[], schema: string): Promise<void> {
  const path: string[] = [];
  for (const database of new Set(databases)) {
    const known = await session.query(
      `SELECT schema_name FROM duckdb_schemas() WHERE database_name = ${quoteLiteral(database)} AND schema_name = ${quoteLiteral(schema)}`,
    );
    const first = known.rows.length > 0 ? schema : 'main';
    for (const name of new Set([first, 'main']))
      path.push(`${quoteIdentifier(database)}.${quoteIdentifier(name)}`);
  }
  await session.run(`SET search_path = ${quoteLiteral(path.join(','))}`);
}

/**
 * Attaches those of `others` that views of the catalog name: a run with `--defer` made them. One that can't be
 * attached is left out, and who asks for such a view hears of it then.
 */
async function attachDeferredDatabases(
  session: Session,
  alias: string,
  others: readonly AttachProfile[],
): Promise<void> {
  const there = others.filter(({ path }) => existsSync(path));
  if (there.length === 0) return;
  const { rows } = await session.query(
    `SELECT lower(string_agg(sql, ' ')) FROM duckdb_views() WHERE database_name = ${quoteLiteral(alias)} AND NOT internal`,
  );
  const views = String(rows[0]?.[0] ?? '');
  for (const other of there) {
    const names = [other.alias, quoteIdentifier(other.alias)].map((name) => `${name.toLowerCase()}.`);
    if (!names.some((name) => views.includes(name))) continue;
    await session
      .run(`ATTACH ${quoteLiteral(other.path)} AS ${quoteIdentifier(other.alias)} (READ_ONLY)`)
      .catch(() => undefined);
  }
}

/** The project that `options` name, or that the process is in; undefined where there is none. */
export async function projectOf(options: ProjectOptions): Promise<Project | undefined> {
  const projectDir = findProjectDir(options.projectDir);
  const named =
    options.projectDir !== undefined || options.target !== undefined || options.profile !== undefined;
  if (!named && !existsSync(join(projectDir, 'dbt_project.yml'))) return undefined;
  return await readProjectOnly(options);
}
