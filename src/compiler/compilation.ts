/** A parsed project, ready to compile: what every layer above works with. */
import type { Value } from '../jinja/index.ts';
import type { Project } from '../project/index.ts';
import type { ContextInput, NameResolver, Relation } from './context/index.ts';
import type { Graph } from './graph.ts';
import type { Invocation } from './invocation.ts';
import type {
  Manifest,
  ManifestExposure,
  ManifestMacro,
  ManifestNode,
  ManifestSource,
  ManifestUnitTest,
  Plain,
} from './manifest.ts';
import type { expectedCode, FixtureTarget, UnitTestCode } from './unit-test-code.ts';
import type { Warehouse, WarehouseColumn, WarehouseSession } from './warehouse.ts';

/** What compiling a node gave. The same facts are set on the manifest's node. */
export interface CompiledNode {
  readonly node: ManifestNode;
  /** SQL with ephemeral parents injected as CTEs, ready to run inside a materialization. */
  readonly code: string;
  /** The node's own SQL, before CTEs were put in front. */
  readonly codeWithoutCtes: string;
}

/** The engine that templates may reach while rendering: one session, and the warehouse it belongs to. */
export interface Engine {
  readonly session: WarehouseSession;
  readonly warehouse: Warehouse;
}

/** A compiled unit test. */
export interface CompiledUnitTest extends UnitTestCode {
  /** What is expected of rows with these columns. */
  expected(columns: readonly WarehouseColumn[]): ReturnType<typeof expectedCode>;
}

/** What a render may be given besides the usual context. */
export interface RenderExtras {
  /** Ephemeral models are left out of an inline text that reads them. */
  readonly withoutCtes?: boolean;
  /** More names, which win over the context's. */
  readonly names?: ReadonlyMap<string, Value>;
  /** The package whose macros and vars come first; the root project's when left out (or the node's). */
  readonly packageName?: string;
  /** Where the text stands, for errors. The node's file when left out. */
  readonly file?: string;
  /** The condition put around relations with an `event_time`, from that column's name: a batch's stretch of time. */
  readonly eventTimeFilter?: (field: string) => string | undefined;
  /** Stands in for the node: a copy of it that has its batch in it. */
  readonly node?: ManifestNode;
  /** Other answers for `ref`, `source` and the like: unit tests put fixtures there. */
  readonly resolver?: Partial<NameResolver>;
  /** Macros that answer with a fixed value instead: unit tests. */
  readonly macroOverrides?: ReadonlyMap<string, Value>;
  /** What `write(...)` and `load_agate_table` reach. */
  readonly files?: ContextInput['files'];
}

/** The macro that a name stands for. */
export interface MacroNode {
  readonly uniqueId: string;
  readonly name: string;
  readonly packageName: string;
  /** Whether it comes with Boathouse: then a fast path in TypeScript may stand in for it. */
  readonly builtIn: boolean;
  readonly macro: ManifestMacro;
}

/** A parsed project. Rendering needs an engine only where a template asks the database. */
export interface Compilation {
  readonly project: Project;
  readonly invocation: Invocation;
  readonly manifest: Manifest;
  readonly graph: Graph;
  /** Whether everything came from the cache of an earlier parse. */
  readonly fromCache: boolean;
  /** Whatever the id stands for. @throws compiler.no-such-node */
  lookup(uniqueId: string): ManifestNode | ManifestSource | ManifestExposure | ManifestUnitTest;
  /**
   * Renders a node with `execute` true, injects its ephemeral parents, and sets `compiled`,
   * `compiled_code`, `extra_ctes` and `relation_name` on the manifest's node. Writes no file.
   * Compiling again renders again: parents may have changed.
   *
   * @throws compiler.render-failed and jinja.* with the file, line, column and macro calls.
   */
  compileNode(uniqueId: string, engine: Engine | undefined, extras?: RenderExtras): Promise<CompiledNode>;
  /**
   * The SQL of a unit test, and with `expected` what its rows are compared with.
   *
   * @param columnsOf the columns of what fixtures stand for; empty when nobody knows them.
   * @throws compiler.unit-test-input, compiler.unit-test-column, compiler.unit-test-columns-unknown, jinja.*
   */
  compileUnitTest(
    uniqueId: string,
    engine: Engine,
    columnsOf: (target: FixtureTarget) => Promise<readonly WarehouseColumn[]>,
  ): Promise<CompiledUnitTest>;
  /** Renders a text (a hook, an inline query, an operation) as if it stood in `node`, or in the root project. */
  renderIn(
    node: ManifestNode | undefined,
    text: string,
    engine: Engine | undefined,
    extras?: RenderExtras,
  ): Promise<string>;
  /**
   * Like `renderIn`, with the ephemeral models that the text refers to put in front as CTEs: an inline
   * query, ready to run.
   */
  compileInline(text: string, engine: Engine | undefined, extras?: RenderExtras): Promise<string>;
  /**
   * Calls a macro by dbt's search order: the caller's package, the root project, then ours.
   *
   * @param name `name` or `package.name`.
   * @throws compiler.macro-not-found
   */
  callMacro(
    name: string,
    args: readonly Value[],
    kwargs: ReadonlyMap<string, Value>,
    context: {
      readonly node?: ManifestNode;
      readonly engine?: Engine | undefined;
      readonly extras?: RenderExtras;
    },
  ): Promise<Value>;
  /** The macro `name` (or `package.name`) stands for, or what `adapter.dispatch(name)` would find when `dispatch`. */
  findMacro(
    name: string,
    options?: { readonly package?: string; readonly dispatch?: boolean },
  ): MacroNode | undefined;
  /** Whether what a call of `name` runs, dispatch included, is our own text in every step. */
  isBuiltIn(name: string): boolean;
  /** The materialization that `name` stands for: the adapter's before the default, the project's before ours. */
  findMaterialization(name: string, packageName?: string): MacroNode | undefined;
  /** Runs a `{% materialization %}` for a compiled node; the relations it returned, in order. */
  runMaterialization(
    macro: MacroNode,
    node: ManifestNode,
    engine: Engine,
    extras?: RenderExtras,
  ): Promise<readonly Relation[]>;
  /** Where a node's or source's rows are, as templates name them. */
  relationOf(node: ManifestNode | ManifestSource): Relation;
  /** The content of `manifest.json`. */
  manifestJson(): Uint8Array;
  /** Says that a node of the manifest was changed from outside, so that its text is made anew. */
  touch(): void;
  /** The variables that templates of a package see, `--vars` included. */
  varsOf(packageName: string): Plain;
}
