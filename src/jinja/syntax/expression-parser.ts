/** Expressions: the precedence of operators and the shapes of arguments, as Jinja has them. */
import type {
  Arguments,
  BinaryOperatorName,
  ComparisonName,
  Expression,
  ExpressionOf,
  Keyword,
  Target,
} from './nodes.ts';
import type { TokenStream } from './token-stream.ts';
import { describeToken } from './token.ts';

const constantNames: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);
const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const products: ReadonlySet<string> = new Set(['*', '/', '//', '%']);
const barearguments: ReadonlySet<string> = new Set(['name', 'string', 'integer', 'float', '[', '{']);

export class ExpressionParser {
  readonly stream: TokenStream;

  constructor(stream: TokenStream) {
    this.stream = stream;
  }

  /** One expression; without `allowIf` it stops before an inline `if`. */
  parse(allowIf = true): Expression {
    return allowIf ? this.#conditional() : this.#or();
  }

  /** One expression, or several with commas as a tuple. */
  parseTuple(options: { allowIf?: boolean; inParentheses?: boolean } = {}): Expression {
    return this.#tuple(() => this.parse(options.allowIf ?? true), options.inParentheses ?? false);
  }

  /** What may stand left of `=` in `set` or left of `in` in `for`. */
  parseTarget(options: { allowNamespace?: boolean } = {}): Target {
    const target = this.#tuple(() => this.#primary(options.allowNamespace ?? false), false);
    return this.#assignable(target);
  }

  /** A single name to assign to. */
  parseTargetName(): string {
    const token = this.stream.expect('name');
    if (constantNames.has(token.value)) throw this.stream.error("can't assign to 'name'", token.begin);
    return token.value;
  }

  #assignable(target: Expression): Target {
    if (target.kind === 'tuple') {
      for (const item of target.items) this.#assignable(item);
      return target;
    }
    if (target.kind === 'name' || target.kind === 'namespace-ref') return target;
    throw this.stream.error(`can't assign to '${assignmentNames[target.kind] ?? target.kind}'`, target.at);
  }

  #tuple(parseItem: () => Expression, inParentheses: boolean): Expression {
    const stream = this.stream;
    const at = stream.current.begin;
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0) stream.expect(',');
      const kind = stream.current.kind;
      if (kind === 'variable-end' || kind === 'block-end' || kind === ')') break;
      items.push(parseItem());
      if (!stream.is(',')) break;
      isTuple = true;
    }
    if (!isTuple) {
      const [only] = items;
      if (only) return only;
      if (!inParentheses) {
        throw stream.error(`Expected an expression, got '${describeToken(stream.current)}'`);
      }
    }
    return { kind: 'tuple', items, at };
  }

  #conditional(): Expression {
    let expression = this.#or();
    while (this.stream.skipName('if')) {
      const test = this.#or();
      const no = this.stream.skipName('else') ? this.#conditional() : undefined;
      expression = { kind: 'conditional', test, yes: expression, no, at: expression.at };
    }
    return expression;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.stream.skipName('or')) left = { kind: 'or', left, right: this.#and(), at: left.at };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.stream.skipName('and')) left = { kind: 'and', left, right: this.#not(), at: left.at };
    return left;
  }

  #not(): Expression {
    if (!this.stream.isName('not')) return this.#comparison();
    const at = this.stream.next().begin;
    return { kind: 'not', operand: this.#not(), at };
  }

  #comparison(): Expression {
    const stream = this.stream;
    const left = this.#sum();
    const rest: { op: ComparisonName; right: Expression }[] = [];
    for (;;) {
      if (comparisons.has(stream.current.kind)) {
        const op = stream.next().kind as ComparisonName;
        rest.push({ op, right: this.#sum() });
      } else if (stream.skipName('in')) {
        rest.push({ op: 'in', right: this.#sum() });
      } else if (stream.isName('not') && stream.look().kind === 'name' && stream.look().value === 'in') {
        stream.next();
        stream.next();
        rest.push({ op: 'not in', right: this.#sum() });
      } else {
        return rest.length === 0 ? left : { kind: 'comparison', left, rest, at: left.at };
      }
    }
  }

  #sum(): Expression {
    let left = this.#concat();
    while (this.stream.is('+') || this.stream.is('-')) {
      const op = this.stream.next().kind as BinaryOperatorName;
      left = { kind: 'binary', op, left, right: this.#concat(), at: left.at };
    }
    return left;
  }

  #concat(): Expression {
    const first = this.#product();
    if (!this.stream.is('~')) return first;
    const parts = [first];
    while (this.stream.skipIf('~')) parts.push(this.#product());
    return { kind: 'concat', parts, at: first.at };
  }

  #product(): Expression {
    let left = this.#power();
    while (products.has(this.stream.current.kind)) {
      const op = this.stream.next().kind as BinaryOperatorName;
      left = { kind: 'binary', op, left, right: this.#power(), at: left.at };
    }
    return left;
  }

  /** Left-associative and weaker than a sign, unlike Python: `-2 ** 2` is 4. */
  #power(): Expression {
    let left = this.#unary(true);
    while (this.stream.skipIf('**')) {
      left = { kind: 'binary', op: '**', left, right: this.#unary(true), at: left.at };
    }
    return left;
  }

  #unary(allowFilter: boolean): Expression {
    const { kind, begin } = this.stream.current;
    let node: Expression;
    if (kind === '-' || kind === '+') {
      this.stream.next();
      node = { kind: kind === '-' ? 'negative' : 'positive', operand: this.#unary(false), at: begin };
    } else {
      node = this.#primary(false);
    }
    node = this.#postfix(node);
    return allowFilter ? this.#filters(node) : node;
  }

  #primary(allowNamespace: boolean): Expression {
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
      args = { ...noArguments, args: [this.#postfix(this.#primary(false))] };
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

const assignmentNames: Readonly<Record<string, string>> = {
  constant: 'const',
  attribute: 'getattr',
  item: 'getitem',
};

function integerOf(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}
