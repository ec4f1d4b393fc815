/**
 * What a node's SQL refers to and configures, found by reading its literal calls or, where they aren't
 * literal, by rendering it with `execute` false and writing down what it calls.
 */
import type { SourceLocation } from '../base/index.ts';
import { parseTemplate, type Scope, type Template, type Value } from '../jinja/index.ts';
import { addConfigCall } from './config-levels.ts';
import type { ConfigAccess, NameResolver } from './context/index.ts';
import type { DocBlocks } from './doc-blocks.ts';
import type { ManifestNode, Plain, RefArgs } from './manifest.ts';
import type { Parsing } from './parsing.ts';
import { fromPlain, toPlain } from './plain-values.ts';
import { QuietMacros } from './quiet-macros.ts';
import { relationOf } from './relation-of.ts';
import { MetricValue } from './semantic/metric-value.ts';
import { refOfCall, type StaticCall, staticCalls } from './static-calls.ts';

/** What was found. */
export interface Recorded {
  readonly refs: RefArgs[];
  readonly sources: string[][];
  readonly metrics: string[][];
  readonly functions: string[][];
  /** Unique ids of macros that the text itself calls. */
  readonly macros: string[];
  /** All `config()` calls put together. */
  readonly calls: Plain;
}

/** Nothing found yet. */
export function newRecord(): Recorded {
  return { refs: [], sources: [], metrics: [], functions: [], macros: [], calls: {} };
}

/** The calls that are recorded. */
const ownCalls: ReadonlySet<string> = new Set(['ref', 'source', 'config']);

/** Finds out what texts refer to, for one parse. */
export class Recorder {
  readonly #parsing: Parsing;
  readonly #docs: DocBlocks;
  readonly #quiet = new Map<string, QuietMacros | undefined>();

  constructor(parsing: Parsing, docs: DocBlocks) {
    this.#parsing = parsing;
    this.#docs = docs;
  }

  /**
   * Records what `text` calls when rendered for `node`, whose configuration is as far as known.
   *
   * @param origin where the text stands.
   * @param prepare called before rendering, when that is needed: the node's configuration so far has to be set then.
   * @throws jinja.* and compiler.* as rendering does.
   */
  record(
    node: ManifestNode,
    text: string,
    origin: { readonly file: string; readonly line?: number },
    into: Recorded = newRecord(),
    prepare?: () => void,
  ): Recorded {
    if (!text.includes('{')) return into;
    const quiet = this.#quietMacros(node.package_name);
    if (quiet) {
      const calls = staticCalls(text, (name) => quiet.find(name) !== undefined);
      if (calls) {
        const called = this.#parsing.environment.quietMacros.get(node.package_name);
        for (const call of calls) {
          takeStatic(call, node, into, quiet);
          if (!ownCalls.has(call.name)) called?.add(call.name);
        }
        // What dbt reads of a model without rendering has each source once; what it renders, each call.
        if (node.resource_type === 'model' && calls.every(({ name }) => ownCalls.has(name)))
          withoutRepeats(into.sources);
        return into;
      }
    }
    prepare?.();
    this.renderTemplate(node, parseTemplate(text, origin), into);
    return into;
  }

  /** Renders a template for `node` with everything it calls written into `into`. */
  renderTemplate(
    node: ManifestNode,
    template: Template,
    into: Recorded,
    extra?: ReadonlyMap<string, Value>,
  ): string {
    return template.renderSync(this.scope(node, into, extra), { undefined: 'lenient' });
  }

