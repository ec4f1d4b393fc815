/** Expressions: tuples and targets, and the operators between operands by precedence, as Jinja has them. */
import type { BinaryOperatorName, ComparisonName, Expression, Target } from './nodes.ts';
import { constantNames, OperandParser } from './operand-parser.ts';
import { describeToken } from './token.ts';

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const products: ReadonlySet<string> = new Set(['*', '/', '//', '%']);

/** Reads expressions from a stream of tokens, each method from the current token on. */
export class ExpressionParser extends OperandParser {
  /** One expression; without `allowIf` it stops before an inline `if`. */
  override parse(allowIf = true): Expression {
    return allowIf ? this.#conditional() : this.#or();
  }

  /** One expression, or several with commas as a tuple. */
  override parseTuple(options: { allowIf?: boolean; inParentheses?: boolean } = {}): Expression {
    return this.#tuple(() => this.parse(options.allowIf ?? true), options.inParentheses ?? false);
  }

  /** What may stand left of `=` in `set` or left of `in` in `for`. */
  parseTarget(options: { allowNamespace?: boolean } = {}): Target {
    const target = this.#tuple(() => this.primary(options.allowNamespace ?? false), false);
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
    let left = this.operand(true);
    while (this.stream.skipIf('**')) {
      left = { kind: 'binary', op: '**', left, right: this.operand(true), at: left.at };
    }
    return left;
  }
}

const assignmentNames: Readonly<Record<string, string>> = {
  constant: 'const',
  attribute: 'getattr',
  item: 'getitem',
};
