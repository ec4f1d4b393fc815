/** What a database is opened with: the part of a dbt-duckdb profile that DuckDB itself takes. */

import type { EngineRetries } from './retries.ts';
import type { StatementHook } from './statement-hook.ts';

/** An extension by name, optionally from a repository (`core`, `community`, a URL or a folder). */
export interface ExtensionSpec {
  readonly name: string;
  readonly repository?: string;
}

/** A value in a secret's or an attachment's options. */
export type OptionValue =
  | string
  | number
  | boolean
  | readonly OptionValue[]
  | { readonly [key: string]: OptionValue };

/** A secret in the form of dbt-duckdb's profile; every key beyond these goes to DuckDB as it is. */
export interface SecretSpec {
  readonly type: string;
  /** `_dbt_secret_N` unless given, N counting from 1. */
  readonly name?: string;
  readonly provider?: string;
  readonly scope?: string | readonly string[];
  readonly persistent?: boolean;
  readonly [key: string]: OptionValue | undefined;
}

/** Another database to attach. */
export interface AttachSpec {
  readonly path: string;
  readonly alias?: string;
  /** `duckdb` unless given; `sqlite`, `postgres`, … need their extension. */
  readonly type?: string;
  readonly readOnly?: boolean;
  readonly secret?: string;
  readonly options?: Readonly<Record<string, OptionValue>>;
}

/** What `Database.open` takes. */
export interface DatabaseOptions {
  /** A file, or `:memory:` (the default). */
  readonly path?: string;
  readonly readOnly?: boolean;
  /** Options that DuckDB takes when it opens, such as `allow_unsigned_extensions`. */
  readonly config?: Readonly<Record<string, string>>;
  /** `SET key = value` for every session. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Loaded when a statement first needs one, never before. */
  readonly extensions?: readonly ExtensionSpec[];
  /** Those of an extension's type are created when a statement first needs that extension. */
  readonly secrets?: readonly SecretSpec[];
  readonly attach?: readonly AttachSpec[];
  /** For statements, after which exceptions they are tried again; none unless given. */
  readonly retries?: EngineRetries | undefined;
  /** For attaching `attach`, which waits so for files that are open elsewhere; none unless given. */
  readonly attachRetries?: EngineRetries | undefined;
  /** Where extension files are: `<dir>/v1.5.5/<platform>/NAME.duckdb_extension`. Else BOATHOUSE_EXTENSION_DIR. */
  readonly extensionDirectory?: string;
  /** Sessions open at once, at most; 64 unless given. A further `session()` waits for one to be released. */
  readonly sessionsMax?: number;
  readonly tempDirectory?: string;
  /** `1GB`, `80%`; DuckDB's own default unless given. */
  readonly memoryLimit?: string;
  /** DuckDB's worker threads; its own default unless given. */
  readonly threads?: number;
  /**
   * A PEM file of every trusted certificate authority, for extensions that open connections: they take no other
   * once they have one. Asked for when the first such extension is loaded; their own list when it gives none.
   */
  readonly caFile?: (() => Promise<string | undefined>) | undefined;
  /**
   * What is created in the place of a secret: the same where there is nothing to change. Asked when the secret's
   * extension is there.
   */
  readonly resolveSecret?: ((secret: SecretSpec) => Promise<SecretSpec>) | undefined;
  /** Done before each statement of every session, and says what is run in its place. */
  readonly beforeStatement?: StatementHook | undefined;
  /** Undoes in an error's words what `beforeStatement` did to the statement's. */
  readonly restoreText?: ((text: string) => string) | undefined;
}
