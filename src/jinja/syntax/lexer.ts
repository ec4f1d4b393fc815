/**
 * Cuts a template's text into tokens.
 *
 * Jinja's defaults, which dbt keeps: blocks don't trim the newline after them nor the blanks before
 * them, and one newline at the very end of the text is dropped. `-` inside a delimiter eats all
 * whitespace on its side; `+` is accepted and changes nothing.
 *
 * A mistake becomes a `bad` token at its place: a parser that stops earlier never sees it, so that the
 * first mistake in the text is the one reported.
 */
import { unescapeString } from './string-escapes.ts';
import type { Operator, Token, TokenKind } from './token.ts';

/** `text` with every line end as `\n`: the text that offsets of tokens count in. */
export function normalizeNewlines(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** The tokens of `text`, which must have been normalized; the last is `end` or `bad`. */
export function tokenize(text: string): Token[] {
  return new Lexer(text).run();
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const rawBegin = /\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})/y;
const rawEnd = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\})/g;
const blanks = /\s*/y;
const asciiName = /[A-Za-z_][A-Za-z0-9_]*/y;
const anyName = /[\p{L}\p{N}_]+/uy;
const identifier = /^[\p{XID_Start}_]\p{XID_Continue}*$/u;
const floatLiteral = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const integerLiteral = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const stringLiteral = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const operator = /\/\/|\*\*|==|!=|<=|>=|[-+*/%~[\](){}<>=.:|,;]/y;

