/** A parsed project that compiles on demand: what `compileProject` returns. */
import { readFileSync } from 'node:fs';
import { type BoathouseError, didYouMean, isBoathouseError } from '../base/index.ts';
import { Dict, noKwargs, parseTemplate, Tuple, type Value } from '../jinja/index.ts';
import type { Project } from '../project/index.ts';
import { isCodeLanguage } from './code-models/index.ts';
import type {
  Compilation,
  CompiledNode,
  CompiledUnitTest,
  Engine,
  MacroNode,
  RenderExtras,
} from './compilation.ts';
import { isRelation, type Relation, withResultObjects } from './context/index.ts';
import { Environment } from './environment.ts';
import { injectCtes } from './ephemeral.ts';
import { type EphemeralCte, ephemeralParents, type Rendered } from './ephemeral-parents.ts';
import { compilerErrors } from './errors.ts';
import { resolveForeignKeys } from './foreign-keys.ts';
import { buildGraph, type Graph } from './graph.ts';
import type { Invocation } from './invocation.ts';
import type { MacroEntry, MacroRegistry } from './macro-registry.ts';
import { manifestMacro } from './macro-registry.ts';
import type {
  Manifest,
  ManifestExposure,
  ManifestNode,
  ManifestSource,
  ManifestUnitTest,
  Plain,
} from './manifest.ts';
import { manifestText } from './manifest-bytes.ts';
import { manifestBody, readManifestBody } from './manifest-text.ts';
import { RefLookup } from './ref-lookup.ts';
import { ownRelation, relationOf } from './relation-of.ts';
import type { RenderScope } from './render-scope.ts';
import { runConfig, runNames } from './run-names.ts';
import { renderTestArguments, testArgumentsName } from './test-arguments.ts';
import { expectedCode, type FixtureTarget, type UnitTestTools, unitTestCode } from './unit-test-code.ts';
import type { WarehouseColumn } from './warehouse.ts';

/** What a compilation starts from. */
export interface CompilationParts {
  readonly project: Project;
  readonly invocation: Invocation;
  readonly metadata: Plain;
  /** Made when a macro is first needed. */
  readonly registry: () => MacroRegistry;
  readonly environment?: Environment;
  /** The manifest's text, without metadata. */
  readonly body: Uint8Array;
  /** The manifest and graph, when they weren't taken from the cache. */
  readonly parsed?: { readonly manifest: Manifest; readonly graph: Graph };
  /** Whether texts of models in the body are newer than the parse that it is from. */
  readonly isEdited?: boolean;
}

/** The one implementation of `Compilation`. Everything that isn't needed by a command isn't made. */
export class ProjectCompilation implements Compilation {
  readonly project: Project;
  readonly invocation: Invocation;
  readonly fromCache: boolean;
  readonly #parts: CompilationParts;
  #manifest: Manifest | undefined;
  #graph: Graph | undefined;
  #lookup: RefLookup | undefined;
  #environment: Environment | undefined;
  #registry: MacroRegistry | undefined;
  #isChanged = false;

  constructor(parts: CompilationParts) {
    this.#parts = parts;
    this.project = parts.project;
    this.invocation = parts.invocation;
    this.fromCache = parts.parsed === undefined && parts.isEdited !== true;
    this.#manifest = parts.parsed?.manifest;
    this.#graph = parts.parsed?.graph;
    this.#environment = parts.environment;
  }

  get manifest(): Manifest {
    this.#manifest ??= readManifestBody(this.#parts.metadata, this.#parts.body);
    return this.#manifest;
  }

  get graph(): Graph {
    this.#graph ??= buildGraph(this.manifest);
    return this.#graph;
  }

