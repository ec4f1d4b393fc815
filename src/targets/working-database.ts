/**
 * The working database of a run: a private DuckDB database under the published one's name.
 *
 * It begins as a copy of the published file, so every relation that is published is there, tables
 * with their rows and the rest as views over the files that the newest generation pins. Nobody else
 * can see it or wait for it. Its write-ahead log is off: a crash loses nothing that was published.
 */
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { BoathouseError } from '../base/index.ts';
import { type CatalogRelation, catalogErrors, copyPublished } from '../catalog/index.ts';
import type { ExistingRelation, RelationKind, RelationName } from '../compiler/index.ts';
import { Database, type DatabaseOptions, quoteLiteral, quotePath } from '../duckdb/index.ts';
import { DeltaVersions } from './delta-versions.ts';
import { Mutex } from './mutex.ts';
import { LakehouseSession } from './session.ts';

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
  /** The published file; undefined for a target in memory. */
  readonly published: string | undefined;
  /** Beside the published file, so that what is built can be renamed into place; else in the system's folder. */
  readonly besidePublished: boolean;
  readonly runId: string;
  readonly onWarning: (code: string, message: string) => void;
}

/** The working database of one run. */
export class WorkingDatabase {
  readonly database: string;
  readonly delta: DeltaVersions;
  /** Taken by statements that change the catalog. */
  readonly catalogTurn: Mutex = new Mutex();
  /** Whether a statement of this run wrote to a table that isn't temporary. */
  tablesChanged = false;
  readonly #engine: Database;
  readonly #folder: string | undefined;
  readonly #file: string | undefined;
  readonly #facts = new Map<string, RelationFacts>();
  /** Pinned files that no catalog will know of. */
  readonly #folders: string[] = [];
  /** The relations of this database by name, as long as only plans have changed them. */
  #index: Map<string, ExistingRelation> | undefined;
  /** Whatever this run made or made again, whether or not its text changed. */
  readonly #touched = new Set<string>();

  private constructor(
    options: WorkingOptions,
    engine: Database,
    folder: string | undefined,
    file: string | undefined,
  ) {
    this.database = options.database;
    this.delta = new DeltaVersions(options.root);
    this.#engine = engine;
    this.#folder = folder;
    this.#file = file;
  }

  /** Opens a working database with everything that is published in it. @throws catalog.unreadable-file */
  static async open(options: WorkingOptions): Promise<WorkingDatabase> {
    const engine = await Database.open(options.engine);
    try {
      if (options.published === undefined) {
        const work = new WorkingDatabase(options, engine, undefined, undefined);
        if (options.database !== 'memory')
          await run(engine, `attach ':memory:' as ${quotePath([options.database])}`);
        return work;
      }
      const parent = options.besidePublished
        ? join(dirname(options.published), '_boathouse', 'work')
        : join(tmpdir(), 'boathouse');
      const folder = join(parent, options.runId);
      const file = join(folder, basename(options.published));
      await mkdir(folder, { recursive: true });
      await attachCopy(engine, options, file);
      return new WorkingDatabase(options, engine, folder, file);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  /** The private file, complete once `settle` has returned; undefined for a target in memory. */
  get file(): string | undefined {
    return this.#file;
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
      await session.run(`use ${quotePath([this.database])}`);
    } catch (error) {
      session.release();
      throw error;
    }
    return new LakehouseSession(this, session);
  }

  /** Writes everything to the private file, so that it can be copied. All sessions must be released. */
  async settle(): Promise<void> {
    if (this.#file !== undefined) await run(this.#engine, `checkpoint ${quotePath([this.database])}`);
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

  /** What is known of the relation beyond DuckDB's catalog. */
  factsOf(relation: RelationName): RelationFacts | undefined {
    return this.#facts.get(keyOf(relation));
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

  /** Files were staged for a view of this run; a target in memory drops them with itself. */
  staged(folder: string | undefined): void {
    if (this.#file === undefined && folder !== undefined) this.#folders.push(folder);
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

  async close(): Promise<void> {
    await this.#engine.close();
    const folders = this.#folder === undefined ? this.#folders : [this.#folder, ...this.#folders];
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }
}

/** The same for every spelling of a name. */
export function keyOf(name: RelationName): string {
  return `${name.database}\u0000${name.schema}\u0000${name.identifier}`.toLowerCase();
}

async function attachCopy(engine: Database, options: WorkingOptions, file: string): Promise<void> {
  const copy = await copyPublished(options.published ?? '', file);
  const storage = copy === undefined ? ", storage_version 'v1.0.0'" : '';
  const attach = `attach ${quoteLiteral(file)} as ${quotePath([options.database])} (recovery_mode 'no_wal_writes'${storage})`;
  try {
    await run(engine, attach);
  } catch (error) {
    if (!(error instanceof BoathouseError)) throw error;
    if (!copy?.hasLog) throw unreadable(options, error);
    // The log is of another file, or was cut off: what is in the file itself is still whole.
    options.onWarning(
      'targets.log-ignored',
      `${options.published}.wal does not belong to ${basename(options.published ?? '')} and was left out: ${error.message}`,
    );
    await rm(`${file}.wal`, { force: true });
    try {
      await run(engine, attach);
    } catch (second) {
      throw second instanceof BoathouseError ? unreadable(options, second) : second;
    }
  }
}

function unreadable(options: WorkingOptions, error: BoathouseError): BoathouseError {
  return catalogErrors['unreadable-file'](
    { path: options.published ?? '', problem: error.message },
    { cause: error },
  );
}

async function run(engine: Database, sql: string): Promise<void> {
  const session = await engine.session();
  try {
    await session.run(sql);
  } finally {
    session.release();
  }
}
