/** The chosen target of profiles.yml: every key that dbt-duckdb knows, typed. */
import type { PlainDict } from './yaml-value.ts';

/** A value in a secret's or an attachment's options. */
export type ProfileValue =
  | string
  | number
  | boolean
  | readonly ProfileValue[]
  | { readonly [key: string]: ProfileValue };

/** An extension to load, optionally from a repository. */
export interface ExtensionProfile {
  readonly name: string;
  readonly repository?: string;
}

/** A secret; keys beyond the named ones go to DuckDB as they are. */
export interface SecretProfile {
  readonly type: string;
  /** `_dbt_secret_N` unless given, N counting from 1. */
  readonly name: string;
  readonly provider?: string;
  readonly scope?: readonly string[];
  readonly persistent: boolean;
  /** `key_id`, `region`, `endpoint`, …: values are texts as DuckDB takes them, lists or maps. */
  readonly options: Readonly<Record<string, ProfileValue>>;
}

/** Another database to attach. */
export interface AttachProfile {
  readonly path: string;
  /** As given, else the name DuckDB derives from the path. */
  readonly alias: string;
  readonly type?: string;
  readonly secret?: string;
  readonly readOnly: boolean;
  readonly isDucklake: boolean;
  readonly options: Readonly<Record<string, ProfileValue>>;
}

/** A dbt-duckdb plugin. */
export interface PluginProfile {
  readonly module: string;
  /** `module` unless given: what a source's `plugin` names. */
  readonly alias: string;
  readonly config: PlainDict;
}

/** When readers see what a run made: once at its end, after each node, or at its end if nothing failed. */
export type PublishMoment = 'per_run' | 'per_node' | 'on_success';

/** Where copies of a bucket's files are kept, from `lakehouse.cache`. */
export interface CacheProfile {
  /** Absolute. */
  readonly path?: string;
  /** Such as `20GB`. */
  readonly size?: string;
}

/** The lake as a whole, from `lakehouse`. */
export interface LakehouseProfile {
  /** Where Delta tables and external files go: a folder or `s3://bucket/prefix`. */
  readonly root: string | undefined;
  /** The published file, where it isn't at the target's `path`. */
  readonly catalog: string | undefined;
  readonly publish: PublishMoment;
  readonly branch: string | undefined;
  /** Certificates that storage is trusted by besides the system's; absolute. */
  readonly caFile: string | undefined;
  /** Options of storage by name, `AWS_*` names verbatim. */
  readonly storageOptions: Readonly<Record<string, string>>;
  /** False: nothing is kept. Undefined: the machine's own cache. */
  readonly cache: CacheProfile | false | undefined;
  /** The interpreter of Python models: a path, or a command's name. Undefined: they aren't run. */
  readonly python: string | undefined;
}

/** How often to try again, from `retries`. */
export interface RetriesProfile {
  readonly connectAttempts: number;
  readonly queryAttempts: number;
  /** DuckDB's exception names, such as `IOException`. */
  readonly retryableExceptions: readonly string[];
}

/** One target of a profile, rendered and checked. Secrets in it are registered with `secrets`. */
export interface TargetProfile {
  readonly profileName: string;
  readonly targetName: string;
  /** Absolute path of profiles.yml. */
  readonly file: string;
  readonly type: 'duckdb';
  /** As rendered: a file (relative to the project's root), `s3://bucket/name.duckdb`, `:memory:`. */
  readonly path: string;
  /** The database file, absolute; undefined when the database lives in memory or elsewhere. */
  readonly databaseFile: string | undefined;
  /** Where runs publish: an absolute path or `s3://bucket/…/name.duckdb`; undefined for a target in memory. */
  readonly catalogPlace: string | undefined;
  readonly lakehouse: LakehouseProfile;
  /** The database that models go to unless they say otherwise: `ownDatabase`, or the alias of an attached one. */
  readonly database: string;
  /** The name of the database at `path`, which is what runs publish. */
  readonly ownDatabase: string;
  readonly schema: string;
  /** Nodes to build at once. */
  readonly threads: number;
  readonly extensions: readonly ExtensionProfile[];
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  readonly configOptions: Readonly<Record<string, string | number | boolean>>;
  readonly secrets: readonly SecretProfile[];
  readonly attach: readonly AttachProfile[];
  readonly plugins: readonly PluginProfile[];
  /** Relative to the project's root unless absolute; may be an `s3://` URL. */
  readonly externalRoot: string;
  readonly filesystems: readonly PlainDict[];
  readonly useCredentialProvider: string | undefined;
  readonly retries: RetriesProfile;
  readonly modulePaths: readonly string[];
  readonly keepOpen: boolean;
  readonly disableTransactions: boolean;
  readonly isDucklake: boolean;
  /** What templates see as `target`: dbt's keys, without secrets. */
  readonly targetDict: PlainDict;
  /** The target as rendered, secrets included: never show it. */
  readonly raw: PlainDict;
}
