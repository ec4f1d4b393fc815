/** An open database: one engine instance, its sessions, and what every session starts with. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { attachSql, extensionOfAttach } from './attach.ts';
import { duckdbErrors, fromEngine } from './errors.ts';
import { Extensions } from './extensions.ts';
import { lackOf } from './lacks.ts';
import { loadNative, type Native } from './native.ts';
import type { DatabaseOptions } from './options.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { withRetries } from './retries.ts';
import { Session } from './session.ts';

/**
 * A DuckDB instance that this process owns. Two instances in one process must not open the same
 * file for writing: the engine doesn't stop them, and they diverge.
 */
export class Database {
  readonly #native: typeof Native;
  readonly #instance: DuckDBInstance;
  readonly #options: DatabaseOptions;
  readonly #extensions: Extensions;
  readonly #own: DuckDBConnection;
  readonly #sessions = new Set<Session>();
  readonly #waiting: { give: () => void; refuse: (error: unknown) => void }[] = [];
  #taken = 0;
  #closed = false;

  private constructor(
    native: typeof Native,
    instance: DuckDBInstance,
    own: DuckDBConnection,
    options: DatabaseOptions,
    extensionDirectory: string | undefined,
  ) {
    this.#native = native;
    this.#instance = instance;
    this.#own = own;
    this.#options = options;
    this.#extensions = new Extensions((sql) => own.run(sql), options, extensionDirectory);
  }

  /**
   * Opens or creates the database, with its folder; creates its built-in secrets and attaches what is to be attached.
   * No extension is loaded unless something attached needs one.
   *
   * @throws duckdb.file-locked, duckdb.io, duckdb.invalid-input, duckdb.extension-unavailable
   */
  static async open(options: DatabaseOptions = {}): Promise<Database> {
    const native = await loadNative();
    const file = options.path ?? ':memory:';
    const isPlainFile = file !== '' && !file.startsWith(':memory:') && !/^\w{2,}:/.test(file);
    if (isPlainFile && options.readOnly !== true)
      await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    const extensionDirectory =
      options.extensionDirectory ?? process.env['BOATHOUSE_EXTENSION_DIR'] ?? undefined;
    let instance: DuckDBInstance;
    let own: DuckDBConnection;
    try {
      instance = await native.DuckDBInstance.create(file, engineConfig(options, extensionDirectory));
      own = await instance.connect();
    } catch (error) {
      throw fromEngine(error);
    }
    const database = new Database(native, instance, own, options, extensionDirectory);
    try {
      await database.#extensions.createBuiltInSecrets();
      await database.#attachAll();
    } catch (error) {
      await database.close();
      throw fromEngine(error);
    }
    return database;
  }

  /**
   * A session of its own: settings of the profile applied, nothing left over from another. Waits while
   * `sessionsMax` are open. @throws duckdb.session-closed, duckdb.invalid-input for a bad setting
   */
  async session(): Promise<Session> {
    if (this.#closed) throw duckdbErrors['session-closed']({});
    if (this.#taken >= (this.#options.sessionsMax ?? 64)) {
      // The place of the released session passes straight to the first that waits.
      await new Promise<void>((give, refuse) => this.#waiting.push({ give, refuse }));
      if (this.#closed) throw duckdbErrors['session-closed']({});
    } else {
      this.#taken += 1;
    }
    let connection: DuckDBConnection;
    try {
      connection = await this.#instance.connect();
    } catch (error) {
      this.#passOn();
      throw fromEngine(error);
    }
    const session = new Session(
      {
        native: this.#native,
        extensions: this.#extensions,
        beforeStatement: this.#options.beforeStatement,
        restoreText: this.#options.restoreText,
        retries: this.#options.retries,
        released: (released) => this.#released(released),
      },
      connection,
    );
    this.#sessions.add(session);
    try {
      for (const [name, value] of Object.entries(this.#options.settings ?? {}))
        await this.#set(session, name, value);
    } catch (error) {
      session.release();
      throw error;
    }
    return session;
  }

  /** How many sessions are open now. */
  get sessionsOpen(): number {
    return this.#sessions.size;
  }

  /** Loads an extension now rather than when a statement needs it. @throws duckdb.extension-unavailable */
  loadExtension(name: string): Promise<void> {
    return this.#extensions.load(name);
  }

  /** Ends every session, writes what is left to the file and closes it. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(duckdbErrors['session-closed']({}));
    await Promise.all([...this.#sessions].map((session) => session[Symbol.asyncDispose]()));
    this.#own.closeSync();
    this.#instance.closeSync();
  }

  /** Closes the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #released(session: Session): void {
    if (this.#sessions.delete(session)) this.#passOn();
  }

  #passOn(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken -= 1;
    else next.give();
  }

  async #attachAll(): Promise<void> {
    for (const spec of this.#options.attach ?? []) {
      const extension = extensionOfAttach(spec);
      if (extension !== undefined) await this.#extensions.load(extension);
      const attach = (): Promise<unknown> => this.#own.run(attachSql(spec));
      await withRetries(this.#options.attachRetries, async () => {
        try {
          await attach();
        } catch (error) {
          const lack = lackOf(error instanceof Error ? error.message : '');
          if (lack?.kind !== 'extension') throw fromEngine(error);
          await this.#extensions.load(lack.name);
          await attach();
        }
      });
    }
  }

  /** A setting of an extension that isn't loaded waits for it: it can matter to nothing before. */
  async #set(session: Session, name: string, value: string | number | boolean): Promise<void> {
    const sql = `SET ${quoteIdentifier(name)} = ${typeof value === 'string' ? quoteLiteral(value) : String(value)}`;
    try {
      await this.#own.run(sql);
    } catch (error) {
      const lack = lackOf(error instanceof Error ? error.message : '');
      if (lack?.kind !== 'extension') throw fromEngine(error, sql);
      // Set by the loader's own connection then, so for all: plain SET would reach no session.
      this.#extensions.whenLoaded(lack.name, sql.replace(/^SET/, 'SET GLOBAL'));
      return;
    }
    await session.run(sql);
  }
}

function engineConfig(
  options: DatabaseOptions,
  extensionDirectory: string | undefined,
): Record<string, string> {
  const config: Record<string, string> = {
    // The engine would otherwise reach for the network in the middle of a statement.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  };
  if (extensionDirectory !== undefined) config['extension_directory'] = path.resolve(extensionDirectory);
  if (options.readOnly === true) config['access_mode'] = 'READ_ONLY';
  if (options.tempDirectory !== undefined) config['temp_directory'] = options.tempDirectory;
  if (options.memoryLimit !== undefined) config['memory_limit'] = options.memoryLimit;
  if (options.threads !== undefined) config['threads'] = String(options.threads);
  return { ...config, ...options.config };
}
