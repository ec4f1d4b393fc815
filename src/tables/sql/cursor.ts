/** A place in a statement's tokens, and the small moves a parser makes. */
import { statementErrors } from './errors.ts';
import type { TableRef, TimeTravel } from './statement.ts';
import { type Token, tokenize } from './tokens.ts';

/** Reads the tokens of one statement from left to right. */
export class Cursor {
  readonly sql: string;
  readonly #tokens: readonly Token[];
  readonly #statement: string;
  readonly #expected: string;
  #at = 0;

  /** @param statement named in errors. @param expected the statement's grammar, for the hint. */
  constructor(sql: string, statement: string, expected: string) {
    this.sql = sql;
    this.#tokens = trimmed(tokenize(sql));
    this.#statement = statement;
    this.#expected = expected;
  }

  /** The token `ahead` places on; undefined after the last. */
  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  /** Where the token before this place ends, in the SQL. */
  get lastEnd(): number {
    return this.#tokens[this.#at - 1]?.end ?? 0;
  }

  /** Whether all tokens have been read. */
  get isDone(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Whether the next tokens are these, keywords in any letter case. */
  sees(...texts: readonly string[]): boolean {
    return texts.every((text, i) => isText(this.peek(i), text));
  }

  /** Steps over these, if they are next. */
  take(...texts: readonly string[]): boolean {
    if (!this.sees(...texts)) return false;
    this.#at += texts.length;
    return true;
  }

  /** Steps over these. @throws tables.bad-statement */
  expect(...texts: readonly string[]): void {
    if (!this.take(...texts)) throw this.wrong(texts.join(' ').toUpperCase());
  }

  /** The next token, which is stepped over. @throws tables.bad-statement */
  next(expected: string): Token {
    const token = this.peek();
    if (token === undefined) throw this.wrong(expected);
    this.#at += 1;
    return token;
  }

  /** A name, quoted or not. @throws tables.bad-statement */
  name(what: string): string {
    const token = this.peek();
    if (token?.kind !== 'word' && token?.kind !== 'quoted') throw this.wrong(what);
    this.#at += 1;
    return token.text;
  }

  /** A text in single quotes, or in double ones, as Spark takes them. @throws tables.bad-statement */
  string(what: string): string {
    const token = this.peek();
    if (!this.seesString()) throw this.wrong(what);
    this.#at += 1;
    return (token as Token).text;
  }

  /** Whether a text comes next where no name can stand. */
  seesString(): boolean {
    const token = this.peek();
    return token?.kind === 'string' || (token?.kind === 'quoted' && this.sql[token.start] === '"');
  }

  /** A whole number. @throws tables.bad-statement */
  wholeNumber(what: string): number {
    const token = this.peek();
    const value = Number(token?.text);
    if (token?.kind !== 'number' || !Number.isSafeInteger(value)) throw this.wrong(what);
    this.#at += 1;
    return value;
  }

  /** `a.b`, as the names that lead to a column. @throws tables.bad-statement */
  columnPath(): string[] {
    const path = [this.name('a column')];
    while (this.take('.')) path.push(this.name('a column'));
    return path;
  }

  /**
   * `delta.'path'`, or a name of up to three parts.
   *
   * @param plainPath whether `'path'` alone will do.
   * @throws tables.bad-statement
   */
  table(plainPath = false): TableRef {
    if (plainPath && this.peek()?.kind === 'string') return { kind: 'path', uri: this.string('a path') };
    const isPath = isText(this.peek(), 'delta') && this.peek(1)?.text === '.' && isPathLike(this.peek(2));
    if (isPath) {
      this.#at += 2;
      return { kind: 'path', uri: this.next('a path').text };
    }
    if (this.peek()?.kind === 'string') throw this.wrong("a table (one by its place is delta.'path')");
    const parts = [this.name('a table')];
    while (this.take('.')) parts.push(this.name('a name'));
    return { kind: 'name', parts };
  }

  /** `[AS] alias`, unless one of `keywords` is next. */
  alias(...keywords: readonly string[]): string | undefined {
    if (this.take('as')) return this.name('an alias');
    const token = this.peek();
    const isAlias =
      token?.kind === 'quoted' || (token?.kind === 'word' && !keywords.includes(token.text.toLowerCase()));
    return isAlias ? this.name('an alias') : undefined;
  }

  /**
   * SQL as written, up to one of `stops` outside parentheses and CASE, or to the end. A stop is one keyword or
   * several in a row, or a sign.
   *
   * @throws tables.bad-statement when nothing stands there.
   */
  sqlUntil(what: string, ...stops: readonly (readonly string[])[]): string {
    return this.#sqlUntil(what, stops, false);
  }

  /** As `sqlUntil`, for a column's type, in which `<` and `>` are brackets. @throws tables.bad-statement */
  typeUntil(...stops: readonly (readonly string[])[]): string {
    return this.#sqlUntil('a type', stops, true);
  }

  #sqlUntil(what: string, stops: readonly (readonly string[])[], isType: boolean): string {
    const first = this.peek();
    let depth = 0;
    while (!this.isDone) {
      if (depth === 0 && stops.some((stop) => this.sees(...stop))) break;
      const token = this.next(what);
      if (isOpening(token) || (isType && token.text === '<')) depth += 1;
      else if (isClosing(token) || (isType && token.text === '>')) {
        depth -= 1;
        if (depth < 0) {
          this.#at -= 1;
          break;
        }
      }
    }
    const last = this.#tokens[this.#at - 1];
    if (first === undefined || last === undefined || last.end <= first.start) throw this.wrong(what);
    return this.sql.slice(first.start, last.end);
  }

