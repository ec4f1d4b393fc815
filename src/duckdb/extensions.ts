/**
 * Extensions, loaded when a statement first needs one.
 *
 * A project lists `httpfs` and an S3 secret and may never touch S3: nothing is looked for until the
 * engine itself says which extension a statement lacks. Then the extension is loaded once for the
 * database, its waiting secrets are created and its waiting settings set.
 */
import { duckdbErrors, fromEngine } from './errors.ts';
import { extensionsHinted } from './lacks.ts';
import type { DatabaseOptions, ExtensionSpec, SecretSpec } from './options.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { createSecretSql, extensionsOfSecret } from './secrets.ts';

/** Runs one statement on a connection of the extension loader's own. */
export type RunSql = (sql: string) => Promise<unknown>;

/** The extensions of one database: which are declared, which are loaded, what waits for them. */
export class Extensions {
  readonly #run: RunSql;
  readonly #declared: readonly ExtensionSpec[];
  readonly #directory: string | undefined;
  readonly #caFile: DatabaseOptions['caFile'];
  readonly #resolveSecret: DatabaseOptions['resolveSecret'];
  /** Loaded, or being loaded. */
  readonly #loads = new Map<string, Promise<void>>();
  /** Loaded: secrets of theirs can be created. */
  readonly #ready = new Set<string>();
  readonly #waitingSecrets: { secret: SecretSpec; number: number }[];
  readonly #waitingSettings = new Map<string, Set<string>>();

  constructor(run: RunSql, options: DatabaseOptions, directory: string | undefined) {
    this.#run = run;
    this.#declared = options.extensions ?? [];
    this.#directory = directory;
    this.#caFile = options.caFile;
    this.#resolveSecret = options.resolveSecret;
    this.#waitingSecrets = (options.secrets ?? []).map((secret, index) => ({ secret, number: index + 1 }));
  }

  /** Creates the secrets whose type is built in. @throws duckdb.* when one is refused */
  async createBuiltInSecrets(): Promise<void> {
    await this.#createReadySecrets();
  }

  /** Runs `sql` (a SET of an extension's setting) once `extension` is loaded. */
  whenLoaded(extension: string, sql: string): void {
    const key = canonical(extension);
    this.#waitingSettings.set(key, (this.#waitingSettings.get(key) ?? new Set()).add(sql));
  }

  /**
   * Loads `name`, installing it first where that is needed. Once per database; further calls wait for
   * the first. @throws duckdb.extension-unavailable
   */
  load(name: string): Promise<void> {
    const key = canonical(name);
    let loading = this.#loads.get(key);
    if (loading === undefined) {
      loading = this.#load(name);
      this.#loads.set(key, loading);
      loading.catch(() => this.#loads.delete(key));
    }
    return loading;
  }

  /** Loads every declared extension; whether there is one that isn't built in. @throws duckdb.extension-unavailable */
  async loadDeclared(): Promise<boolean> {
    const names = this.#declared.map(({ name }) => name).filter((name) => !builtIn.has(name));
    for (const name of names) await this.load(name);
    return names.length > 0;
  }

  /**
   * Loads what the paths in `sql` point to. For statements in a transaction, which can't be tried
   * again; what can't be had shows itself when the statement runs.
   */
  async loadHinted(sql: string): Promise<void> {
    for (const name of extensionsHinted(sql)) await this.load(name).catch(() => undefined);
  }

  async #load(name: string): Promise<void> {
    const key = canonical(name);
    const caFile = key === 'httpfs' || key === 'delta' ? await this.#caFile?.() : undefined;
    // The delta extension's own connections know nothing but this variable. What it named is in our file, too.
    if (key === 'delta' && caFile !== undefined) process.env['SSL_CERT_FILE'] = caFile;
    if (!builtIn.has(name)) await this.#installAndLoad(name);
    // It finds its keys in secrets, whose kinds another extension knows.
    if (key === 'delta' && this.#waitingSecrets.length > 0) await this.load('httpfs').catch(() => undefined);
    // One of its two clients verifies nothing unless told. A secret that says otherwise by name still does.
    if (key === 'httpfs') await this.#run('SET GLOBAL enable_server_cert_verification = true');
    if (key === 'httpfs' && caFile !== undefined) {
      await this.#run(`SET GLOBAL ca_cert_file = ${quoteLiteral(caFile)}`);
    }
    for (const sql of this.#waitingSettings.get(key) ?? []) await this.#run(sql);
    this.#waitingSettings.delete(key);
    this.#ready.add(key);
    await this.#createReadySecrets();
  }

  async #installAndLoad(name: string): Promise<void> {
    // A path to an extension's file works as a name, as in dbt-duckdb.
    if (/[\\/]/.test(name)) return this.#try(name, `LOAD ${quoteLiteral(name)}`);
    const declared = this.#declared.find((spec) => canonical(spec.name) === canonical(name));
    try {
      await this.#run(`LOAD ${quoteIdentifier(name)}`);
      return;
    } catch {
      // Not installed here yet, or not readable: INSTALL says which.
    }
    const from = declared?.repository === undefined ? '' : ` FROM ${repositorySql(declared.repository)}`;
    await this.#try(name, `INSTALL ${quoteIdentifier(name)}${from}`);
    await this.#try(name, `LOAD ${quoteIdentifier(name)}`);
  }

  async #try(name: string, sql: string): Promise<void> {
    try {
      await this.#run(sql);
    } catch (error) {
      const [reason = ''] = fromEngine(error).message.split('\n');
      throw duckdbErrors['extension-unavailable'](
        { extension: name, reason, directory: this.#directory },
        { cause: error },
      );
    }
  }

  async #createReadySecrets(): Promise<void> {
    const ready = this.#waitingSecrets.filter(({ secret }) =>
      extensionsOfSecret(secret).every((extension) => extension === 'aws' || this.#ready.has(extension)),
    );
    // Taken out first: loading `aws` comes by here again.
    for (const secret of ready) this.#waitingSecrets.splice(this.#waitingSecrets.indexOf(secret), 1);
    for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
      try {
        const secret = (await this.#resolveSecret?.(next.secret)) ?? next.secret;
        if (extensionsOfSecret(secret).includes('aws')) await this.load('aws');
        await this.#run(createSecretSql(secret, next.number));
      } catch (error) {
        // A statement after this one mustn't go on without the secret.
        this.#waitingSecrets.unshift(next, ...ready);
        throw fromEngine(error);
      }
    }
  }
}

/** Extensions are called by aliases too: `sqlite` is `sqlite_scanner`. */
function canonical(name: string): string {
  const low = name.toLowerCase();
  return aliases[low] ?? low;
}

const aliases: Readonly<Record<string, string>> = {
  sqlite: 'sqlite_scanner',
  sqlite3: 'sqlite_scanner',
  postgres: 'postgres_scanner',
  mysql: 'mysql_scanner',
  http: 'httpfs',
  https: 'httpfs',
  s3: 'httpfs',
  md: 'motherduck',
};

function repositorySql(repository: string): string {
  return /^\w+$/.test(repository) ? repository : quoteLiteral(repository);
}

/** Linked into the engine's own library: loading them is never needed. */
const builtIn: ReadonlySet<string> = new Set(['parquet', 'json', 'icu', 'core_functions', 'autocomplete']);
