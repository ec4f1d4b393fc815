/**
 * Every macro of the project, its packages and ours, by name.
 *
 * Macros are parsed when their file is (ours when one of the file's is first asked for), and generated when first called. An unqualified name is looked
 * for in the package being rendered, then the root project, then ours: dbt's order. Macros of other
 * packages are reached as `package.macro`.
 */
import { type BoathouseError, didYouMean, isBoathouseError, type SourceLocation } from '../base/index.ts';
import { type Definition, parseTemplate } from '../jinja/index.ts';
import type { Package, Project, SourceFile } from '../project/index.ts';
import { builtInFiles, builtInPackages } from './built-in-macros.ts';
import { BuiltInTable, type MacroTable } from './built-in-table.ts';
import { compilerErrors } from './errors.ts';
import type { ManifestMacro } from './manifest.ts';

/** One macro. */
export interface MacroEntry {
  readonly uniqueId: string;
  readonly name: string;
  readonly packageName: string;
  readonly builtIn: boolean;
  readonly definition: Definition;
  /** Absolute path of its file. */
  readonly file: string;
  readonly originalFilePath: string;
  /** Whether its file is one of generic tests (`tests/generic`), not of macros. */
  readonly isOfTests: boolean;
}

/** `{% endmacro %}` where no macro has begun. */
export interface StrayBlock {
  readonly name: string;
  readonly location: SourceLocation;
}

/** Adapter prefixes that `adapter.dispatch` tries, in order. */
export const dispatchPrefixes: readonly string[] = ['duckdb', 'default'];

/** All macros there are. */
export class MacroRegistry {
  readonly rootName: string;
  /** Ends of blocks that never began, in files of macros. */
  readonly strayBlocks: StrayBlock[] = [];
  readonly #byPackage = new Map<string, MacroTable<MacroEntry>>();
  readonly #builtIn: Pick<MacroTable<MacroEntry>, 'get' | 'keys'>;
  readonly #dispatch: ReadonlyMap<string, readonly string[]>;
  readonly #packageNames: ReadonlySet<string>;

  /** @throws jinja.syntax, compiler.duplicate-name */
  constructor(project: Project) {
    this.rootName = project.name;
    this.#dispatch = new Map(project.config.dispatch.map((rule) => [rule.macroNamespace, rule.searchOrder]));
    this.#packageNames = new Set([...builtInPackages, ...project.packages.map(({ name }) => name)]);
    const builtIn = builtInPackages.map((packageName) => {
      const files = builtInFiles().filter((file) => file.packageName === packageName);
      const table = new BuiltInTable(files, (definition, { path, relativePath }) =>
        entryOf(packageName, true, definition, { path, relativePath }),
      );
      this.#byPackage.set(packageName, table);
      return table;
    });
    this.#builtIn = inTurn(builtIn);
    for (const pkg of project.packages) {
      const macros = new Map<string, MacroEntry>();
      const tell = (stray: StrayBlock): void => void this.strayBlocks.push(stray);
      for (const file of pkg.files.macros) addMacros(macros, pkg.name, file, tell);
      for (const file of pkg.files.genericTests) addMacros(macros, pkg.name, file, tell, true);
      if (macroFilesOf(pkg).length > 0) this.#byPackage.set(pkg.name, macros);
    }
  }

  /** Every macro, ours last. */
  *all(): Iterable<MacroEntry> {
    for (const [packageName, macros] of this.#byPackage) {
      if (!builtInPackages.includes(packageName)) yield* macros.values();
    }
    for (const packageName of builtInPackages) yield* this.#byPackage.get(packageName)?.values() ?? [];
  }

  /** The names of packages that have macros, and the built-in ones. */
  get packageNames(): Iterable<string> {
    return this.#byPackage.keys();
  }

  /** The macro `name` as a template of `fromPackage` means it when it says no package. */
  find(name: string, fromPackage: string): MacroEntry | undefined {
    return (
      this.#byPackage.get(fromPackage)?.get(name) ??
      this.#byPackage.get(this.rootName)?.get(name) ??
      this.#builtIn.get(name)
    );
  }

  /** The macro `name` of one package. `dbt` stands for everything built in. */
  findIn(packageName: string, name: string): MacroEntry | undefined {
    if (packageName === 'dbt' || builtInPackages.includes(packageName)) return this.#builtIn.get(name);
    return this.#byPackage.get(packageName)?.get(name);
  }

