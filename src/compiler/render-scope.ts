/**
 * Where a template's names lead: macros of its package, of the root project and ours, packages by name,
 * and then dbt's context. A scope belongs to one render.
 */
import {
  Callable,
  type CallInfo,
  HostObject,
  type Kwargs,
  type RenderOptions,
  type Scope,
  type Value,
} from '../jinja/index.ts';
import type { MacroEntry, MacroRegistry } from './macro-registry.ts';

/** What a scope is made of. */
export interface RenderScopeParts {
  readonly registry: MacroRegistry;
  /** The package whose names come first. */
  readonly packageName: string;
  /** Names that win over everything else. */
  readonly extra?: ReadonlyMap<string, Value> | undefined;
  /** How macros treat undefined names. */
  readonly undefinedMode: NonNullable<RenderOptions['undefined']>;
  /** Told of each macro that the template itself calls, not of those that macros call. */
  readonly onMacroCall?: ((entry: MacroEntry) => void) | undefined;
  /** Told of each name that is read from dbt's context. */
  readonly onContextRead?: ((name: string) => void) | undefined;
  /** Macros that a unit test replaces by a value. */
  readonly macroOverrides?: ReadonlyMap<string, Value> | undefined;
}

/** The names of one render. */
export class RenderScope implements Scope {
  readonly #parts: RenderScopeParts;
  readonly #bound = new Map<MacroEntry, Callable>();
  readonly #packages = new Map<string, PackageMacros>();
  readonly #overrides = new Map<string, Value>();
  #context: ReadonlyMap<string, Value> = new Map();

  constructor(parts: RenderScopeParts) {
    this.#parts = parts;
  }

  /** Sets dbt's context. It needs the scope to find macros, so it comes after. */
  setContext(context: ReadonlyMap<string, Value>): void {
    this.#context = context;
  }

  /** Replaces one name of the context from here on. */
  override(name: string, value: Value): void {
    // Not in a copy of the context: its values are made when they are asked for, most of them never.
    this.#overrides.set(name, value);
  }

  lookup(name: string): Value | undefined {
    const { registry, packageName, extra } = this.#parts;
    const given = extra?.get(name);
    if (given !== undefined) return given;
    const entry = registry.find(name, packageName);
    if (entry && !entry.builtIn) return this.macro(entry);
    const pkg = this.#package(name);
    if (pkg) return pkg;
    if (entry) return this.macro(entry);
    this.#parts.onContextRead?.(name);
    return this.#overrides.get(name) ?? this.#context.get(name);
  }

  *names(): Iterable<string> {
    yield* this.#overrides.keys();
    yield* this.#context.keys();
    yield* this.#parts.registry.names(this.#parts.packageName);
  }

  /** The macro `name`, in one package or by dbt's search. */
  find(name: string, packageName?: string): Value | undefined {
    const { registry } = this.#parts;
    const entry =
      packageName === undefined
        ? registry.find(name, this.#parts.packageName)
        : registry.findIn(packageName, name);
    return entry && this.macro(entry);
  }

  /** A macro as a value that sees this scope. */
  macro(entry: MacroEntry): Callable {
    const known = this.#bound.get(entry);
    if (known) return known;
    const { undefinedMode, onMacroCall, macroOverrides } = this.#parts;
    const replaced =
      macroOverrides?.get(entry.name) ?? macroOverrides?.get(`${entry.packageName}.${entry.name}`);
    let callable: Callable =
      replaced === undefined
        ? entry.definition.bind(this, { undefined: undefinedMode })
        : new FixedMacro(entry.name, replaced);
    if (onMacroCall) callable = new NoticedMacro(callable, () => onMacroCall(entry));
    this.#bound.set(entry, callable);
    return callable;
  }

  #package(name: string): PackageMacros | undefined {
    if (!this.#parts.registry.hasPackage(name)) return undefined;
    let pkg = this.#packages.get(name);
    if (!pkg) {
      pkg = new PackageMacros(name, (macro) => this.find(macro, name));
      this.#packages.set(name, pkg);
    }
    return pkg;
  }
}

/** `pkg` in `pkg.macro()`. */
class PackageMacros extends HostObject {
  override readonly typeName = 'MacroNamespace';
  override readonly isMapping = false;
  readonly #name: string;
  readonly #find: (name: string) => Value | undefined;

  constructor(name: string, find: (name: string) => Value | undefined) {
    super();
    this.#name = name;
    this.#find = find;
  }

  override str(): string {
    return `<macros of ${this.#name}>`;
  }

  override getAttr(name: string): Value | undefined {
    return this.#find(name);
  }

  override getItem(key: Value): Value | undefined {
    return typeof key === 'string' ? this.#find(key) : undefined;
  }

  override contains(item: Value): boolean {
    return typeof item === 'string' && this.#find(item) !== undefined;
  }
}

/** A macro whose direct calls are noticed. */
class NoticedMacro extends Callable {
  override readonly typeName = 'macro';
  readonly name: string;
  readonly #macro: Callable;
  readonly #notice: () => void;

  constructor(macro: Callable, notice: () => void) {
    super();
    this.name = macro.name;
    this.#macro = macro;
    this.#notice = notice;
  }

  override str(): string {
    return this.#macro.str();
  }

  override getAttr(name: string): Value | undefined {
    return this.#macro.getAttr(name);
  }

  override call(args: readonly Value[], kwargs: Kwargs, call: CallInfo): Value | Promise<Value> {
    if (call.macroNames.length === 0) this.#notice();
    return this.#macro.call(args, kwargs, call);
  }
}

/** A macro that a unit test has replaced: always the same value. */
class FixedMacro extends Callable {
  override readonly typeName = 'macro';
  readonly name: string;
  readonly #value: Value;

  constructor(name: string, value: Value) {
    super();
    this.name = name;
    this.#value = value;
  }

  override str(): string {
    return `<macro ${this.name}>`;
  }

  override call(): Value {
    return this.#value;
  }
}
