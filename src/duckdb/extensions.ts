/**
 * Extensions, loaded when a statement first needs one.
 *
 * A project lists `httpfs` and an S3 secret and may never touch S3: nothing is looked for until the
 * engine itself says which extension a statement lacks. Then the extension is loaded once for the
 * database, its waiting secrets are created and its waiting settings set.
 */
import { duckdbErrors, fromEngine } from './errors.ts';
import type { DatabaseOptions, ExtensionSpec, SecretSpec } from './options.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { createSecretSql, extensionsOfSecret } from './secrets.ts';

/** Runs one statement on a connection of the extension loader's own. */
export type RunSql = (sql: string) => Promise<unknown>;

/** What a failed statement lacked, judging by the engine's words. */
export type Lack =
  | { readonly kind: 'extension'; readonly name: string }
  | { readonly kind: 'function' }
  | undefined;

/** The extension that `message` says is missing, or that some function or type is unknown. Pure. */
export function lackOf(message: string): Lack {
  const named =
    /exists in the (\w+) extension/.exec(message) ??
    /requires the extension (\w+) to be loaded/.exec(message) ??
    /Extension "(\w+)" is an existing extension/.exec(message) ??
    /Extension "?[^"\n]*?(\w+)\.duckdb_extension"? not found/.exec(message);
  if (named?.[1] !== undefined) return { kind: 'extension', name: named[1] };
  return /^Catalog Error: (?:[A-Za-z ]*Function|Type|Setting|unrecognized configuration)/.test(message)
    ? { kind: 'function' }
    : undefined;
}

/** The extensions that a statement's paths point to: a hint, not proof, since text may just look so. Pure. */
export function extensionsHinted(sql: string): string[] {
  const needed: string[] = [];
  if (/\b(?:s3|s3a|s3n|gs|gcs|r2|hf|https?):\/\//i.test(sql)) needed.push('httpfs');
  if (/\b(?:az|azure|abfss?):\/\//i.test(sql)) needed.push('azure');
  return needed;
}

/** The extensions of one database: which are declared, which are loaded, what waits for them. */
export class Extensions {
  readonly #run: RunSql;
  readonly #declared: readonly ExtensionSpec[];
  readonly #directory: string | undefined;
  readonly #loaded = new Map<string, Promise<void>>();
  readonly #waitingSecrets: { secret: SecretSpec; number: number }[];
  readonly #waitingSettings = new Map<string, string[]>();

  constructor(run: RunSql, options: DatabaseOptions, directory: string | undefined) {
    this.#run = run;
    this.#declared = options.extensions ?? [];
    this.#directory = directory;
    this.#waitingSecrets = (options.secrets ?? []).map((secret, index) => ({ secret, number: index + 1 }));
  }

  /** Creates the secrets whose type is built in. @throws duckdb.* when one is refused */
  async createBuiltInSecrets(): Promise<void> {
    await this.#createSecretsOf(new Set());
  }

  /** Runs `sql` (a SET of an extension's setting) once `extension` is loaded. */
  whenLoaded(extension: string, sql: string): void {
    const waiting = this.#waitingSettings.get(extension) ?? [];
    this.#waitingSettings.set(extension, [...waiting, sql]);
  }

  /** Whether `name` has been loaded, or is being. */
  isLoaded(name: string): boolean {
    return this.#loaded.has(canonical(name));
  }

  /**
   * Loads `name`, installing it first where that is needed. Once per database; further calls wait for
   * the first. @throws duckdb.extension-unavailable
   */
  load(name: string): Promise<void> {
    const key = canonical(name);
    let loading = this.#loaded.get(key);
    if (loading === undefined) {
      loading = this.#load(name);
      this.#loaded.set(key, loading);
      loading.catch(() => this.#loaded.delete(key));
    }
    return loading;
  }

  /** Loads every declared extension that isn't yet; whether there was one. @throws duckdb.extension-unavailable */
  async loadDeclared(): Promise<boolean> {
    let any = false;
    for (const { name } of this.#declared) {
      if (this.isLoaded(name) || builtIn.has(name)) continue;
      any = true;
      await this.load(name);
    }
    return any;
  }

  async #load(name: string): Promise<void> {
    if (!builtIn.has(name)) await this.#installAndLoad(name);
    const key = canonical(name);
    for (const sql of this.#waitingSettings.get(key) ?? []) await this.#run(sql);
    this.#waitingSettings.delete(key);
    await this.#createSecretsOf(new Set([key, ...this.#loaded.keys()]));
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

  async #createSecretsOf(loaded: ReadonlySet<string>): Promise<void> {
    const ready = this.#waitingSecrets.filter(({ secret }) =>
      extensionsOfSecret(secret).every((extension) => extension === 'aws' || loaded.has(extension)),
    );
    for (const waiting of ready) {
      this.#waitingSecrets.splice(this.#waitingSecrets.indexOf(waiting), 1);
      if (extensionsOfSecret(waiting.secret).includes('aws')) await this.load('aws');
      const sql = createSecretSql(waiting.secret, waiting.number);
      try {
        await this.#run(sql);
      } catch (error) {
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
