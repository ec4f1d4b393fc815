/**
 * The working database of a run: a private DuckDB database under the published one's name.
 *
 * It begins as a copy of the published file, so every relation that is published is there, tables
 * with their rows and the rest as views over the files that the newest generation pins. Nobody else
 * can see it or wait for it. Its write-ahead log is off: a crash loses nothing that was published.
 */
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { BoathouseError, type Random } from '../base/index.ts';
import {
  type BranchPlace,
  branchPlaceOf,
  type CatalogRelation,
  catalogErrors,
  createStatement,
  logOf,
  type PublishedCopy,
  pinName,
} from '../catalog/index.ts';
import type { ExistingRelation, RelationKind, RelationName } from '../compiler/index.ts';
import { Database, type DatabaseOptions, quoteLiteral, quotePath } from '../duckdb/index.ts';
import { engineAccess, type Mount } from '../storage/index.ts';
import { RemoteRelations } from '../tables/index.ts';
import { DeltaVersions } from './delta-versions.ts';
import { Mutex } from './mutex.ts';
import { removePins } from './output-leftovers.ts';
import { LakehouseSession } from './session.ts';
import { isBucketPlace, type StorageAccess } from './storage-access.ts';

/** What the run knows of a relation it made or found that DuckDB's own catalog can't say. */
export interface RelationFacts {
  /** What templates are told it is. */
  readonly shown: RelationKind;
  readonly catalogKind: CatalogRelation['kind'];
  readonly location: string | null;
  readonly format: string | null;
  readonly deltaVersion: number | null;
  readonly pins: readonly string[];
  /** The SELECT of its view, when we wrote it. */
  readonly sql: string | null;
  readonly uniqueId: string | null;
}

/** How a working database is opened. */
export interface WorkingOptions {
  readonly engine: DatabaseOptions;
  readonly database: string;
  readonly root: string;
  /** The private copy; undefined for a target in memory. */
  readonly private: PrivateCopy | undefined;
  readonly access: StorageAccess;
  /** Where files of buckets are read from, if from copies on this machine. */
  readonly mount: () => Promise<Mount | undefined>;
  /** The catalog that this run's pins are of. */
  readonly catalogUri: string;
  readonly onWarning: (code: string, message: string) => void;
}

/** A copy of the published file for one run alone. */
export interface PrivateCopy {
  /** A folder of the run's own, removed with it. */
  readonly folder: string;
  /** Where the copy is, or will be made. */
  readonly file: string;
  /** What was copied; undefined when nothing was published. */
  readonly copy: PublishedCopy | undefined;
  /** The published file, named in errors. */
  readonly published: string;
}

/** The working database of one run. */
export class WorkingDatabase {
  readonly database: string;
  /** How this run opens storage. */
  readonly access: StorageAccess;
  readonly delta: DeltaVersions;
  /** The branch that the run works on; undefined for the main one. */
  readonly branch: BranchPlace | undefined;
  /** Files in buckets, as statements see them. */
  readonly remote: RemoteRelations;
  /** Taken by statements that change the catalog. */
  readonly catalogTurn: Mutex = new Mutex();
  /** Noted in commits that statements make. */
  commitMetadata: Readonly<Record<string, string>> = {};
  /** Asked before a table is changed that isn't temporary: it may be another run's turn. */
  onTablesChange: (() => Promise<void>) | undefined;
  readonly #engine: Database;
  readonly #private: PrivateCopy | undefined;
  readonly #catalogUri: string;
  #tablesChanged = false;
  #isAttached = true;
  /** Locations of the external outputs that this run wrote. */
  readonly #locations = new Set<string>();
  readonly #facts = new Map<string, RelationFacts>();
  readonly #missing = new Map<string, BoathouseError>();
  /** Pinned files that no catalog will know of. */
  readonly #folders: string[] = [];
  /** The relations of this database by name, as long as only plans have changed them. */
  #index: Map<string, ExistingRelation> | undefined;
  /** Whatever this run made or made again, whether or not its text changed. */
  readonly #touched = new Set<string>();

  /** Views of the catalog over files in buckets, that statements of this run haven't made anew. */
  readonly #published = new Map<string, { sql: string }>();

  private constructor(options: WorkingOptions, engine: Database, remote: RemoteRelations) {
    this.remote = remote;
    this.database = options.database;
    this.branch = branchPlaceOf(options.catalogUri);
    this.access = options.access;
    this.delta = new DeltaVersions(options.root, options.access);
    this.#engine = engine;
    this.#private = options.private;
    this.#catalogUri = options.catalogUri;
  }

