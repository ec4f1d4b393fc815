/** The words of column definitions, as SQL and Spark write them, with their places. Pure. */
import { alterErrors } from './errors.ts';

/** A word, a quoted name, a text, a number or a sign. */
export interface DdlToken {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'symbol' | 'end';
  /** Without quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Reads tokens one after the other. */
export class DdlTokens {
  readonly source: string;
  readonly #tokens: readonly DdlToken[];
  #at = 0;

  /** @throws tables.bad-schema-text */
  constructor(source: string) {
    this.source = source;
    this.#tokens = [...tokenize(source)];
  }

  /** The token that comes next, or the one `ahead` of it. */
  peek(ahead = 0): DdlToken {
    const { length } = this.source;
    return this.#tokens[this.#at + ahead] ?? { kind: 'end', text: '', start: length, end: length };
  }

  next(): DdlToken {
    const token = this.peek();
    this.#at += 1;
    return token;
  }

  /** Whether the keywords `words` come next, in any letter case; steps over them when they do. */
  take(...words: readonly string[]): boolean {
    const matches = words.every((word, ahead) => {
      const token = this.peek(ahead);
      return token.kind === 'word' && token.text.toUpperCase() === word;
    });
    if (matches) this.#at += words.length;
    return matches;
  }

  /** Whether the sign comes next; steps over it when it does. */
  takeSymbol(symbol: string): boolean {
    const token = this.peek();
    const matches = token.kind === 'symbol' && token.text === symbol;
    if (matches) this.#at += 1;
    return matches;
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.fail(`'${symbol}' is expected here`);
  }

  expectWord(word: string): void {
    if (!this.take(word)) throw this.fail(`${word} is expected here`);
  }

  /** A name, quoted or not. */
  name(what: string): string {
    const token = this.next();
    if (token.kind === 'word' || token.kind === 'name') return token.text;
    throw this.fail(`${what} is expected here`, token);
  }

  /** The text of a string constant; Spark takes double quotes for it, too. */
  text(what: string): string {
    const token = this.next();
    if (token.kind === 'text' || this.source[token.start] === '"') return token.text;
    throw this.fail(`${what} is expected here, in single quotes`, token);
  }

  /** A whole number, with its sign. */
  integer(what: string): bigint {
    const negative = this.takeSymbol('-');
    if (!negative) this.takeSymbol('+');
    const token = this.next();
    if (token.kind !== 'number' || !/^\d+$/.test(token.text))
      throw this.fail(`${what} is expected here`, token);
    return negative ? -BigInt(token.text) : BigInt(token.text);
  }

  /** The SQL in parentheses that comes next, as it was written. */
  parenthesised(): string {
    const open = this.peek();
    this.expectSymbol('(');
    let depth = 1;
    for (;;) {
      const token = this.next();
      if (token.kind === 'end') throw this.fail('a parenthesis is not closed', open);
      if (token.kind !== 'symbol') continue;
      if (token.text === '(') depth += 1;
      if (token.text === ')') depth -= 1;
      if (depth === 0) return this.source.slice(open.end, token.start).trim();
    }
  }

  /** The SQL up to a comma, a closing bracket or one of the keywords, as it was written. */
  expressionUntil(keywords: ReadonlySet<string>): string {
    const first = this.peek();
    let end = first.start;
    let depth = 0;
    for (;;) {
      const token = this.peek();
      if (token.kind === 'end') break;
      if (depth === 0 && token.start > first.start) {
        if (token.kind === 'word' && keywords.has(token.text.toUpperCase())) break;
      }
      if (token.kind === 'symbol') {
        if (depth === 0 && /^[,)]$/.test(token.text)) break;
        if (/^[([]$/.test(token.text)) depth += 1;
        if (/^[)\]]$/.test(token.text)) depth -= 1;
      }
      end = this.next().end;
    }
    if (end === first.start) throw this.fail('an expression is expected here');
    return this.source.slice(first.start, end);
  }

  /** The error for what stands at `token`. */
  fail(problem: string, token: DdlToken = this.peek()): Error {
    return alterErrors['bad-schema-text']({ text: this.source, at: token.start, problem });
  }
}

function* tokenize(source: string): Generator<DdlToken> {
  const pattern =
    /(?<space>\s+|--[^\n]*|\/\*[\s\S]*?\*\/)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<name>`(?:[^`]|``)*`|"(?:[^"]|"")*")|(?<text>'(?:[^'\\]|''|\\[\s\S])*')|(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<symbol>=>|<=>|<=|>=|<>|!=|\|\||::|[\s\S])/gu;
  for (const match of source.matchAll(pattern)) {
    const { word, name, text, number, symbol } = match.groups ?? {};
    const start = match.index;
    const end = start + match[0].length;
    if (word !== undefined) yield { kind: 'word', text: word, start, end };
    else if (name !== undefined) yield { kind: 'name', text: unquoted(name), start, end };
    else if (text !== undefined) yield { kind: 'text', text: textOf(text), start, end };
    else if (number !== undefined) yield { kind: 'number', text: number, start, end };
    else if (symbol !== undefined) {
      if (/^['"`]$/.test(symbol)) {
        throw alterErrors['bad-schema-text']({ text: source, at: start, problem: 'a quote is not closed' });
      }
      // Types nest as `array<array<int>>`, where no shift is meant.
      if (symbol === '>=' || symbol === '<>') yield* split(symbol, start);
      else yield { kind: 'symbol', text: symbol, start, end };
    }
  }
}

function* split(symbol: string, start: number): Generator<DdlToken> {
  for (const [index, text] of [...symbol].entries()) {
    yield { kind: 'symbol', text, start: start + index, end: start + index + 1 };
  }
}

function unquoted(name: string): string {
  const quote = name.charAt(0);
  return name.slice(1, -1).replaceAll(quote + quote, quote);
}

/** Spark escapes with a backslash, SQL by doubling. */
function textOf(literal: string): string {
  return literal.slice(1, -1).replace(/''|\\([\s\S])/g, (whole, escaped: string | undefined) => {
    if (escaped === undefined) return whole === "''" ? "'" : whole;
    return escapes.get(escaped) ?? escaped;
  });
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['0', '\0'],
]);
