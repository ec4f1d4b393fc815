/**
 * What is read of a dbt project: its settings, its packages, its files and the target of its profile.
 *
 * Nothing here is rendered except where dbt renders it before parsing (dbt_project.yml, profiles.yml,
 * selectors.yml): property files keep their Jinja, for the compiler.
 */
import type { SourceLocation } from '../base/index.ts';
import type { InputRecord } from './disk.ts';
import type { Selector } from './selectors-file.ts';
import type { TargetProfile } from './target-profile.ts';
import { isPlainDict, type PlainDict } from './yaml-value.ts';

/** A whole project, ready to be compiled. */
export interface Project {
  /** Absolute path of the folder with dbt_project.yml. */
  readonly root: string;
  readonly name: string;
  readonly config: ProjectConfig;
  /** The root project first, then its dependencies, each after what named it. */
  readonly packages: readonly Package[];
  readonly profile: TargetProfile;
  /** From `--vars`: win over every other variable. */
  readonly vars: PlainDict;
  /** Everything that was looked at to read it, where it was read from disk. */
  readonly inputs?: InputRecord;
  /** What a person should be told, in the order it was found; each unknown key once. */
  readonly warnings: readonly ProjectWarning[];
}

/** Something that works but that a person should know of. */
export interface ProjectWarning {
  /** `project.kebab-phrase`, like an error's code. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly location?: SourceLocation;
  /** The key that the warning is about, so that nobody warns of it again. */
  readonly subject?: string;
}

/** A dbt project or package: a folder with a dbt_project.yml. */
export interface Package {
  readonly name: string;
  readonly root: string;
  readonly config: ProjectConfig;
  readonly files: PackageFiles;
}

/** One file of a package, read. */
export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  /** From the package's root, `/` as separator: dbt's `original_file_path`. */
  readonly relativePath: string;
  /** The whole content without a byte order mark; line ends as `\n`. Empty for seeds. */
  readonly text: string;
  /** SHA-256 of the stripped text in UTF-8, in hex: dbt's checksum. For seeds over 1 MiB, of their path. */
  readonly sha256: string;
  /** The configured folder it was found under, such as `models`; with `relativePath` it gives dbt's `path`. */
  readonly searchPath: string;
}

/** A seed: found and hashed, its rows not kept. */
export interface SeedFile extends SourceFile {
  /** dbt's checksum name: `path` for seeds over 1 MiB, which are known by their path. */
  readonly checksumName: 'sha256' | 'path';
  readonly sizeBytes: number;
}

/** A `.yml` file that describes resources. Jinja in it is not rendered. */
export interface PropertyFile extends SourceFile {
  /**
   * Its content with dbt's key names: plain arrays and objects. Whole floats (`1.0`) are `Float`, integers
   * beyond 2^53 bigint, dates `YamlDate`, and mappings with keys that are no plain names `Dict`.
   * Always a mapping; the lists of resources in it hold mappings with a `name`.
   */
  readonly data: PlainDict;
  /**
   * Where the value at `path` stands, or the key that leads to it; the nearest ancestor when there is no
   * such value. Parses the file again: for errors and warnings only.
   */
  locate(path: readonly (string | number)[], part?: 'key' | 'value'): SourceLocation;
}

/** A package's files by what they are, each kind sorted by relative path. */
export interface PackageFiles {
  readonly models: readonly SourceFile[];
  /** `.sql` under macro-paths. Generic tests may stand there, too. */
  readonly macros: readonly SourceFile[];
  /** `.sql` under `<test-path>/generic`. */
  readonly genericTests: readonly SourceFile[];
  readonly singularTests: readonly SourceFile[];
  readonly snapshots: readonly SourceFile[];
  readonly analyses: readonly SourceFile[];
  readonly functions: readonly SourceFile[];
  readonly seeds: readonly SeedFile[];
  /** `.md` under docs-paths. */
  readonly docs: readonly SourceFile[];
  readonly properties: readonly PropertyFile[];
  /** `.csv` and `.sql` under `<test-path>/fixtures`. */
  readonly fixtures: readonly SourceFile[];
}

/** Where a macro namespace is looked up. */
export interface DispatchRule {
  readonly macroNamespace: string;
  readonly searchOrder: readonly string[];
}

/** The comment that is put into every query. */
export interface QueryComment {
  /** Not rendered. null: dbt's default comment. Empty: none. */
  readonly comment: string | null;
  readonly append: boolean;
  readonly jobLabel: boolean;
}

/** Whether names are quoted; a key that isn't there is the adapter's default. */
export interface Quoting {
  readonly database?: boolean;
  readonly schema?: boolean;
  readonly identifier?: boolean;
}

/**
 * A dbt_project.yml, rendered as dbt renders it: everything but `vars`, hooks and query-comment.
 *
 * The config trees are as written: folders, and keys with or without `+`.
 */
export interface ProjectConfig {
  /** Absolute path of dbt_project.yml. */
  readonly file: string;
  /** The whole file, rendered. */
  readonly raw: PlainDict;
  /** The whole file as written: what `unrendered_config` comes from. */
  readonly unrendered: PlainDict;
  locate(path: readonly (string | number)[]): SourceLocation;
  readonly name: string;
  readonly version: string | null;
  readonly profileName: string | null;
  readonly modelPaths: readonly string[];
  readonly seedPaths: readonly string[];
  readonly snapshotPaths: readonly string[];
  readonly analysisPaths: readonly string[];
  readonly macroPaths: readonly string[];
  readonly testPaths: readonly string[];
  readonly functionPaths: readonly string[];
  readonly docsPaths: readonly string[];
  readonly assetPaths: readonly string[];
  /** Not rendered. A package's name among the keys scopes what is below it; see `varsFor`. */
  readonly vars: PlainDict;
  readonly models: PlainDict;
  readonly seeds: PlainDict;
  readonly snapshots: PlainDict;
  readonly sources: PlainDict;
  /** `data_tests`, or its old spelling `tests`. */
  readonly tests: PlainDict;
  readonly unitTests: PlainDict;
  readonly analyses: PlainDict;
  readonly exposures: PlainDict;
  readonly functions: PlainDict;
  readonly metrics: PlainDict;
  readonly semanticModels: PlainDict;
  readonly savedQueries: PlainDict;
  readonly dispatch: readonly DispatchRule[];
  /** Not rendered. */
  readonly onRunStart: readonly string[];
  readonly onRunEnd: readonly string[];
  readonly quoting: Quoting;
  /** As written: global flags and behaviour flags by name. */
  readonly flags: PlainDict;
  readonly queryComment: QueryComment;
  readonly cleanTargets: readonly string[];
  readonly targetPath: string;
  readonly logPath: string;
  readonly packagesInstallPath: string;
  readonly requireDbtVersion: readonly string[];
  readonly restrictAccess: boolean;
  /** From selectors.yml beside it, by name, in its order. Empty for packages: only the root's count. */
  readonly selectors: readonly Selector[];
}

/**
 * The variables that a node of package `packageName` sees, in dbt's order: `--vars`, then the root
 * project's (scoped to the package before global), then the package's own.
 */
export function varsFor(project: Project, packageName: string): PlainDict {
  const merged: PlainDict = {};
  const own = project.packages.find((p) => p.name === packageName);
  const layers =
    own === undefined || own.config === project.config ? [project.config] : [own.config, project.config];
  for (const config of layers) {
    Object.assign(merged, config.vars);
    const scoped = config.vars[packageName];
    if (isPlainDict(scoped)) Object.assign(merged, scoped);
  }
  return Object.assign(merged, project.vars);
}
