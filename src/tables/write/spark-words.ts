/** The words of a Spark SQL expression, gone through one after the other. */
import type { DataType } from '../../delta/index.ts';
import { writeErrors } from './errors.ts';
import { type SparkToken, sparkTokens } from './spark-tokens.ts';
import { sparkTypes } from './spark-types.ts';

/** Where a parser of an expression is. */
export class SparkWords {
  readonly #expression: string;
  readonly #tokens: readonly SparkToken[];
  #at = 0;

  /** @throws tables.bad-expression for what is no word */
  constructor(expression: string) {
    this.#expression = expression;
    this.#tokens = sparkTokens(expression);
  }

  /** Where it is: for `goBack`. */
  get place(): number {
    return this.#at;
  }

  /** Goes back to a `place`, as what was tried from there isn't what stands there. */
  goBack(place: number): void {
    this.#at = place;
  }

  /** Goes past the next word. */
  skip(): void {
    this.#at += 1;
  }

  /** The type that is named next, with its sizes. */
  type(): DataType {
    const name = this.anyName().toLowerCase();
    const inside = (): DataType => this.type();
    if (name === 'array' && this.symbol('<')) {
      const elementType = inside();
      this.expect('>');
      return { kind: 'array', elementType, containsNull: true };
    }
    if (/^(?:decimal|dec|numeric)$/.test(name)) {
      const [precision = 10, scale = 0] = this.#sizes();
      return { kind: 'decimal', precision, scale };
    }
    const known = sparkTypes.get(name);
    if (known === undefined) return this.fail(`the type ${name} is not known`);
    this.#sizes();
    return known;
  }

  #sizes(): number[] {
    if (!this.symbol('(')) return [];
    const sizes: number[] = [];
    do {
      sizes.push(Number(this.now().text));
      this.#at += 1;
    } while (this.symbol(','));
    this.expect(')');
    return sizes;
  }

  /** The name that comes next, quoted or not. @throws tables.bad-expression */
  anyName(): string {
    const token = this.now();
    if (token.kind !== 'name' && token.kind !== 'quoted-name') this.fail(`${token.text} is not a name`);
    this.#at += 1;
    return token.text;
  }

  /** The word that comes next; `end` after the last. */
  now(): SparkToken {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }

  /** Whether the keyword `word`, in capitals, comes next. */
  peek(word: string): boolean {
    const token = this.now();
    return token.kind === 'name' && token.text.toUpperCase() === word;
  }

  /** Goes past the keyword `word` if it comes next, and says whether it did. */
  word(word: string): boolean {
    if (!this.peek(word)) return false;
    this.#at += 1;
    return true;
  }

  /** Goes past `symbol` if it comes next, and says whether it did. */
  symbol(symbol: string): boolean {
    const token = this.now();
    if (token.kind !== 'symbol' || token.text !== symbol) return false;
    this.#at += 1;
    return true;
  }

  /** Goes past `symbol`. @throws tables.bad-expression */
  expect(symbol: string): void {
    if (!this.symbol(symbol)) this.fail(`${symbol} is missing`);
  }

  /** Goes past the keyword `word`. @throws tables.bad-expression */
  expectWord(word: string): void {
    if (!this.word(word)) this.fail(`${word} is missing`);
  }

  /** @throws tables.bad-expression, always */
  fail(problem: string): never {
    throw writeErrors['bad-expression']({ expression: this.#expression, problem });
  }
}