  /** The macro `name` of whatever package has it: the root project, else the last package, else ours. */
  findAnywhere(name: string): MacroEntry | undefined {
    let found = this.#byPackage.get(this.rootName)?.get(name);
    if (found !== undefined) return found;
    for (const [packageName, macros] of this.#byPackage) {
      if (!builtInPackages.includes(packageName)) found = macros.get(name) ?? found;
    }
    return found ?? this.#builtIn.get(name);
  }

  /** Whether a package of that name has macros. */
  hasPackage(packageName: string): boolean {
    return this.#byPackage.has(packageName) || builtInPackages.includes(packageName);
  }

  /**
   * Where `adapter.dispatch(name, namespace)` looks, in order: package names, or undefined for the
   * usual search, which a namespace that nobody has stands for, too.
   */
  dispatchOrder(namespace: string | undefined): readonly (string | undefined)[] {
    if (namespace === undefined) return [undefined];
    const configured = this.#dispatch.get(namespace);
    if (configured) return configured;
    return this.#packageNames.has(namespace) ? [this.rootName, namespace] : [undefined];
  }

  /** What `adapter.dispatch(name, namespace)` finds from a template of `fromPackage`. */
  dispatch(name: string, namespace: string | undefined, fromPackage: string): MacroEntry | undefined {
    for (const packageName of this.dispatchOrder(namespace)) {
      for (const prefix of dispatchPrefixes) {
        const full = `${prefix}__${name}`;
        const entry =
          packageName === undefined ? this.find(full, fromPackage) : this.findIn(packageName, full);
        if (entry) return entry;
      }
    }
    return undefined;
  }

  /**
   * The `generate_<component>_name` for nodes of a package: the package's own, else the root project's, else ours.
   */
  findNameMacro(component: 'schema' | 'alias' | 'database', packageName: string): MacroEntry | undefined {
    return this.find(`generate_${component}_name`, packageName);
  }

  /** The materialization `name`: for DuckDB before the default, and the root project's before ours. */
  findMaterialization(name: string, fromPackage: string): MacroEntry | undefined {
    for (const adapter of dispatchPrefixes) {
      const macroName = `materialization_${name}_${adapter}`;
      const found = this.#byPackage.get(this.rootName)?.get(macroName) ?? this.#builtIn.get(macroName);
      if (found) return found;
    }
    for (const adapter of dispatchPrefixes) {
      const macroName = `materialization_${name}_${adapter}`;
      const own = this.#byPackage.get(fromPackage)?.get(macroName);
      if (own) return own;
      for (const macros of this.#byPackage.values()) {
        const found = macros.get(macroName);
        if (found) return found;
      }
    }
    return undefined;
  }

  /** The generic test `name`, as `find` and `findIn` do. */
  findTest(name: string, namespace: string | null, fromPackage: string): MacroEntry | undefined {
    const macroName = `test_${name}`;
    return namespace === null ? this.find(macroName, fromPackage) : this.findIn(namespace, macroName);
  }

  /** Every name a template of `fromPackage` can call without a package, for "did you mean". */
  *names(fromPackage: string): Iterable<string> {
    yield* this.#byPackage.get(fromPackage)?.keys() ?? [];
    if (fromPackage !== this.rootName) yield* this.#byPackage.get(this.rootName)?.keys() ?? [];
    yield* this.#builtIn.keys();
  }

