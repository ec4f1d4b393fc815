/** What a verb can be told. Names are dbt's in camelCase; what is left out has dbt's default. */
import type { IndirectSelection } from '../project/index.ts';
import type { Emit } from '../runner/index.ts';

/** Which project, which target, and who is told. Every verb that reads a project takes these. */
export interface ProjectOptions {
  /** Folder with dbt_project.yml, or one below it. The working directory unless given. */
  readonly projectDir?: string | undefined;
  /** Folder of profiles.yml. Else DBT_PROFILES_DIR, the project's folder, `~/.dbt`. */
  readonly profilesDir?: string | undefined;
  readonly profile?: string | undefined;
  /** An output of the profile, or a branch of the lake of its default output. */
  readonly target?: string | undefined;
  /** A branch of the target's lake; else `lakehouse.branch` of the target; else the main one. */
  readonly branch?: string | undefined;
  /** How buckets are opened, by deltalake's names; over what the profile says. */
  readonly storageOptions?: Readonly<Record<string, string>> | undefined;
  /** Variables, or their YAML or JSON text. */
  readonly vars?: Readonly<Record<string, unknown>> | string | undefined;
  /** Nodes at once; the target's `threads` unless given. */
  readonly threads?: number | undefined;
  /** Where artifacts go; the project's `target-path` (`target`) unless given. */
  readonly targetPath?: string | undefined;
  /** Where `boathouse.log` goes; the project's `log-path` (`logs`) unless given; null: no log file. */
  readonly logPath?: string | null | undefined;
  readonly partialParse?: boolean | undefined;
  /** False: write no manifest and no run results. */
  readonly writeJson?: boolean | undefined;
  /** False: don't look at require-dbt-version. */
  readonly versionCheck?: boolean | undefined;
  /** Seen by `env_var`; the process's environment unless given. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Told of everything that happens, in order. Must not throw. */
  readonly emit?: Emit | undefined;
  /** Aborting it stops the verb cleanly. */
  readonly signal?: AbortSignal | undefined;
  /** Makes warnings failures. */
  readonly warnError?: boolean | undefined;
  /** Of `run-operation`: the macro, and its arguments. */
  readonly macro?: string | undefined;
  readonly args?: Readonly<Record<string, unknown>> | undefined;
  /** `--show-all-deprecations`: every deprecated spelling is told, not the first of each kind. */
  readonly showAllDeprecations?: boolean | undefined;
  /** Whether nodes were selected by an option's older name: `--models`. */
  readonly modelsOption?: boolean | undefined;
  /** Which warnings are failures, and which aren't told: a dictionary of `error`, `warn`, `silence`, or its YAML text. */
  readonly warnErrorOptions?: Readonly<Record<string, unknown>> | string | undefined;
  /** How `boathouse.log` is written; `json` unless given. */
  readonly logFileFormat?: 'json' | 'text' | 'debug' | undefined;
  /** The least that `boathouse.log` is told; `debug` unless given. */
  readonly logFileLevel?: 'debug' | 'info' | 'warn' | 'error' | 'none' | undefined;
  /** How large `boathouse.log` may be before a new one begins, in bytes; 0: no end. 10 MiB unless given. */
  readonly logFileMaxBytes?: number | undefined;
  /** Lines of nodes in dbt's text log are this wide before their brackets; 80 unless given. */
  readonly printerWidth?: number | undefined;
  /** Whether templates may ask the target while a project is compiled; true unless given. */
  readonly introspect?: boolean | undefined;
  /** Seconds to wait for another run that keeps tables in the same file; 600 unless given. */
  readonly lockTimeoutSeconds?: number | undefined;
}

/** Which nodes, in dbt's selection syntax. */
export interface SelectOptions {
  readonly select?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** A selector of selectors.yml, by name. */
  readonly selector?: string | undefined;
  readonly indirectSelection?: IndirectSelection | undefined;
  readonly resourceTypes?: readonly string[] | undefined;
  readonly excludeResourceTypes?: readonly string[] | undefined;
}

/** An earlier run to compare with, and another environment to lean on. */
export interface StateOptions {
  /** Folder with the artifacts of an earlier run: for `state:`, `result:`, `source_status:` and for `defer`. */
  readonly state?: string | undefined;
  /** Folder with the manifest to defer to, when it isn't `state`. */
  readonly deferState?: string | undefined;
  /** References to what isn't there lead to the relations of that manifest. */
  readonly defer?: boolean | undefined;
  /** With `defer`: so do references to everything that isn't selected. */
  readonly favorState?: boolean | undefined;
}

/** How nodes are run. */
export interface RunOptions extends ProjectOptions, SelectOptions, StateOptions {
  readonly fullRefresh?: boolean | undefined;
  readonly failFast?: boolean | undefined;
  /** Keep the failing rows of tests in tables. */
  readonly storeFailures?: boolean | undefined;
  /** Microbatch models look at the time from here … */
  readonly eventTimeStart?: string | undefined;
  /** … up to, not including, here. */
  readonly eventTimeEnd?: string | undefined;
  /** References read no rows: a check of the SQL, not of the data. */
  readonly empty?: boolean | undefined;
  /** What has an `event_time` is read for this stretch only: `3 days`, `{'start': …, 'end': …}`. */
  readonly sample?: string | undefined;
}
