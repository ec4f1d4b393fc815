/**
 * Making views over files in a bucket without opening those files.
 *
 * DuckDB binds a view when it is made, so it would have to read the files: with httpfs, several requests for each
 * view, and without it not at all. Here temporary macros take the names of the functions that read files, while
 * views are made. They give empty tables with the columns of the files, told apart by the paths in the call.
 * DuckDB keeps a view as the text that was written, so readers find the real functions in it.
 *
 * The columns are asked for only when a view needs them, on a session that finds the files: what a run has made or
 * read is on this machine.
 */
import { BoathouseError } from '../base/index.ts';
import { type Database, quoteIdentifier, quotePath, type Session } from '../duckdb/index.ts';
import { type FileCall, fileCalls, namesBucket } from './file-calls.ts';
import type { CatalogRelation } from './generation.ts';

/** Begins statements whose places in a bucket are to stay as they are written, whoever puts local files in their stead. */
export const asIs = '/* boathouse: as is */ ';

/** Begins statements in which only the files are to be found: no view that has the name of a folder is made anew. */
const filesOnly = '/* boathouse: files only */ ';

/** Whether the relation reads files in a bucket by itself. */
export function readsBucket({ sql }: Pick<CatalogRelation, 'sql'>): boolean {
  return sql !== null && namesBucket(sql);
}

/** What stands in for files, on one session. */
export class StandIns {
  readonly #engine: Database;
  readonly #session: Session;
  readonly #relations: readonly CatalogRelation[];
  /** The calls of all relations, by the name of what stands in for each. */
  #calls: Map<string, FileCall> | undefined;
  readonly #made = new Set<string>();
  /** Files that couldn't be read are asked for once, however often their views are tried. */
  readonly #failures = new Map<string, unknown>();
  readonly #functions: ReadonlyMap<string, readonly string[]>;

  private constructor(engine: Database, session: Session, relations: readonly CatalogRelation[]) {
    this.#engine = engine;
    this.#session = session;
    this.#relations = relations;
    const functions = new Map<string, Set<string>>();
    for (const call of this.#allCalls()) {
      const options = functions.get(call.name) ?? new Set<string>();
      for (const option of call.options) options.add(option);
      functions.set(call.name, options);
    }
    this.#functions = new Map([...functions].map(([name, options]) => [name, [...options].sort()]));
  }

  /**
   * Puts macros in the place of the functions with which `relations` read files.
   *
   * @param engine whose other sessions can read those files.
   */
  static async begin(
    engine: Database,
    session: Session,
    relations: readonly CatalogRelation[],
  ): Promise<StandIns> {
    const standIns = new StandIns(engine, session, relations.filter(readsBucket));
    for (const [name, options] of standIns.#functions) {
      // A macro takes `option = value` for one more argument in order, whose expression it never looks at.
      const inOrder = options.map((_, i) => `boathouse_${i} := null`);
      const byName = options.map((option) => `${quoteIdentifier(option)} := null`);
      const list = ['boathouse_files', ...inOrder, ...byName].join(', ');
      const key = `'${prefix}' || md5('${name} ' || boathouse_files::varchar)`;
      await session.run(
        `${asIs}create or replace temp macro ${keyMacro(name)}(${list}) as table select ${key} as name`,
      );
      await session.run(
        `${asIs}create or replace temp macro ${quoteIdentifier(name)}(${list}) as table from query_table(${key})`,
      );
    }
    return standIns;
  }

  /** Runs `sql`, which makes views, with whatever their files need in place. */
  async create(sql: string): Promise<void> {
    for (;;) {
      try {
        await this.#session.run(`${asIs}${sql}`);
        return;
      } catch (error) {
        const missing = error instanceof BoathouseError ? missingName.exec(error.message)?.[0] : undefined;
        if (missing === undefined || this.#made.has(missing)) throw error;
        await this.#make(missing, error);
      }
    }
  }

  /** Removes the macros: the functions are themselves again. */
  async end(): Promise<void> {
    for (const name of this.#functions.keys()) {
      await this.#session.run(`${asIs}drop macro table if exists ${quotePath(['temp', 'main', name])}`);
      await this.#session.run(`${asIs}drop macro table if exists temp.main.${keyMacro(name)}`);
    }
    for (const name of this.#made) await this.#session.run(`${asIs}drop table if exists temp.main.${name}`);
  }

  /** Makes the empty table for one call. @throws `error` when no call of the relations is meant. */
  async #make(name: string, error: unknown): Promise<void> {
    this.#calls ??= await this.#namedCalls();
    const call = this.#calls.get(name);
    if (call === undefined) throw error;
    if (this.#failures.has(name)) throw this.#failures.get(name);
    const reader = await this.#engine.session();
    try {
      const columns = await reader.describe(`${filesOnly}select * from ${overFirst(call)}`);
      const list = columns.map((column) => `${quoteIdentifier(column.name)} ${column.type}`).join(', ');
      await this.#session.run(`${asIs}create or replace temp table ${name} (${list})`);
      this.#made.add(name);
    } catch (failure) {
      this.#failures.set(name, failure);
      throw failure;
    } finally {
      reader.release();
    }
  }

  async #namedCalls(): Promise<Map<string, FileCall>> {
    const named = new Map<string, FileCall>();
    const texts = new Set<string>();
    for (const call of this.#allCalls()) {
      if (texts.has(call.text)) continue;
      texts.add(call.text);
      const { rows } = await this.#session.query(`${asIs}from ${keyMacro(call.name)}(${call.argumentsText})`);
      named.set(String(rows[0]?.[0]), call);
    }
    return named;
  }

  #allCalls(): FileCall[] {
    return this.#relations.flatMap(({ sql }) => fileCalls(sql ?? '').filter(({ text }) => namesBucket(text)));
  }
}

/**
 * The call over the first of its files alone, where that one has the columns of all: the others needn't be fetched, however
 * big the table is.
 */
function overFirst({ name, text, argumentsText, options }: FileCall): string {
  const [list, first] = /^\s*\[\s*('(?:[^']|'')*')(?:\s*,\s*'(?:[^']|'')*')*\s*\]/.exec(argumentsText) ?? [];
  const isParquet = name === 'read_parquet' || name === 'parquet_scan';
  const isPlain = /\bhive_partitioning\s*(?::=|=>|=)\s*false\b/i.test(argumentsText);
  if (list === undefined || !isParquet || !isPlain || options.includes('union_by_name')) return text;
  return `${name}([${first}]${argumentsText.slice(list.length)})`;
}

const prefix = 'boathouse_stand_in_';
const missingName = /boathouse_stand_in_[0-9a-f]{32}/;

function keyMacro(name: string): string {
  return quoteIdentifier(`boathouse_key_${name}`);
}