  /** `macro-not-found`, with the nearest name. */
  notFound(name: string, packageName: string | null, location: SourceLocation | undefined): Error {
    const candidates =
      packageName === null ? this.names(this.rootName) : (this.#byPackage.get(packageName)?.keys() ?? []);
    return compilerErrors['macro-not-found'](
      { name, package: packageName },
      { location, hint: didYouMean(name, candidates) },
    );
  }
}

/** Puts the macros of a package's file with the others. @throws jinja.syntax, compiler.duplicate-name */
function addMacros(
  macros: Map<string, MacroEntry>,
  packageName: string,
  file: SourceFile,
  tell: (stray: StrayBlock) => void,
  isOfTests: boolean = false,
): void {
  if (!/\{%-?\+?\s*(macro|test|materialization|data_test)\b/.test(file.text)) return;
  for (const definition of definitionsIn(file, tell)) {
    if (definition.kind === 'docs' || definition.kind === 'snapshot') continue;
    const name = definition.macroName;
    const before = macros.get(name);
    if (before) {
      throw compilerErrors['duplicate-name'](
        {
          kind: `macros of the package '${packageName}'`,
          name,
          first: before.originalFilePath,
          second: file.relativePath,
        },
        { location: definition.location },
      );
    }
    macros.set(name, entryOf(packageName, false, definition, file, isOfTests));
  }
}

/** The blocks of a file. An end of a block that never began is left out, and told of: dbt doesn't mind it between blocks. */
function definitionsIn(file: SourceFile, tell: (stray: StrayBlock) => void): readonly Definition[] {
  let { text } = file;
  for (;;) {
    try {
      return parseTemplate(text, { file: file.path }).definitions;
    } catch (error) {
      const tag = isBoathouseError(error, 'jinja.syntax') ? strayTag(error, text) : undefined;
      if (tag === undefined) throw error;
      const { line, column } = (error as BoathouseError).location ?? {};
      tell({ name: tag.name, location: { file: file.path, ...(line && column ? { line, column } : {}) } });
      text = text.slice(0, tag.from) + ' '.repeat(tag.to - tag.from) + text.slice(tag.to);
    }
  }
}

function strayTag(
  { message, location }: BoathouseError,
  text: string,
): { name: string; from: number; to: number } | undefined {
  const name = /^Encountered unknown tag '(end\w+)'\.$/.exec(message)?.[1];
  if (name === undefined || location?.line === undefined) return undefined;
  const lineBegin = text.split('\n', location.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const pattern = new RegExp(`\\{%[-+]?\\s*${name}\\s*[-+]?%\\}`, 'g');
  pattern.lastIndex = lineBegin;
  const found = pattern.exec(text);
  return found === null ? undefined : { name, from: found.index, to: found.index + found[0].length };
}

function entryOf(
  packageName: string,
  builtIn: boolean,
  definition: Definition,
  { path, relativePath }: Pick<SourceFile, 'path' | 'relativePath'>,
  isOfTests: boolean = false,
): MacroEntry {
  const name = definition.macroName;
  return {
    uniqueId: `macro.${packageName}.${name}`,
    name,
    packageName,
    builtIn,
    definition,
    file: path,
    originalFilePath: relativePath,
    isOfTests,
  };
}

/** Several tables as one: the first that has a name wins. */
function inTurn(tables: readonly MacroTable<MacroEntry>[]): Pick<MacroTable<MacroEntry>, 'get' | 'keys'> {
  return {
    get: (name) => {
      for (const table of tables) {
        const found = table.get(name);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    keys: () => new Set([...tables].reverse().flatMap((table) => [...table.keys()])).values(),
  };
}

/**
 * The manifest's entry of a macro, as its file alone says it.
 *
 * @param withArguments lists the arguments of its signature: dbt does under the flag `validate_macro_args`.
 */
export function manifestMacro(
  entry: MacroEntry,
  createdAt: number,
  withArguments: boolean = false,
): ManifestMacro {
  const { definition } = entry;
  const shown = (): { show: boolean; node_color: string | null } => ({ show: true, node_color: null });
  return {
    name: entry.name,
    resource_type: 'macro',
    package_name: entry.packageName,
    path: entry.originalFilePath,
    original_file_path: entry.originalFilePath,
    unique_id: entry.uniqueId,
    macro_sql: definition.sourceWithSpace,
    depends_on: { macros: [] },
    description: '',
    meta: {},
    docs: shown(),
    config: { meta: {}, docs: shown() },
    patch_path: null,
    // dbt reads no arguments in folders of tests.
    arguments:
      withArguments && !entry.isOfTests
        ? definition.parameters.map(({ name }) => ({ name, type: null, description: '' }))
        : [],
    created_at: createdAt,
    supported_languages:
      definition.kind === 'materialization' ? [...(definition.supportedLanguages ?? ['sql'])] : null,
  };
}

function macroFilesOf(pkg: Package): readonly SourceFile[] {
  return [...pkg.files.macros, ...pkg.files.genericTests];
}
