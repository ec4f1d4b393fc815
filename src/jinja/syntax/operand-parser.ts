/** Operands: literals, names and what is attached to them: attributes, items, calls, filters, tests. */
import type { Arguments, Expression, ExpressionOf, Keyword } from './nodes.ts';
import { describeToken } from './token.ts';
import type { TokenStream } from './token-stream.ts';

/** The names that are constants, which nothing can be assigned to. */
export const constantNames: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);
const barearguments: ReadonlySet<string> = new Set(['name', 'string', 'integer', 'float', '[', '{']);

/** The lower half of the expression grammar; `ExpressionParser` adds the operators. */
export abstract class OperandParser {
  readonly stream: TokenStream;

  constructor(stream: TokenStream) {
    this.stream = stream;
  }

  /** One expression; without `allowIf` it stops before an inline `if`. */
  abstract parse(allowIf?: boolean): Expression;

  /** One expression, or several with commas as a tuple. */
  abstract parseTuple(options?: { allowIf?: boolean; inParentheses?: boolean }): Expression;

  /** A literal, name or parenthesis with its signs, attributes, calls, filters and tests. */
  protected operand(allowFilter: boolean): Expression {
    const { kind, begin } = this.stream.current;
    let node: Expression;
    if (kind === '-' || kind === '+') {
      this.stream.next();
      node = { kind: kind === '-' ? 'negative' : 'positive', operand: this.operand(false), at: begin };
    } else {
      node = this.primary(false);
    }
    node = this.#postfix(node);
    return allowFilter ? this.#filters(node) : node;
  }

  /** A literal, name or parenthesis alone; `allowNamespace` reads `ns.attr` as something to assign to. */
  protected primary(allowNamespace: boolean): Expression {
    const stream = this.stream;
    const token = stream.current;
    const at = token.begin;
    switch (token.kind) {
      case 'name': {
        stream.next();
        const constant = constantNames.get(token.value);
        if (constant !== undefined) return { kind: 'constant', value: constant, isFloat: false, at };
        if (allowNamespace && stream.skipIf('.')) {
          return { kind: 'namespace-ref', name: token.value, attribute: stream.expect('name').value, at };
        }
        return { kind: 'name', name: token.value, at };
      }
      case 'string': {
        let value = '';
        while (stream.is('string')) value += stream.next().value;
        return { kind: 'constant', value, isFloat: false, at };
      }
      case 'integer':
        stream.next();
        return { kind: 'constant', value: integerOf(token.value), isFloat: false, at };
      case 'float':
        stream.next();
        return { kind: 'constant', value: Number(token.value), isFloat: true, at };
      case '(': {
        stream.next();
        const inside = this.parseTuple({ inParentheses: true });
        stream.expect(')');
        return inside;
      }
      case '[':
        return this.#list();
      case '{':
        return this.#dict();
      default:
        throw stream.error(`unexpected '${describeToken(token)}'`);
    }
  }

