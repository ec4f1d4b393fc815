/**
 * Database, schema and alias of a node: what `generate_database_name`, `generate_schema_name` and
 * `generate_alias_name` say. The macros are called only where the user has replaced one; ours do the same.
 */
import type { SourceLocation } from '../base/index.ts';
import { noKwargs, type Value } from '../jinja/index.ts';
import { compilerErrors } from './errors.ts';
import type { MacroEntry } from './macro-registry.ts';
import type { ManifestNode, Plain } from './manifest.ts';
import type { Parsing } from './parsing.ts';
import { fromPlain } from './plain-values.ts';
import { isRelational, relationOf } from './relation-of.ts';
import type { RenderScope } from './render-scope.ts';

type Component = 'database' | 'schema' | 'alias';

/** Names nodes, for one parse. */
export class NodeNames {
  readonly #parsing: Parsing;
  readonly #replaced = new Map<string, MacroEntry | undefined>();
  readonly #scopes = new Map<string, RenderScope>();

  constructor(parsing: Parsing) {
    this.#parsing = parsing;
  }

  /** Sets `database`, `schema`, `alias` and `relation_name` by the node's configuration. @throws compiler.bad-name-macro */
  apply(node: ManifestNode, location: () => SourceLocation): void {
    const { config } = node;
    node.database = this.#name('database', config.database, node, location) ?? '';
    node.schema = this.#name('schema', config.schema, node, location) ?? '';
    const alias = this.#name('alias', config.alias, node, location);
    if (alias === null || alias === '') {
      throw compilerErrors['bad-name-macro'](
        { macro: 'generate_alias_name', node: node.unique_id, problem: 'it returned nothing' },
        { location: location() },
      );
    }
    node.alias = alias;
    if (node.resource_type === 'snapshot') {
      const { target_database: database, target_schema: schema } = config;
      if (typeof database === 'string' && database !== '') node.database = database;
      if (typeof schema === 'string' && schema !== '') node.schema = schema;
    }
    node.relation_name = isRelational(node) ? relationOf(this.#parsing.project, node).render() : null;
  }

  #name(
    component: Component,
    custom: string | null | undefined,
    node: ManifestNode,
    location: () => SourceLocation,
  ): string | null {
    const macro = this.#replacement(component, node.package_name);
    if (!macro) return this.#ownRule(component, custom ?? null, node);
    const scope = this.#scope(node.package_name);
    const value = scope.macro(macro).call([custom ?? null, fromPlain(node as unknown as Plain)], noKwargs, {
      location: undefined,
      flavour: 'sync',
      undefinedMode: 'lenient',
      macroNames: [],
    });
    if (value instanceof Promise) {
      throw compilerErrors['bad-name-macro'](
        { macro: macro.name, node: node.unique_id, problem: 'it asks the database, which naming may not' },
        { location: location() },
      );
    }
    return textOf(value);
  }

  /** The user's macro for a component, or undefined when everything that a call would reach is ours. */
  #replacement(component: Component, packageName: string): MacroEntry | undefined {
    const key = `${component} ${packageName}`;
    if (this.#replaced.has(key)) return this.#replaced.get(key);
    const { registry } = this.#parsing;
    const name = `generate_${component}_name`;
    const macro = registry.findNameMacro(component, packageName);
    const dispatched = registry.dispatch(name, 'dbt', packageName);
    const isOurs = (macro?.builtIn ?? true) && (dispatched?.builtIn ?? true);
    this.#replaced.set(key, isOurs ? undefined : macro);
    return isOurs ? undefined : macro;
  }

  #ownRule(component: Component, custom: string | null, node: ManifestNode): string {
    const { home } = this.#parsing;
    switch (component) {
      case 'database':
        return custom?.trim() ?? home.database;
      case 'schema':
        return custom === null ? home.schema : `${home.schema}_${custom.trim()}`;
      default:
        if (custom !== null && custom !== '') return custom.trim();
        return node.version == null
          ? node.name
          : `${node.name}_v${String(node.version).replaceAll('.', '_')}`;
    }
  }

  #scope(packageName: string): RenderScope {
    let scope = this.#scopes.get(packageName);
    if (!scope) {
      const { environment } = this.#parsing;
      const refuse = (what: string) => (): never => {
        throw compilerErrors['bad-ref']({ problem: `${what}() can't be called while nodes get their names` });
      };
      scope = environment.scope({
        kind: 'parse',
        packageName,
        names: { ref: refuse('ref'), source: refuse('source'), doc: refuse('doc') },
      });
      this.#scopes.set(packageName, scope);
    }
    return scope;
  }
}

function textOf(value: Value): string | null {
  if (value === null) return null;
  return (typeof value === 'string' ? value : String(value)).trim();
}