  get #macros(): MacroRegistry {
    this.#registry ??= this.#environment?.registry ?? this.#parts.registry();
    return this.#registry;
  }

  get #templates(): Environment {
    this.#environment ??= new Environment(this.project, this.invocation, this.#macros);
    return this.#environment;
  }

  get #refs(): RefLookup {
    this.#lookup ??= new RefLookup(this.manifest, this.project.name);
    return this.#lookup;
  }

  manifestJson(): Uint8Array {
    const body = this.#isChanged ? Buffer.from(manifestBody(this.manifest)) : this.#parts.body;
    return manifestText(this.#parts.metadata, body);
  }

  touch(): void {
    this.#isChanged = true;
  }

  lookup(uniqueId: string): ManifestNode | ManifestSource | ManifestExposure | ManifestUnitTest {
    const { nodes, sources, exposures, unit_tests: unitTests } = this.manifest;
    const found = nodes[uniqueId] ?? sources[uniqueId] ?? exposures[uniqueId] ?? unitTests[uniqueId];
    if (found) return found;
    const ids = [...Object.keys(nodes), ...Object.keys(sources), ...Object.keys(unitTests)];
    throw compilerErrors['no-such-node']({ id: uniqueId }, { hint: didYouMean(uniqueId, ids) });
  }

  async compileNode(
    uniqueId: string,
    engine: Engine | undefined,
    extras?: RenderExtras,
  ): Promise<CompiledNode> {
    const node = extras?.node ?? this.manifest.nodes[uniqueId];
    if (!node) throw compilerErrors['no-such-node']({ id: uniqueId });
    this.#isChanged = true;
    if (isCodeLanguage(node.language)) {
      // A program is what it is: it isn't rendered, and its parents are handed to it when it runs.
      node.compiled = true;
      node.compiled_code = node.raw_code;
      node.extra_ctes_injected = true;
      node.extra_ctes = [];
      // What dbt calls to make a Python model's code whole.
      if (node.language === 'python') node.depends_on.macros = ['macro.dbt.py_script_postfix'];
      return { node, code: '', codeWithoutCtes: '' };
    }
    if (node.language !== 'sql' && node.language !== undefined) {
      throw compilerErrors['unsupported-language']({ node: uniqueId, language: node.language });
    }
    if (node.resource_type === 'seed') return { node, code: '', codeWithoutCtes: '' };
    resolveForeignKeys(this.project, node, this.#refs);
    const own = await this.#render(node, engine, extras);
    // An ephemeral parent is a model of its own: what is cut to a batch's time is the node's reading of it.
    const { eventTimeFilter: _filter, node: _node, ...above } = extras ?? {};
    const ctes = await ephemeralParents(own.needs, (parent) => this.#render(parent, engine, above));
    const code = injectCtes(own.sql, ctes);
    // In a unit test the parents are fixtures.
    if (extras?.node === undefined) for (const cte of ctes) keepEphemeral(cte);
    node.compiled = true;
    node.compiled_code = code;
    node.extra_ctes_injected = true;
    node.extra_ctes = listed(ctes);
    return { node, code, codeWithoutCtes: own.sql };
  }

  async compileUnitTest(
    uniqueId: string,
    engine: Engine,
    columnsOf: (target: FixtureTarget) => Promise<readonly WarehouseColumn[]>,
  ): Promise<CompiledUnitTest> {
    const test = this.manifest.unit_tests[uniqueId];
    if (!test) throw compilerErrors['no-such-node']({ id: uniqueId });
    const tools: UnitTestTools = {
      project: this.project,
      manifest: this.manifest,
      lookup: this.#refs,
      engine,
      render: (node, text, extras) =>
        text === undefined
          ? this.#renderNode(
              node,
              this.#scope(node, engine, extras, () => {}),
            )
          : this.renderIn(node, text, engine, extras),
      callMacro: (name, args, node, extras) => this.callMacro(name, args, noKwargs, { node, engine, extras }),
      isMacro: (name) => this.findMacro(name) !== undefined,
      columnsOf,
    };
    const compiled = await unitTestCode(tools, test);
    return { ...compiled, expected: (columns) => expectedCode(tools, compiled, columns) };
  }

  async renderIn(
    node: ManifestNode | undefined,
    text: string,
    engine: Engine | undefined,
    extras?: RenderExtras,
  ): Promise<string> {
    if (!text.includes('{')) return text;
    const scope = this.#scope(node, engine, extras, () => {});
    return parseTemplate(text, { file: extras?.file ?? fileOf(this.project, node) }).render(scope, {
      undefined: 'strict',
    });
  }

  async compileInline(text: string, engine: Engine | undefined, extras?: RenderExtras): Promise<string> {
    const needs = new Map<string, ManifestNode>();
    const scope = this.#scope(undefined, engine, extras, (found) => needs.set(found.unique_id, found));
    const own = await parseTemplate(text, { file: extras?.file ?? 'inline query' }).render(scope, {
      undefined: 'strict',
    });
    const ctes = await ephemeralParents([...needs.values()], (parent) =>
      this.#render(parent, engine, extras),
    );
    return extras?.withoutCtes === true ? own : injectCtes(own, ctes);
  }

  async callMacro(
    name: string,
    args: readonly Value[],
    kwargs: ReadonlyMap<string, Value>,
    context: {
      readonly node?: ManifestNode;
      readonly engine?: Engine | undefined;
      readonly extras?: RenderExtras;
    },
  ): Promise<Value> {
    const entry = this.#entry(name, context.extras?.packageName ?? context.node?.package_name);
    if (!entry) {
      const [pkg, bare] = split(name);
      throw this.#macros.notFound(bare, pkg, undefined);
    }
    const scope = this.#scope(context.node, context.engine, context.extras, () => {});
    return this.#call(scope, entry, args, kwargs);
  }

  findMacro(
    name: string,
    options: { readonly package?: string; readonly dispatch?: boolean } = {},
  ): MacroNode | undefined {
    const entry = options.dispatch
      ? this.#macros.dispatch(name, options.package, this.project.name)
      : this.#entry(options.package === undefined ? name : `${options.package}.${name}`, undefined);
    return entry && this.#macroNode(entry);
  }

  isBuiltIn(name: string): boolean {
    const entry = this.#entry(name, undefined);
    if (!entry) return true;
    if (!entry.builtIn) return false;
    const [, bare] = split(name);
    // Ours dispatch in the namespace `dbt`, where the root project may put an implementation of its own.
    const dispatched = this.#macros.dispatch(bare, 'dbt', this.project.name);
    return dispatched === undefined || dispatched.builtIn;
  }

  findMaterialization(name: string, packageName: string = this.project.name): MacroNode | undefined {
    const entry = this.#macros.findMaterialization(name, packageName);
    return entry && this.#macroNode(entry);
  }

  async runMaterialization(
    macro: MacroNode,
    node: ManifestNode,
    engine: Engine,
    extras?: RenderExtras,
  ): Promise<readonly Relation[]> {
    const entry = this.#macros.findIn(macro.packageName, macro.name);
    if (!entry) throw this.#macros.notFound(macro.name, macro.packageName, undefined);
    const result = await this.#call(
      this.#scope(node, engine, extras, () => {}),
      entry,
      [],
      noKwargs,
    );
    const relations = result instanceof Dict ? result.get('relations') : undefined;
    const list =
      relations instanceof Tuple ? [...relations] : Array.isArray(relations) ? relations : undefined;
    if (list?.every(isRelation)) return list;
    throw compilerErrors['render-failed'](
      {
        what: `materialization ${node.config.materialized}`,
        problem: "it has to end with return({'relations': [...]}), a list of relations",
      },
      { location: entry.definition.location },
    );
  }

  relationOf(node: ManifestNode | ManifestSource): Relation {
    return relationOf(this.project, node);
  }

  varsOf(packageName: string): Plain {
    return this.#templates.varsOf(packageName);
  }

  /** A node's SQL as rendered, with the ephemeral models it refers to. */
  async #render(
    node: ManifestNode,
    engine: Engine | undefined,
    extras: RenderExtras | undefined,
  ): Promise<Rendered> {
    const needs = new Map<string, ManifestNode>();
    const scope = this.#scope(node, engine, extras, (found) => needs.set(found.unique_id, found));
    const sql = await this.#renderNode(node, scope);
    return { sql, needs: [...needs.values()] };
  }

  async #renderNode(node: ManifestNode, scope: RenderScope): Promise<string> {
    const file = fileOf(this.project, node);
    if (node.test_metadata) {
      const kwargs = renderTestArguments(node.test_metadata.kwargs, scope, { file }, 'strict');
      scope.override(testArgumentsName, kwargs);
    }
    if (!node.raw_code.includes('{')) return node.raw_code;
    try {
      return await parseTemplate(node.raw_code, { file }).render(scope, { undefined: 'strict' });
    } catch (error) {
      throw isBoathouseError(error) ? inFile(error.at({ file }), file, node.raw_code) : error;
    }
  }

  #scope(
    node: ManifestNode | undefined,
    engine: Engine | undefined,
    extras: RenderExtras | undefined,
    onEphemeral: (node: ManifestNode) => void,
  ): RenderScope {
    const packageName = extras?.packageName ?? node?.package_name ?? this.project.name;
    return this.#templates.scope({
      kind: node === undefined || node.resource_type === 'operation' ? 'operation' : 'execute',
      packageName,
      model: node as unknown as Plain | undefined,
      self: node && ownRelation(this.project, node),
      config: node && runConfig(node),
      names: {
        ...runNames(
          {
            project: this.project,
            manifest: this.manifest,
            lookup: this.#refs,
            empty: this.invocation.empty === true,
            sample: this.invocation.sample,
            deferred: this.invocation.deferred,
            onEphemeral,
            extras,
          },
          node,
          packageName,
        ),
        ...extras?.resolver,
      },
      engine,
      manifest: this.manifest,
      extra: withResultObjects(extras?.names),
      ...(extras?.macroOverrides === undefined ? {} : { macroOverrides: extras.macroOverrides }),
      ...(extras?.files === undefined ? {} : { files: extras.files }),
    });
  }

  async #call(
    scope: RenderScope,
    entry: MacroEntry,
    args: readonly Value[],
    kwargs: ReadonlyMap<string, Value>,
  ): Promise<Value> {
    return scope.macro(entry).call(args, kwargs, {
      location: undefined,
      flavour: 'async',
      undefinedMode: 'strict',
      macroNames: [],
    });
  }

  #entry(name: string, fromPackage: string | undefined): MacroEntry | undefined {
    const [pkg, bare] = split(name);
    return pkg === null
      ? this.#macros.find(bare, fromPackage ?? this.project.name)
      : this.#macros.findIn(pkg, bare);
  }

  #macroNode(entry: MacroEntry): MacroNode {
    const { uniqueId, name, packageName, builtIn } = entry;
    const macro =
      this.manifest.macros[uniqueId] ?? manifestMacro(entry, this.invocation.startedAt.getTime() / 1000);
    return { uniqueId, name, packageName, builtIn, macro };
  }
}

