/**
 * Macros that can't matter to a parse: whatever they are called with, they refer to nothing, configure
 * nothing, and ask for nothing that a parse has to know of. A model that only calls such macros needs no
 * rendering to be parsed.
 */
import type { MacroEntry, MacroRegistry } from './macro-registry.ts';

/** Which macros are quiet, from one package's point of view. */
export class QuietMacros {
  readonly #registry: MacroRegistry;
  readonly #packageName: string;
  readonly #known = new Map<MacroEntry, boolean>();

  constructor(registry: MacroRegistry, packageName: string) {
    this.#registry = registry;
    this.#packageName = packageName;
  }

  /** The macro that a template means by `name` or `package.name`, when it is quiet. */
  find(name: string): MacroEntry | undefined {
    const entry = this.#named(name);
    return entry && this.#isQuiet(entry) ? entry : undefined;
  }

  #isQuiet(entry: MacroEntry): boolean {
    const known = this.#known.get(entry);
    if (known !== undefined) return known;
    // Until the answer is known: a macro that calls itself is as quiet as the rest of it.
    this.#known.set(entry, true);
    const quiet = this.#look(entry);
    if (!quiet) this.#known.set(entry, false);
    return quiet;
  }

  #look(entry: MacroEntry): boolean {
    const { facts, parameters } = entry.definition;
    if (parameters.some((parameter) => parameter.defaultSource?.includes('('))) return false;
    const packages = new Set<string>();
    for (const name of facts.names) {
      if (loud.has(name)) return false;
      const called = this.#registry.find(name, this.#packageName);
      if (called && !this.#isQuiet(called)) return false;
      // Any other name is a parameter, a variable of the macro itself, or nothing.
      if (name === 'adapter' || name === 'var' || (!called && this.#registry.hasPackage(name)))
        packages.add(name);
    }
    const calls = new Map<string, number>();
    for (const call of facts.calls) {
      const [pkg = '', rest] = call.name.split('.');
      if (call.name === 'adapter.dispatch') {
        const [name, namespace] = call.literalArgs ?? [];
        if (typeof name !== 'string') return false;
        const found = this.#registry.dispatch(
          name,
          typeof namespace === 'string' ? namespace : undefined,
          this.#packageName,
        );
        if (!found || !this.#isQuiet(found)) return false;
        calls.set('adapter', (calls.get('adapter') ?? 0) + 1);
      } else if (call.name === 'var') {
        // With a default it can't fail, and what it gives can't matter.
        if (call.literalArgs?.length !== 2 || call.literalArgs[1] === null) return false;
        calls.set('var', (calls.get('var') ?? 0) + 1);
      } else if (pkg === 'adapter' && rest !== undefined) {
        // Without a database every other method of the adapter answers with nothing.
        calls.set('adapter', (calls.get('adapter') ?? 0) + 1);
      } else if (packages.has(pkg)) {
        const found = rest === undefined ? undefined : this.#registry.findIn(pkg, rest);
        if (!found || !this.#isQuiet(found)) return false;
        calls.set(pkg, (calls.get(pkg) ?? 0) + 1);
      }
    }
    // A package, the adapter or `var` as a value of its own could lead anywhere.
    const { source } = entry.definition;
    return [...packages].every((name) => mentions(source, name) === (calls.get(name) ?? 0));
  }

  #named(name: string): MacroEntry | undefined {
    const dot = name.indexOf('.');
    return dot === -1
      ? this.#registry.find(name, this.#packageName)
      : this.#registry.findIn(name.slice(0, dot), name.slice(dot + 1));
  }
}

/** Names of dbt's context whose use a parse has to notice: they record, ask, say or stop something. */
const loud = new Set([
  'ref',
  'source',
  'config',
  'metric',
  'function',
  'doc',
  'env_var',
  'builtins',
  'context',
  'exceptions',
  'render',
  'log',
  'print',
  'write',
  'store_result',
  'store_raw_result',
  'load_result',
  'load_agate_table',
  'try_or_compiler_error',
  'submit_python_job',
]);

/** How often a name stands in the source, outside of what is surely a text. Too many is safe, too few isn't. */
function mentions(source: string, name: string): number {
  return source.match(new RegExp(`(?<![\\w.'"])${name}(?!\\w)`, 'g'))?.length ?? 0;
}
