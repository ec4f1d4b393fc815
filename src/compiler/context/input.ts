/**
 * What a render is given, and what `buildContext` makes of it.
 *
 * The compiler says what is being rendered (`kind`, `node`), where names lead (`ref`, `source`,
 * `macros`), and what it wants to be told (`record`). The context turns that into the global names a
 * template sees. Macros themselves are not here: the compiler's scope looks a name up among the
 * macros first and in this context second, as dbt does, so that a user's macro `ref` hides ours and
 * `builtins.ref` still finds it.
 *
 * Kinds, and how dbt behaves in each:
 *
 * - `parse`: `execute` is false; every `adapter` method gives none or an empty list; `config(...)` is
 *   recorded; undefined is lenient.
 * - `execute`: `execute` is true and a session is there.
 * - `operation`: as `execute`, but there is no node behind it (run-operation, project hooks).
 * - `yaml`: only what property files and `dbt_project.yml` may use: `var`, `env_var`, `target`,
 *   `project_name`, JSON, YAML, `modules`, `doc`.
 */
import type { Value } from '../../jinja/index.ts';
import type { Manifest, Plain } from '../manifest.ts';
import type { Warehouse, WarehouseSession } from '../warehouse.ts';
import type { Relation } from './relation.ts';

/** What is being rendered. */
export type ContextKind = 'parse' | 'execute' | 'operation' | 'yaml';