  /** Opens a working database with everything that is published in it. @throws catalog.unreadable-file */
  static async open(options: WorkingOptions): Promise<WorkingDatabase> {
    const { access } = options;
    const remote = new RemoteRelations(options.mount, (uri) => engineAccess(uri, access));
    const engine = await Database.open({
      ...options.engine,
      beforeStatement: remote.hook,
      restoreText: remote.restore,
    });
    try {
      if (options.private !== undefined) await attachCopy(engine, options, options.private);
      else if (options.database !== 'memory')
        await run(engine, `attach ':memory:' as ${quotePath([options.database])}`);
      return new WorkingDatabase(options, engine, remote);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  /** The private file when this run changed tables in it: those are to be published. */
  get changedFile(): string | undefined {
    return this.#tablesChanged ? this.#private?.file : undefined;
  }

  /** Locations of the external outputs that this run wrote. */
  get locations(): readonly string[] {
    return [...this.#locations];
  }

  /**
   * A statement is about to change a table: waits until it is this run's turn.
   *
   * @throws targets.tables-overtaken when others changed tables since this run began, catalog.lease-timeout
   */
  async claimTables(): Promise<void> {
    await this.onTablesChange?.();
    this.#tablesChanged = true;
  }

  /** Everything that this run did so far is published. */
  settled(): void {
    this.#tablesChanged = false;
    this.#touched.clear();
  }

  /** A name for the files that an output gets in this run. */
  pinName(random: Random): string {
    return pinName(this.#catalogUri, random);
  }

  /** DuckDB's version, such as `1.5.5`. */
  async version(): Promise<string> {
    const session = await this.#engine.session();
    try {
      return String(await session.value('select version()')).replace(/^v/, '');
    } finally {
      session.release();
    }
  }

  /** A session whose unqualified names are of this database. */
  async session(): Promise<LakehouseSession> {
    const session = await this.#engine.session();
    try {
      if (!this.#isAttached && this.#private) {
        await session.run(attachSql(this.#private.file, this.database, false));
        this.#isAttached = true;
      }
      await session.run(`use ${quotePath([this.database])}`);
    } catch (error) {
      session.release();
      throw error;
    }
    return new LakehouseSession(this, session);
  }

  /**
   * Writes everything to the private file and lends its engine without it, so that the file can be
   * copied and another one be built under its name. All sessions must be released.
   */
  async lend<T>(work: (engine: Database) => Promise<T>): Promise<T> {
    const name = quotePath([this.database]);
    if (this.#private === undefined) return await work(this.#engine);
    await run(this.#engine, `checkpoint ${name}`);
    await run(this.#engine, `use memory; detach ${name}`);
    this.#isAttached = false;
    return await work(this.#engine);
  }

  /**
   * The relation of that name as DuckDB has it, if that is known without asking: `null` when there is
   * none, undefined when DuckDB has to be asked. Asking takes milliseconds once there are many views.
   */
  indexed(name: RelationName): ExistingRelation | null | undefined {
    if (name.database.toLowerCase() !== this.database.toLowerCase()) return undefined;
    return this.#index && (this.#index.get(keyOf(name)) ?? null);
  }

  /** These are all relations of this database now. */
  setIndex(relations: readonly ExistingRelation[]): void {
    this.#index = new Map(relations.map((relation) => [keyOf(relation), relation]));
  }

  /** Something other than a plan may have changed the relations: DuckDB is asked from now on. */
  dropIndex(): void {
    this.#index = undefined;
  }

  /** What templates are told a relation is. */
  shownKind(relation: ExistingRelation): RelationKind {
    const facts = this.#facts.get(keyOf(relation));
    return facts && relation.kind === 'view' ? facts.shown : relation.kind;
  }

  /** Remembers that a source can't be read: what reads it fails with that, and nothing else does. */
  missing(sourceId: string, error: unknown): void {
    if (!(error instanceof BoathouseError)) throw error;
    this.#missing.set(sourceId, error);
  }

  /** @throws the error of the first of `parentIds` that can't be read */
  requireParents(parentIds: readonly string[]): void {
    for (const id of parentIds) {
      const error = this.#missing.get(id);
      if (error) throw error;
    }
  }

  /** What is known of the relation beyond DuckDB's catalog. */
  factsOf(relation: RelationName): RelationFacts | undefined {
    return this.#facts.get(keyOf(relation));
  }

  /** The relation is as the catalog has it: over files in a bucket, or over relations that are. */
  registerRemote(relation: CatalogRelation): void {
    if (relation.sql === null || relation.kind === 'macro') return;
    const known = { sql: relation.sql };
    const name = { ...relation, identifier: relation.name };
    this.#published.set(keyOf(name), known);
    this.remote.register({
      name: relation.name,
      get sql() {
        return known.sql;
      },
      create: (sql) => [createStatement({ ...relation, sql })],
    });
  }

  /** The relation is about to be made anew: what the catalog has under its name needn't be there for it. */
  makesAnew(relation: RelationName): void {
    const known = this.#published.get(keyOf(relation));
    if (known) known.sql = '';
  }

  /** Notes what the relation is; `touched` when this run made it. */
  note(relation: RelationName, facts: RelationFacts, touched: boolean): void {
    this.#facts.set(keyOf(relation), facts);
    if (facts.catalogKind !== 'macro') {
      const kind = facts.catalogKind === 'table' ? 'table' : 'view';
      this.#index?.set(keyOf(relation), { ...relation, kind });
    }
    if (touched) this.#touched.add(keyOf(relation));
  }

  /** Whether this run made the relation, or made it again. */
  isTouched(relation: RelationName): boolean {
    return this.#touched.has(keyOf(relation));
  }

  /** Files were staged for a view over `location`; a target in memory drops them with itself. */
  staged(location: string, folder: string | undefined): void {
    if (folder === undefined) return;
    this.#locations.add(location);
    if (this.#private === undefined) this.#folders.push(folder);
  }

  /** The relation is gone. */
  forgetRelation(relation: RelationName): void {
    this.#facts.delete(keyOf(relation));
    this.#index?.delete(keyOf(relation));
  }

  /** The relation has another name now. */
  renamed(from: RelationName, to: RelationName): void {
    this.dropIndex();
    const facts = this.#facts.get(keyOf(from));
    this.#facts.delete(keyOf(from));
    if (facts) this.#facts.set(keyOf(to), facts);
    else this.#facts.delete(keyOf(to));
    this.#touched.add(keyOf(to));
  }

  /** Ends the engine and removes the private files. */
  async close(): Promise<void> {
    await this.#engine.close();
    await this.remote.close();
    const folders = this.#private === undefined ? this.#folders : [this.#private.folder];
    for (const folder of folders.filter((one) => !isBucketPlace(one)))
      await rm(folder, { recursive: true, force: true });
    if (this.#private === undefined) await removePins(this.locations, this.#catalogUri);
  }
}

/** The same for every spelling of a name. */
export function keyOf(name: RelationName): string {
  return `${name.database}\u0000${name.schema}\u0000${name.identifier}`.toLowerCase();
}

async function attachCopy(engine: Database, options: WorkingOptions, own: PrivateCopy): Promise<void> {
  const attach = attachSql(own.file, options.database, own.copy === undefined);
  // A setting of the profile that DuckDB refuses says nothing about the file.
  (await engine.session()).release();
  try {
    await run(engine, attach);
  } catch (error) {
    if (!(error instanceof BoathouseError)) throw error;
    if (!own.copy?.hasLog) throw unreadable(own, error);
    // The log is of another file, or was cut off: what is in the file itself is still whole.
    options.onWarning(
      'targets.log-ignored',
      `${logOf(own.published)} does not belong to ${basename(own.published)} and was left out: ${error.message}`,
    );
    await rm(logOf(own.file), { force: true });
    try {
      await run(engine, attach);
    } catch (second) {
      throw second instanceof BoathouseError ? unreadable(own, second) : second;
    }
  }
}

/** A crash loses nothing that was published, so there is no write-ahead log. */
function attachSql(file: string, database: string, isNew: boolean): string {
  const options = `recovery_mode 'no_wal_writes'${isNew ? ", storage_version 'v1.0.0'" : ''}`;
  return `attach ${quoteLiteral(file)} as ${quotePath([database])} (${options})`;
}

function unreadable(own: PrivateCopy, error: BoathouseError): BoathouseError {
  return catalogErrors['unreadable-file']({ path: own.published, problem: error.message }, { cause: error });
}

async function run(engine: Database, sql: string): Promise<void> {
  const session = await engine.session();
  try {
    await session.run(sql);
  } finally {
    session.release();
  }
}