  /** The scope in which `node` is rendered while parsing. */
  scope(node: ManifestNode, into: Recorded, extra?: ReadonlyMap<string, Value>): Scope {
    const { environment, project } = this.#parsing;
    const self = relationOf(project, node);
    const macros = new Set(into.macros);
    return environment.scope({
      kind: 'parse',
      packageName: node.package_name,
      model: node as unknown as Plain,
      self,
      config: recordingConfig(node, into),
      names: { ...recordingNames(into, self), doc: (name, inPackage) => this.#doc(node, name, inPackage) },
      extra,
      onMacroCall: (entry) => {
        if (macros.has(entry.uniqueId)) return;
        macros.add(entry.uniqueId);
        into.macros.push(entry.uniqueId);
      },
    });
  }

  #doc(node: ManifestNode, name: string, inPackage: string | undefined): string {
    return this.#docs.find(name, inPackage, node.package_name).block_contents;
  }

  /** Undefined where the user has a macro in the place of `ref`: then nothing can be known without rendering. */
  #quietMacros(packageName: string): QuietMacros | undefined {
    if (!this.#quiet.has(packageName)) {
      const { registry } = this.#parsing;
      const isUsual = [...ownCalls].every((name) => registry.find(name, packageName) === undefined);
      if (isUsual) this.#parsing.environment.quietMacros.set(packageName, new Set());
      this.#quiet.set(packageName, isUsual ? new QuietMacros(registry, packageName) : undefined);
    }
    return this.#quiet.get(packageName);
  }
}

/** The place of the first call of `name` in `text` for which `matches` holds; the text's beginning otherwise. */
export function locateCall(
  text: string,
  origin: { readonly file: string; readonly line?: number },
  name: string,
  matches: (args: readonly unknown[]) => boolean,
): SourceLocation {
  const calls = parseTemplate(text, origin).facts.calls;
  const found =
    calls.find((call) => call.name === name && call.literalArgs && matches(call.literalArgs)) ??
    calls.find((call) => call.name === name);
  return found?.location ?? origin;
}

/** Copies what was recorded to the node. */
export function applyRecord(node: ManifestNode, record: Recorded): void {
  node.refs = record.refs;
  node.sources = record.sources;
  node.metrics = record.metrics;
  node.functions = record.functions;
  node.depends_on.macros = record.macros;
}

function takeStatic(call: StaticCall, node: ManifestNode, into: Recorded, quiet: QuietMacros): void {
  switch (call.name) {
    case 'ref':
      into.refs.push(refOfCall(call));
      break;
    case 'source':
      into.sources.push([...(call.args as string[])]);
      break;
    case 'config':
      addConfigCall(into.calls, call.kwargs, node.unique_id);
      break;
    default: {
      const id = quiet.find(call.name)?.uniqueId;
      if (id !== undefined && !into.macros.includes(id)) into.macros.push(id);
    }
  }
}

function withoutRepeats(sources: string[][]): void {
  const seen = new Set<string>();
  const kept = sources.filter((source) => {
    const key = source.join('\0');
    return !seen.has(key) && seen.add(key);
  });
  sources.splice(0, sources.length, ...kept);
}

function recordingNames(into: Recorded, self: Value): Omit<NameResolver, 'doc' | 'variable'> {
  return {
    ref: ({ name, packageName, version }) => {
      into.refs.push({ name, package: packageName ?? null, version: version ?? null });
      return self;
    },
    source: (sourceName, tableName) => {
      into.sources.push([sourceName, tableName]);
      return self;
    },
    metric: (name, packageName) => {
      into.metrics.push(packageName === undefined ? [name] : [packageName, name]);
      return new MetricValue(name);
    },
    function: (name, packageName) => {
      into.functions.push(packageName === undefined ? [name] : [packageName, name]);
      return '';
    },
  };
}

function recordingConfig(node: ManifestNode, into: Recorded): ConfigAccess {
  return {
    record: (entries) => {
      const call: Plain = {};
      for (const [key, value] of entries) call[key] = toPlain(value);
      addConfigCall(into.calls, call, node.unique_id);
    },
    get: (name) => {
      const called = into.calls[name];
      if (called !== undefined) return fromPlain(called);
      const value = node.config[name];
      return value === undefined ? undefined : fromPlain(value);
    },
    meta: () => node.config.meta,
  };
}
