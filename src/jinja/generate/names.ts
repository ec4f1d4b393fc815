/**
 * Which JavaScript variable a template's name is.
 *
 * Jinja decides this before running: a name that a block assigns is that block's own, from its start;
 * it begins as the outer block's value, or as what the scope holds, or undefined when the first thing
 * that surely happens to it is an assignment. A name that no enclosing block assigns is free: the
 * scope is asked.
 */
import type { Expression, Statement, Target } from '../syntax/nodes.ts';
import { childrenOf } from '../syntax/walk.ts';

/** The names of one block, and those of the blocks around it. */
export class Names {
  readonly parent: Names | undefined;
  readonly #variables = new Map<string, string>();

  constructor(parent: Names | undefined) {
    this.parent = parent;
  }

  /** The variable of `name` here or in a block around, or undefined when it is free. */
  find(name: string): string | undefined {
    return this.#variables.get(name) ?? this.parent?.find(name);
  }

  own(name: string): string | undefined {
    return this.#variables.get(name);
  }

  declare(name: string, variable: string): void {
    this.#variables.set(name, variable);
  }
}

/** How a name that a block assigns starts out. */
export type Start = 'unset' | 'inherited';

/** The names that `body` assigns in its own block (not in blocks within), and how each starts. */
export function assignedNames(body: readonly Statement[]): ReadonlyMap<string, Start> {
  const seen = new Map<string, 'read' | 'written'>();
  const assigned = new Map<string, Start>();
  const read = (expression: Expression | undefined): void => {
    if (!expression) return;
    if (expression.kind === 'name' && !seen.has(expression.name)) seen.set(expression.name, 'read');
    if (expression.kind === 'namespace-ref' && !seen.has(expression.name)) seen.set(expression.name, 'read');
    for (const child of childrenOf(expression)) read(child);
  };
  const write = (name: string, surely: boolean): void => {
    if (!assigned.has(name)) assigned.set(name, surely && !seen.has(name) ? 'unset' : 'inherited');
    if (!seen.has(name)) seen.set(name, 'written');
  };
  const writeTarget = (target: Target | Expression, surely: boolean): void => {
    if (target.kind === 'name') write(target.name, surely);
    else if (target.kind === 'tuple') for (const item of target.items) writeTarget(item, surely);
    else read(target);
  };
  const visit = (statements: readonly Statement[], surely: boolean): void => {
    for (const statement of statements) {
      switch (statement.kind) {
        case 'print':
        case 'do':
          read(statement.value);
          break;
        case 'set':
          read(statement.value);
          writeTarget(statement.target, surely);
          break;
        case 'set-block':
          writeTarget(statement.target, surely);
          break;
        case 'if':
          for (const branch of statement.branches) {
            read(branch.test);
            visit(branch.body, false);
          }
          visit(statement.otherwise, false);
          break;
        case 'for':
          read(statement.items);
          break;
        case 'macro':
          write(statement.macroName, surely);
          break;
        case 'call-block':
          read(statement.call);
          break;
        case 'filter-block':
          read(statement.filter);
          break;
        case 'with':
          for (const value of statement.values) read(value);
          break;
        case 'load':
          read(statement.template);
          for (const name of statement.names) write(name, surely);
          break;
        default:
      }
    }
  };
  visit(body, true);
  return assigned;
}