/** The run this render belongs to. */
export interface InvocationFacts {
  readonly id: string;
  readonly startedAt: Date;
  /** dbt's `flags.WHICH`: `run`, `build`, `test`, … */
  readonly command: string;
  /** What `invocation_args_dict` shows. */
  readonly args: Plain;
  readonly fullRefresh: boolean;
  /** More members of `flags`, keyed as dbt has them, upper or lower case (`STORE_FAILURES`). */
  readonly flags: Plain;
  /** `DBT_ENV_CUSTOM_ENV_*` and everything else `env_var` may see. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The project and its packages, as far as a template can tell. */
export interface ProjectFacts {
  /** The root project's name. */
  readonly name: string;
  readonly root: string;
  /** The root project's `config-version` and `version`, shown in `project`-like facts; may be null. */
  readonly version: string | null;
  /** Packages that are read, the root project's own entry included. */
  readonly packages: readonly {
    readonly name: string;
    readonly root: string;
    readonly version: string | null;
  }[];
  /** `vars:` of dbt_project.yml, and those of the command line. */
  readonly vars: Plain;
  readonly cliVars: Plain;
  /**
   * Where `adapter.dispatch(name, namespace)` looks, in order: the `dispatch` setting of the root
   * project for that namespace, or root project then the namespace itself. `undefined` stands for
   * dbt's default search (own package, root, built-in), which is that of a namespace nobody has, too.
   */
  dispatchOrder(namespace: string | undefined): readonly (string | undefined)[];
}

/** The profile's target: what `target` shows, with secrets left out as dbt leaves them out. */
export interface TargetFacts {
  readonly profileName: string;
  readonly name: string;
  /** dbt's adapter type, `duckdb`. */
  readonly type: string;
  readonly schema: string;
  readonly database: string;
  readonly threads: number;
  /** dbt-duckdb's `external_root`, `.` unless set. */
  readonly externalRoot: string;
  /** `path`, and the other keys of the profile that `target.<key>` may read. */
  readonly extra: Plain;
  /** dbt-duckdb's `disable_transactions` and `is_ducklake`. */
  readonly disableTransactions?: boolean;
  readonly isDucklake?: boolean;
}

/** Macros by name, as values a template can call. */
export interface MacroSpace {
  /**
   * The macro `name`.
   *
   * @param packageName look only there (`dbt` means all built-in packages); dbt's whole search when left out.
   */
  find(name: string, packageName?: string): Value | undefined;
}

/** A node's configuration while it renders. */
export interface ConfigAccess {
  /** While parsing: `config(...)` was called with these. Absent otherwise. */
  record?(entries: ReadonlyMap<string, Value>): void;
  /** The value of a key, as the node has it now; undefined when the key isn't set. */
  get(name: string): Value | undefined;
  /** The node's `meta` after merging. */
  meta(): Plain;
  /** `columns` of the node, for persist_docs. */
  readonly persistDocs?: { readonly relation: boolean; readonly columns: boolean };
}

/** Calls the compiler answers or wants to hear about. Any may return a promise only outside `parse` and `yaml`. */
export interface NameResolver {
  /** `ref(...)` with its arguments as written: one or two names, and the version when given. */
  ref(args: {
    readonly name: string;
    readonly packageName: string | undefined;
    readonly version: string | number | undefined;
  }): Value;
  source(sourceName: string, tableName: string): Value;
  /** `doc('name')` or `doc('package', 'name')`. */
  doc(name: string, packageName: string | undefined): string;
  /** A var, by dbt's rules for the package being rendered; undefined when nobody sets it. */
  variable(name: string): Value | undefined;
  /** A var that wins over everything that sets vars: those of a unit test. */
  overriddenVariable?(name: string): Value | undefined;
  /** An environment variable that wins over the process's: those of a unit test. */
  environment?(name: string): string | undefined;
  /** An `env_var` was read: for partial parsing and the manifest. */
  readEnvironment?(name: string, value: string): void;
  /** `metric(...)`, `function(...)`: refused by name when absent. */
  metric?(name: string, packageName: string | undefined): Value;
  function?(name: string, packageName: string | undefined): Value;
  /** Renders text as a template in this same context: dbt's `render` and nested strings. */
  render?(text: string): Value | Promise<Value>;
}

/** Where text for people goes. */
export interface MessageSink {
  /** `log(text, info)`. */
  log(text: string, info: boolean): void;
  /** `print(text)`. */
  print(text: string): void;
  /** `exceptions.warn(text)`. @param code of a warning that dbt has a name for. */
  warn(text: string, code?: string): void;
}

/** Everything `buildContext` needs for one render. */
export interface ContextInput {
  readonly kind: ContextKind;
  readonly invocation: InvocationFacts;
  readonly project: ProjectFacts;
  readonly target: TargetFacts;
  /** The package whose file is being rendered. */
  readonly packageName: string;
  /**
   * What `model` shows: the manifest node (or source, or a node in the making) as a plain object.
   * Undefined in `yaml` and for operations without a node. Looked at lazily.
   */
  readonly model: Plain | undefined;
  /** What `this` shows; undefined where there is no relation. */
  readonly self: Relation | undefined;
  /** The manifest behind `graph`; undefined while parsing (`graph` is then as dbt's: empty dictionaries). */
  readonly manifest: Manifest | undefined;
  readonly names: NameResolver;
  readonly macros: MacroSpace;
  readonly messages: MessageSink;
  /** Undefined where nothing is configured (`yaml`, operations): every key is then unset. */
  readonly config: ConfigAccess | undefined;
  /** Where `adapter`, `run_query` and `statement` run. Undefined while parsing. */
  readonly session: WarehouseSession | undefined;
  readonly warehouse: Warehouse | undefined;
  /** unique_ids of what this run selected, for `selected_resources`. */
  readonly selectedResources: readonly string[];
  /** For `pre_hooks`, `post_hooks`, `sql`, `compiled_code`, `results`, `schemas`, `database_schemas` and the like. */
  readonly extra?: ReadonlyMap<string, Value>;
  /** Where `write(...)` and `load_agate_table` read and write: the run folder and the seed's file. */
  readonly files?: {
    /** Writes the node's run artifact. */
    write(text: string): void;
    /** The rows of the seed being loaded. */
    readSeed(): Value;
    /** Absolute path of the seed's CSV. */
    readonly seedPath: string | undefined;
  };
  /** dbt's version that we follow: what `dbt_version` shows. Left out: the one in this folder. */
  readonly dbtVersion?: string;
  /** The materialization's relations found so far: dbt's relation cache is not ours, so usually absent. */
  readonly threadName?: string;
}