class Lexer {
  readonly #text: string;
  readonly #length: number;
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text.endsWith('\n') ? text.slice(0, -1) : text;
    this.#length = this.#text.length;
  }

  run(): Token[] {
    while (this.#at < this.#length) {
      if (!this.#readData()) return this.#tokens;
    }
    this.#push('end', '', this.#length, this.#length);
    return this.#tokens;
  }

  /** Data up to the next tag, and the tag itself. False once a `bad` token ended it all. */
  #readData(): boolean {
    const text = this.#text;
    const begin = this.#at;
    let open = begin;
    let kind = '';
    for (;;) {
      open = text.indexOf('{', open);
      if (open < 0 || open >= this.#length - 1) {
        this.#push('data', text.slice(begin, this.#length), begin, this.#length);
        this.#at = this.#length;
        return true;
      }
      kind = text.charAt(open + 1);
      if (kind === '{' || kind === '%' || kind === '#') break;
      open += 1;
    }
    rawBegin.lastIndex = open;
    const raw = kind === '%' ? rawBegin.exec(text) : null;
    const sign = text.charAt(open + 2);
    const data = text.slice(begin, open);
    this.#pushData(sign === '-' ? data.trimEnd() : data, begin);
    if (raw) return this.#readRaw(open + raw[0].length);
    this.#at = open + (sign === '-' || sign === '+' ? 3 : 2);
    if (kind === '#') return this.#skipComment(open);
    this.#push(kind === '{' ? 'variable-begin' : 'block-begin', '', open, this.#at);
    return this.#readTag(kind === '{' ? '}}' : '%}');
  }

  #skipComment(open: number): boolean {
    const close = this.#text.indexOf('#}', this.#at);
    if (close < 0) {
      // Jinja misses the end only when something follows.
      if (this.#at >= this.#length) return true;
      return this.#fail('Missing end of comment tag', open);
    }
    const strips = close > this.#at && this.#text.charAt(close - 1) === '-';
    this.#at = close + 2;
    if (strips) this.#skipBlanks();
    return true;
  }

  #readRaw(begin: number): boolean {
    rawEnd.lastIndex = begin;
    const end = rawEnd.exec(this.#text);
    if (!end) {
      this.#at = begin;
      return begin >= this.#length || this.#fail('Missing end of raw directive', begin);
    }
    const data = this.#text.slice(begin, end.index);
    this.#pushData(end[1] === '-' ? data.trimEnd() : data, begin);
    this.#at = end.index + end[0].length;
    return true;
  }

  #readTag(close: '}}' | '%}'): boolean {
    const text = this.#text;
    const open: string[] = [];
    for (;;) {
      this.#skipBlanks();
      const at = this.#at;
      if (at >= this.#length) {
        this.#push('end', '', this.#length, this.#length);
        return false;
      }
      if (open.length === 0 && this.#readClose(close)) return true;
      const char = text.charCodeAt(at);
      if (isAsciiLetter(char)) {
        asciiName.lastIndex = at;
        const name = asciiName.exec(text)?.[0] ?? '';
        if (!(text.charCodeAt(at + name.length) > 127)) {
          this.#push('name', name, at, at + name.length);
          continue;
        }
        if (!this.#readUnicodeName()) return false;
      } else if (char >= 48 && char <= 57) {
        this.#readNumber();
      } else if (char === 34 || char === 39) {
        if (!this.#readString()) return false;
      } else {
        operator.lastIndex = at;
        const found = operator.exec(text)?.[0] as Operator | undefined;
        if (found === undefined) {
          if (!this.#readUnicodeName()) return false;
          continue;
        }
        const opens = closers[found];
        if (opens !== undefined) open.push(opens);
        else if (found === ')' || found === ']' || found === '}') {
          const expected = open.pop();
          if (expected === undefined) return this.#fail(`unexpected '${found}'`, at);
          if (expected !== found) return this.#fail(`unexpected '${found}', expected '${expected}'`, at);
        }
        this.#push(found, found, at, at + found.length);
      }
    }
  }

  /** The end of a tag here, if there is one; `-` before it eats the whitespace after it. */
  #readClose(close: '}}' | '%}'): boolean {
    const text = this.#text;
    const begin = this.#at;
    const sign = text.charAt(begin);
    const signed = sign === '-' || (sign === '+' && close === '%}');
    const at = signed ? begin + 1 : begin;
    if (!text.startsWith(close, at)) return false;
    this.#at = at + 2;
    this.#push(close === '}}' ? 'variable-end' : 'block-end', '', begin, at + 2);
    if (sign === '-') this.#skipBlanks();
    return true;
  }

  #readNumber(): void {
    floatLiteral.lastIndex = this.#at;
    const float = floatLiteral.exec(this.#text);
    integerLiteral.lastIndex = this.#at;
    const found = float ?? integerLiteral.exec(this.#text);
    const digits = found?.[0] ?? this.#text.charAt(this.#at);
    this.#push(float ? 'float' : 'integer', digits.replaceAll('_', ''), this.#at, this.#at + digits.length);
  }

  #readString(): boolean {
    stringLiteral.lastIndex = this.#at;
    const literal = stringLiteral.exec(this.#text)?.[0];
    if (literal === undefined) return this.#fail('this string has no end', this.#at);
    const result = unescapeString(literal.slice(1, -1));
    if ('problem' in result) return this.#fail(result.problem, this.#at);
    this.#push('string', result.text, this.#at, this.#at + literal.length);
    return true;
  }

  #readUnicodeName(): boolean {
    anyName.lastIndex = this.#at;
    const name = anyName.exec(this.#text)?.[0];
    if (name === undefined) {
      const char = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
      return this.#fail(`unexpected char ${JSON.stringify(char)}`, this.#at);
    }
    if (!identifier.test(name)) return this.#fail('Invalid character in identifier', this.#at);
    this.#push('name', name.normalize('NFKC'), this.#at, this.#at + name.length);
    return true;
  }

  #skipBlanks(): void {
    const char = this.#text.charCodeAt(this.#at);
    if (char > 32 && char < 128) return;
    blanks.lastIndex = this.#at;
    this.#at += blanks.exec(this.#text)?.[0].length ?? 0;
  }

  #pushData(data: string, begin: number): void {
    if (data !== '') this.#push('data', data, begin, begin + data.length);
  }

  #push(kind: TokenKind, value: string, begin: number, end: number): void {
    this.#tokens.push({ kind, value, begin, end });
    this.#at = end;
  }

  #fail(problem: string, at: number): false {
    this.#push('bad', problem, at, at);
    return false;
  }
}

function isAsciiLetter(char: number): boolean {
  return (char >= 97 && char <= 122) || (char >= 65 && char <= 90) || char === 95;
}
