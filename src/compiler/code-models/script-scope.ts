/** What the names of a script stand for, as far as a model's context goes. */
import type { AnyNode, Pattern, VariableDeclaration } from 'acorn';
import { propertyName } from './script-literal.ts';

/** The calls of a context that say what a model depends on and how it is configured. */
export type Method = 'ref' | 'source' | 'config';

/** What a name stands for. Most stand for nothing that matters here. */
export type Meaning =
  | { readonly kind: 'context' }
  | { readonly kind: 'method'; readonly name: Method }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'other' };

/** Nothing that matters. */
export const other: Meaning = { kind: 'other' };

/** The names of one block or function. */
export class Scope {
  readonly #names = new Map<string, Meaning>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  /** What `name` stands for here. */
  find(name: string): Meaning {
    return this.#names.get(name) ?? this.#outer?.find(name) ?? other;
  }

  /** Gives `name` a meaning in this very scope. */
  declare(name: string, meaning: Meaning): void {
    this.#names.set(name, meaning);
  }

  /** Gives `name` its meaning where it was declared: a declarator stands below its hoisted name. */
  assign(name: string, meaning: Meaning): void {
    if (this.#names.has(name) || this.#outer === undefined) this.#names.set(name, meaning);
    else this.#outer.assign(name, meaning);
  }

  /** Binds the names of `pattern` to the parts of what `meaning` is. */
  bind(pattern: Pattern, meaning: Meaning): void {
    switch (pattern.type) {
      case 'Identifier':
        this.assign(pattern.name, meaning);
        return;
      case 'AssignmentPattern':
        this.bind(pattern.left, meaning);
        return;
      case 'ObjectPattern':
        for (const property of pattern.properties) {
          if (property.type === 'RestElement') this.bind(property.argument, meaning);
          else this.bind(property.value, memberOf(meaning, propertyName(property.key, property.computed)));
        }
        return;
      case 'ArrayPattern':
        for (const element of pattern.elements) if (element !== null) this.bind(element, other);
        return;
      case 'RestElement':
        this.bind(pattern.argument, other);
        return;
      default:
        return;
    }
  }

  /** Declares what the statements of a block declare, before any of them runs. */
  hoist(statements: readonly AnyNode[]): void {
    for (const statement of statements) {
      if (statement.type === 'VariableDeclaration') this.#declareAll(statement);
      else if (
        (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') &&
        statement.id !== null
      )
        this.declare(statement.id.name, other);
      else if (statement.type === 'ImportDeclaration') {
        for (const specifier of statement.specifiers) this.declare(specifier.local.name, other);
      } else if (statement.type === 'ExportNamedDeclaration' && statement.declaration != null)
        this.hoist([statement.declaration]);
    }
  }

  #declareAll(declaration: VariableDeclaration): void {
    for (const { id } of declaration.declarations) for (const name of namesOf(id)) this.declare(name, other);
  }
}

/** What `.name` of something is. */
export function memberOf(meaning: Meaning, name: string | undefined): Meaning {
  if (meaning.kind !== 'context') return other;
  return name === 'ref' || name === 'source' || name === 'config' ? { kind: 'method', name } : other;
}

/** The names that a pattern declares. */
export function namesOf(pattern: Pattern): readonly string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'AssignmentPattern':
      return namesOf(pattern.left);
    case 'RestElement':
      return namesOf(pattern.argument);
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element === null ? [] : namesOf(element)));
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        namesOf(property.type === 'RestElement' ? property.argument : property.value),
      );
    default:
      return [];
  }
}