function split(name: string): [string | null, string] {
  const dot = name.indexOf('.');
  return dot === -1 ? [null, name] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** The file a node's code stands in, absolute where that is known. */
/**
 * An error in a node's code, at its line of the file: the code may begin after blank lines, or inside a
 * snapshot block. Reads the file, which only an error is worth.
 */
function inFile(error: BoathouseError, file: string, code: string): BoathouseError {
  const { location } = error;
  if (location?.file !== file || location.line === undefined) return error;
  const text = textOf(file);
  const start = text?.indexOf(code) ?? -1;
  if (text === undefined || start <= 0) return error;
  const before = text.slice(0, start).split('\n');
  const column =
    location.line === 1 ? (location.column ?? 1) + (before.at(-1)?.length ?? 0) : location.column;
  return error.movedTo({
    ...location,
    line: location.line + before.length - 1,
    ...(column === undefined ? {} : { column }),
    text,
  });
}

/** A file's text, or undefined when it is gone. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function fileOf(project: Project, node: ManifestNode | undefined): string {
  if (!node) return project.config.file;
  const root = project.packages.find((pkg) => pkg.name === node.package_name)?.root ?? project.root;
  return `${root}/${node.original_file_path.replace(/^\.\//, '')}`;
}

/** What an ephemeral model is compiled to: it never runs, and its children's compilation is its own. */
function keepEphemeral({ node, sql, above }: EphemeralCte): void {
  node.compiled = true;
  node.compiled_code = injectCtes(sql, above);
  node.extra_ctes_injected = true;
  node.extra_ctes = listed(above);
}

function listed(ctes: readonly EphemeralCte[]): { id: string; sql: string }[] {
  return ctes.map(({ id, name, sql }) => ({ id, sql: ` ${name} as (\n${sql}\n)` }));
}
