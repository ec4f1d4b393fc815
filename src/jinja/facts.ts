/** What can be known of a template without rendering it. */
import type { SourceLocation } from '../base/index.ts';
import type { Expression, ExpressionOf, Statement } from './syntax/nodes.ts';
import type { SourceText } from './syntax/source-text.ts';
import { bodiesOf, childrenOf, expressionsOf } from './syntax/walk.ts';

/** A value that was written out in the template: what static reading can know of an argument. */
export type LiteralValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly LiteralValue[]
  | { readonly [key: string]: LiteralValue };

/** A call in a template. */
export interface CallFact {
  /** The name as written: `foo`, or `pkg.foo` for an attribute of a bare name. */
  readonly name: string;
  /** Positional arguments, when every argument of the call is a literal. */
  readonly literalArgs?: readonly LiteralValue[];
  readonly literalKwargs?: Readonly<Record<string, LiteralValue>>;
  readonly location: SourceLocation;
}

/** What can be known of a template without rendering it. */
export interface TemplateFacts {
  /** Every call, in the order of the text, those inside macros included. */
  readonly calls: readonly CallFact[];
  /** Every name that is read, whether or not the template assigns it. */
  readonly names: ReadonlySet<string>;
  /** Whether the template is text alone: rendering it gives that text. */
  readonly isStatic: boolean;
}

/** The facts of `body`. */
export function factsOf(body: readonly Statement[], source: SourceText): TemplateFacts {
  const calls: CallFact[] = [];
  const names = new Set<string>();
  const visit = (expression: Expression): void => {
    if (expression.kind === 'name') names.add(expression.name);
    if (expression.kind === 'call') {
      const name = calledName(expression.target);
      if (name !== undefined) calls.push(factOf(name, expression, source));
    }
    for (const child of childrenOf(expression)) visit(child);
  };
  const walk = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      for (const expression of expressionsOf(statement)) visit(expression);
      for (const inner of bodiesOf(statement)) walk(inner);
    }
  };
  walk(body);
  return { calls, names, isStatic: body.every((statement) => statement.kind === 'text') };
}

function calledName(target: Expression): string | undefined {
  if (target.kind === 'name') return target.name;
  if (target.kind !== 'attribute') return undefined;
  const owner = calledName(target.target);
  return owner === undefined ? undefined : `${owner}.${target.name}`;
}

function factOf(name: string, call: ExpressionOf<'call'>, source: SourceText): CallFact {
  const fact = {
    name,
    get location() {
      return source.locationOf(call.at);
    },
  };
  const { args, kwargs, star, starStar } = call.arguments;
  if (star || starStar) return fact;
  const literalArgs = args.map(literalOf);
  const literalKwargs = kwargs.map((k) => [k.name, literalOf(k.value)] as const);
  if (literalArgs.includes(undefined) || literalKwargs.some(([, value]) => value === undefined)) return fact;
  return Object.defineProperties(fact, {
    literalArgs: { value: literalArgs, enumerable: true },
    literalKwargs: { value: Object.fromEntries(literalKwargs), enumerable: true },
  });
}

/** The value of an expression that is written out, or undefined. */
function literalOf(node: Expression): LiteralValue | undefined {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'negative': {
      const value = literalOf(node.operand);
      return typeof value === 'number' || typeof value === 'bigint' ? -value : undefined;
    }
    case 'list':
    case 'tuple': {
      const items = node.items.map(literalOf);
      return items.includes(undefined) ? undefined : (items as LiteralValue[]);
    }
    case 'dict': {
      const pairs = node.pairs.map(([key, value]) => [literalOf(key), literalOf(value)] as const);
      if (pairs.some(([key, value]) => typeof key !== 'string' || value === undefined)) return undefined;
      return Object.fromEntries(pairs as [string, LiteralValue][]);
    }
    default:
      return undefined;
  }
}
