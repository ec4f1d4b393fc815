import type { BoathouseError } from '../../base/index.ts';
import { jinjaErrors } from '../errors.ts';
import type { SourceText } from './source-text.ts';
import { describeKind, describeToken, type Token, type TokenKind } from './token.ts';

/** The tokens of a text, one current at a time. */
export class TokenStream {
  readonly source: SourceText;
  readonly #tokens: readonly Token[];
  #index = 0;
  current: Token;

  constructor(source: SourceText, tokens: readonly Token[]) {
    this.source = source;
    this.#tokens = tokens;
    this.current = tokens[0]!;
    this.#refuseBad();
  }

  /** The token after the current one. */
  look(): Token {
    return this.#tokens[this.#index + 1] ?? this.current;
  }

  /** The token before the current one. */
  get previous(): Token {
    return this.#tokens[this.#index - 1] ?? this.current;
  }

  /** Moves on; returns the token that was current. */
  next(): Token {
    const token = this.current;
    if (token.kind !== 'end') {
      this.#index += 1;
      this.current = this.#tokens[this.#index]!;
      if (this.current.kind === 'bad') this.#refuseBad();
    }
    return token;
  }

  is(kind: TokenKind): boolean {
    return this.current.kind === kind;
  }

  isName(name: string): boolean {
    return this.current.kind === 'name' && this.current.value === name;
  }

  skipIf(kind: TokenKind): boolean {
    if (this.current.kind !== kind) return false;
    this.next();
    return true;
  }

  skipName(name: string): boolean {
    if (!this.isName(name)) return false;
    this.next();
    return true;
  }

  expect(kind: TokenKind): Token {
    if (this.current.kind !== kind) throw this.unexpected(describeKind(kind));
    return this.next();
  }

  expectName(name: string): Token {
    if (!this.isName(name)) throw this.unexpected(name);
    return this.next();
  }

  unexpected(expected: string): BoathouseError {
    if (this.current.kind === 'end') {
      return this.error(`unexpected end of template, expected '${expected}'.`);
    }
    return this.error(`expected token '${expected}', got '${describeToken(this.current)}'`);
  }

  error(problem: string, at: number = this.current.begin, hint?: string): BoathouseError {
    return jinjaErrors.syntax({ problem }, { location: this.source.locationOf(at), hint });
  }

  #refuseBad(): void {
    if (this.current.kind === 'bad') throw this.error(this.current.value);
  }
}
