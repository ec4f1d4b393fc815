/**
 * What Jinja refuses when it compiles a tree that has parsed: unknown filters and tests, loop controls
 * outside of loops, a `loop` that is assigned, arguments given twice, two blocks of one name.
 */
import { type BoathouseError, didYouMean } from '../../base/index.ts';
import { jinjaErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Arguments, Expression, ParameterNode, Statement } from './nodes.ts';
import type { SourceText } from './source-text.ts';
import { bodiesOf, childrenOf, expressionsOf, usesName } from './walk.ts';

/** The names of filters and tests there are. */
export interface KnownNames {
  readonly filters: ReadonlyMap<string, unknown>;
  readonly tests: ReadonlyMap<string, unknown>;
}

interface Context {
  readonly inLoop: boolean;
  /** Inside any `for`, function boundaries notwithstanding: `loop` may not be assigned. */
  readonly underFor: boolean;
  /** Inside an `if` of the same block, where unknown filters are found out only when reached. */
  readonly soft: boolean;
}

/** @throws jinja.syntax at the first thing in `body` that can't be compiled */
export function checkTree(body: readonly Statement[], source: SourceText, known: KnownNames): void {
  new Checker(source, known).statements(body, { inLoop: false, underFor: false, soft: false });
}

class Checker {
  readonly #source: SourceText;
  readonly #known: KnownNames;
  readonly #blocks = new Set<string>();
  #depth = 0;

  constructor(source: SourceText, known: KnownNames) {
    this.#source = source;
    this.#known = known;
  }

  statements(body: readonly Statement[], context: Context): void {
    for (const statement of body) this.#statement(statement, context);
  }

  #statement(statement: Statement, context: Context): void {
    const inner: Context = { ...context, soft: false };
    const separate: Context = { ...inner, inLoop: false };
    switch (statement.kind) {
      case 'text':
        return;
      case 'break':
      case 'continue':
        if (!context.inLoop) throw this.#error(`'${statement.kind}' outside loop`, statement.at);
        return;
      case 'if':
        for (const branch of statement.branches) {
          this.#expression(branch.test, { ...context, soft: true });
          this.statements(branch.body, { ...context, soft: true });
        }
        this.statements(statement.otherwise, { ...context, soft: true });
        return;
      case 'for': {
        this.#target(statement.target, { ...context, underFor: true });
        this.#expression(statement.items, context);
        if (statement.test) this.#expression(statement.test, inner);
        this.statements(statement.body, { ...inner, inLoop: true, underFor: true });
        this.statements(statement.otherwise, {
          ...inner,
          inLoop: context.inLoop && !statement.isRecursive,
          underFor: true,
        });
        return;
      }
      case 'macro':
      case 'call-block':
        this.#parameters(statement.parameters, statement.body, separate);
        if (statement.kind === 'call-block') {
          this.#expression(statement.call, context);
          if (
            statement.call.kind === 'call' &&
            statement.call.arguments.kwargs.some((k) => k.name === 'caller')
          ) {
            throw this.#error('keyword argument repeated: caller', statement.at);
          }
        }
        this.statements(statement.body, separate);
        return;
      case 'block':
        if (this.#blocks.has(statement.name))
          throw this.#error(`block '${statement.name}' defined twice`, statement.at);
        this.#blocks.add(statement.name);
        this.statements(statement.body, separate);
        return;
      default:
        for (const expression of expressionsOf(statement)) this.#expression(expression, context);
        if (statement.kind === 'set' || statement.kind === 'set-block')
          this.#target(statement.target, context);
        if (statement.kind === 'with')
          for (const target of statement.targets) this.#target(target, { ...context, underFor: false });
        for (const body of bodiesOf(statement)) this.statements(body, inner);
    }
  }

  #parameters(parameters: readonly ParameterNode[], body: readonly Statement[], context: Context): void {
    for (const { name, initial, at } of parameters) {
      if (initial) this.#expression(initial, context);
      if (name === 'caller' && !initial && usesName(body, 'caller')) {
        throw this.#error(
          'When defining macros or call blocks the special "caller" argument must be omitted or be given a default.',
          at,
        );
      }
    }
  }

  #target(target: Expression, context: Context): void {
    if (target.kind === 'tuple') for (const item of target.items) this.#target(item, context);
    if (target.kind === 'name' && target.name === 'loop' && context.underFor) {
      throw this.#error("Can't assign to special loop variable in for-loop", target.at);
    }
  }

  #expression(expression: Expression, context: Context): void {
    this.#depth += 1;
    if (this.#depth > limits.nesting)
      throw this.#error(
        'This expression has too many operators and brackets inside one another',
        expression.at,
      );
    this.#checkExpression(expression, context);
    this.#depth -= 1;
  }

  #checkExpression(expression: Expression, context: Context): void {
    switch (expression.kind) {
      case 'filter':
        this.#checkName(expression.name, 'filter', expression.at, context);
        this.#keywords(expression.arguments);
        break;
      case 'test':
        this.#checkName(expression.name, 'test', expression.at, context);
        this.#keywords(expression.arguments);
        break;
      case 'call':
        this.#keywords(expression.arguments);
        break;
      case 'conditional':
        for (const child of childrenOf(expression)) this.#expression(child, { ...context, soft: true });
        return;
      default:
    }
    for (const child of childrenOf(expression)) this.#expression(child, context);
  }

  #checkName(name: string, kind: 'filter' | 'test', at: number, context: Context): void {
    const names = kind === 'filter' ? this.#known.filters : this.#known.tests;
    if (context.soft || names.has(name)) return;
    throw this.#error(`No ${kind} named '${name}'.`, at, didYouMean(name, names.keys()));
  }

  #keywords({ kwargs }: Arguments): void {
    const seen = new Set<string>();
    // Jinja passes arguments named like Python's keywords in a dict, which takes the last of two.
    if (kwargs.some(({ name }) => pythonKeywords.has(name))) return;
    for (const { name, at } of kwargs) {
      if (seen.has(name)) throw this.#error(`keyword argument repeated: ${name}`, at);
      seen.add(name);
    }
  }

  #error(problem: string, at: number, hint?: string): BoathouseError {
    return jinjaErrors.syntax({ problem }, { location: this.#source.locationOf(at), hint });
  }
}

const pythonKeywords: ReadonlySet<string> = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);