  /** What stands in the parentheses that come next, as written; they are stepped over. @throws tables.bad-statement */
  parenthesised(what: string): string {
    const open = this.peek();
    this.expect('(');
    if (this.sees(')')) throw this.wrong(what);
    this.sqlUntil(what, [')']);
    const close = this.peek();
    this.expect(')');
    return this.sql.slice((open as Token).end, (close as Token).start).trim();
  }

  /** Everything that is left, as written. @throws tables.bad-statement */
  rest(what: string): string {
    const first = this.peek();
    const last = this.#tokens.at(-1);
    if (first === undefined || last === undefined) throw this.wrong(what);
    this.#at = this.#tokens.length;
    return this.sql.slice(first.start, last.end);
  }

  /** Items between parentheses, separated by commas. @throws tables.bad-statement */
  list<T>(item: () => T): T[] {
    this.expect('(');
    const items = [item()];
    while (this.take(',')) items.push(item());
    this.expect(')');
    return items;
  }

  /** `VERSION AS OF n` or `TIMESTAMP AS OF '…'`, if next; the words may follow FOR, and SYSTEM_ before them. */
  timeTravel(): TimeTravel | undefined {
    const start = this.#at;
    this.take('for');
    if (this.take('version', 'as', 'of') || this.take('system_version', 'as', 'of')) {
      return { version: this.wholeNumber('a version') };
    }
    if (this.take('timestamp', 'as', 'of') || this.take('system_time', 'as', 'of')) {
      this.take('timestamp');
      return { timestamp: this.string('a timestamp in quotes') };
    }
    this.#at = start;
    return undefined;
  }

  /** Nothing may follow. @throws tables.bad-statement */
  end(): void {
    if (!this.isDone) throw this.wrong('the end of the statement');
  }

  /** The error for what stands here. */
  wrong(expected: string): Error {
    const token = this.peek();
    const found = token === undefined ? 'the end' : `'${this.sql.slice(token.start, token.end)}'`;
    return this.bad(`expected ${expected}, found ${found}`);
  }

  /** The error for anything else, at the next token. */
  bad(problem: string): Error {
    const offset = this.peek()?.start ?? this.sql.length;
    const before = this.sql.slice(0, offset).split('\n');
    const location = {
      file: '<sql>',
      line: before.length,
      column: (before.at(-1) ?? '').length + 1,
      text: this.sql,
    };
    return statementErrors['bad-statement'](
      { statement: this.#statement, problem, expected: this.#expected },
      { location },
    );
  }
}

function isText(token: Token | undefined, text: string): boolean {
  if (token === undefined || token.kind === 'string' || token.kind === 'quoted') return false;
  return token.text.toLowerCase() === text;
}

function isPathLike(token: Token | undefined): boolean {
  return token?.kind === 'string' || token?.kind === 'quoted';
}

function isOpening(token: Token): boolean {
  if (token.kind === 'word') return token.text.toLowerCase() === 'case';
  return token.kind === 'symbol' && /^[([{]$/.test(token.text);
}

function isClosing(token: Token): boolean {
  if (token.kind === 'word') return token.text.toLowerCase() === 'end';
  return token.kind === 'symbol' && /^[)\]}]$/.test(token.text);
}

/** Without the semicolons at the end. */
function trimmed(tokens: readonly Token[]): readonly Token[] {
  let end = tokens.length;
  while (tokens[end - 1]?.text === ';' && tokens[end - 1]?.kind === 'symbol') end -= 1;
  return tokens.slice(0, end);
}