  #list(): Expression {
    const stream = this.stream;
    const at = stream.expect('[').begin;
    const items: Expression[] = [];
    while (!stream.is(']')) {
      if (items.length > 0) {
        stream.expect(',');
        if (stream.is(']')) break;
      }
      items.push(this.parse());
    }
    stream.expect(']');
    return { kind: 'list', items, at };
  }

  #dict(): Expression {
    const stream = this.stream;
    const at = stream.expect('{').begin;
    const pairs: [Expression, Expression][] = [];
    while (!stream.is('}')) {
      if (pairs.length > 0) {
        stream.expect(',');
        if (stream.is('}')) break;
      }
      const key = this.parse();
      stream.expect(':');
      pairs.push([key, this.parse()]);
    }
    stream.expect('}');
    return { kind: 'dict', pairs, at };
  }

  #postfix(start: Expression): Expression {
    let node = start;
    for (;;) {
      const { kind } = this.stream.current;
      if (kind === '.' || kind === '[') node = this.#subscript(node);
      else if (kind === '(') node = this.#call(node);
      else return node;
    }
  }

  #filters(start: Expression): Expression {
    let node = start;
    for (;;) {
      if (this.stream.is('|')) node = this.parseFilters(node)!;
      else if (this.stream.isName('is')) node = this.#test(node);
      else if (this.stream.is('(')) node = this.#call(node);
      else return node;
    }
  }

  #subscript(target: Expression): Expression {
    const stream = this.stream;
    if (stream.next().kind === '.') {
      const token = stream.next();
      if (token.kind === 'name') return { kind: 'attribute', target, name: token.value, at: token.begin };
      if (token.kind !== 'integer') throw stream.error('expected name or number', token.begin);
      const index: Expression = {
        kind: 'constant',
        value: integerOf(token.value),
        isFloat: false,
        at: token.begin,
      };
      return { kind: 'item', target, index, at: token.begin };
    }
    const at = stream.current.begin;
    const parts: Expression[] = [];
    while (!stream.is(']')) {
      if (parts.length > 0) stream.expect(',');
      parts.push(this.#subscribed());
    }
    stream.expect(']');
    const [only] = parts;
    const index: Expression = parts.length === 1 && only ? only : { kind: 'tuple', items: parts, at };
    return { kind: 'item', target, index, at };
  }

  #subscribed(): Expression {
    const stream = this.stream;
    const at = stream.current.begin;
    let start: Expression | undefined;
    if (!stream.is(':')) {
      start = this.parse();
      if (!stream.is(':')) return start;
    }
    stream.expect(':');
    const ends = (): boolean => stream.is(']') || stream.is(',');
    const stop = stream.is(':') || ends() ? undefined : this.parse();
    const step = stream.skipIf(':') && !ends() ? this.parse() : undefined;
    return { kind: 'slice', start, stop, step, at };
  }

  #call(target: Expression): ExpressionOf<'call'> {
    return { kind: 'call', target, at: target.at, arguments: this.parseArguments() };
  }

  /** `( … )` with trailing comma, `*rest`, `name=value` and `**rest`. */
  parseArguments(): Arguments {
    const stream = this.stream;
    const open = stream.expect('(').begin;
    const args: Expression[] = [];
    const kwargs: Keyword[] = [];
    let star: Expression | undefined;
    let starStar: Expression | undefined;
    const ensure = (condition: boolean): void => {
      if (!condition) throw stream.error('invalid syntax for function call expression', open);
    };
    for (let first = true; !stream.is(')'); first = false) {
      if (!first) {
        stream.expect(',');
        if (stream.is(')')) break;
      }
      if (stream.is('*')) {
        ensure(!star && !starStar);
        stream.next();
        star = this.parse();
      } else if (stream.is('**')) {
        ensure(!starStar);
        stream.next();
        starStar = this.parse();
      } else if (stream.is('name') && stream.look().kind === '=') {
        ensure(!starStar);
        const { value: name, begin: at } = stream.next();
        stream.next();
        kwargs.push({ name, value: this.parse(), at });
      } else {
        ensure(!star && !starStar && kwargs.length === 0);
        args.push(this.parse());
      }
    }
    stream.expect(')');
    return args.length === 0 && kwargs.length === 0 && !star && !starStar
      ? noArguments
      : { args, kwargs, star, starStar };
  }

  /** `|a|b(c)` applied to `start`; undefined when `start` is and no filter follows. */
  parseFilters(start: Expression | undefined, beginInline = false): Expression | undefined {
    const stream = this.stream;
    let node = start;
    for (let inline = beginInline; inline || stream.is('|'); inline = false) {
      if (!inline) stream.next();
      const at = stream.current.begin;
      const name = this.#dottedName();
      const args = stream.is('(') ? this.parseArguments() : noArguments;
      node = { kind: 'filter', target: node, name, arguments: args, at };
    }
    return node;
  }

  #test(target: Expression): Expression {
    const stream = this.stream;
    stream.next();
    const at = stream.current.begin;
    const negated = stream.skipName('not');
    const name = this.#dottedName();
    let args = noArguments;
    if (stream.is('(')) {
      args = this.parseArguments();
    } else if (
      barearguments.has(stream.current.kind) &&
      !stream.isName('else') &&
      !stream.isName('or') &&
      !stream.isName('and')
    ) {
      if (stream.isName('is')) throw stream.error('You cannot chain multiple tests with is');
      args = { ...noArguments, args: [this.#postfix(this.primary(false))] };
    }
    const test: Expression = { kind: 'test', target, name, arguments: args, at };
    return negated ? { kind: 'not', operand: test, at } : test;
  }

  #dottedName(): string {
    let name = this.stream.expect('name').value;
    while (this.stream.skipIf('.')) name += `.${this.stream.expect('name').value}`;
    return name;
  }
}

const noArguments: Arguments = { args: [], kwargs: [], star: undefined, starStar: undefined };

function integerOf(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}
