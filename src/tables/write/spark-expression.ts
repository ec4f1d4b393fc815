/**
 * Spark SQL expressions as DuckDB's: the constraints, generated columns, defaults and invariants that stand in
 * a table are Spark's SQL, whoever writes the table.
 *
 * Parsed and printed again, word by word; what isn't known to mean the same is refused by name, since a
 * constraint that is checked wrongly is worse than one that stops the write. Times of day are taken in UTC.
 *
 * Source: Spark SQL reference, "Operators", "Built-in Functions".
 */
import type { DataType } from '../../delta/index.ts';
import { quoteIdentifier, quoteLiteral } from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';
import { writeErrors } from './errors.ts';
import { sparkFunctions } from './spark-functions.ts';
import { type SparkToken, sparkTokens } from './spark-tokens.ts';
import { sparkTypes } from './spark-types.ts';

/** What names in an expression stand for. */
export interface SparkScope {
  /** The SQL and the type of a column; undefined when there is no such column. Without it any name is refused. */
  column?(name: string): { readonly sql: string; readonly type?: DataType } | undefined;
}

/** A piece of SQL, and what is known of its type. */
export interface SparkValue {
  readonly sql: string;
  readonly type?: DataType | undefined;
}

/** `expression` in DuckDB's SQL, in parentheses where needed. Pure. @throws tables.bad-expression naming what isn't known. */
export function sparkExpression(expression: string, scope: SparkScope): string {
  return new Parser(expression, scope).whole();
}

const double: DataType = { kind: 'primitive', name: 'double' };
const boolean: DataType = { kind: 'primitive', name: 'boolean' };
const text: DataType = { kind: 'primitive', name: 'string' };

/** How tightly binary operators bind; those that only compare are handled by themselves. */
const binaries: Readonly<Record<string, number>> = {
  '|': 5,
  '^': 6,
  '&': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '||': 9,
  '*': 10,
  '/': 10,
  '%': 10,
  DIV: 10,
};

const comparisons: Readonly<Record<string, string>> = {
  '=': '=',
  '==': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '<=>': 'IS NOT DISTINCT FROM',
};

class Parser {
  readonly #expression: string;
  readonly #scope: SparkScope;
  readonly #tokens: readonly SparkToken[];
  #at = 0;
  #depth = 0;

  constructor(expression: string, scope: SparkScope) {
    this.#expression = expression;
    this.#scope = scope;
    this.#tokens = sparkTokens(expression);
  }

  whole(): string {
    const { sql } = this.#or();
    if (this.#now().kind !== 'end') this.#fail(`${this.#now().text} is not expected there`);
    return sql;
  }

  #or(): SparkValue {
    this.#depth += 1;
    if (this.#depth > depthMax) this.#fail('it is nested too deeply');
    let left = this.#and();
    while (this.#word('OR')) left = { sql: `(${left.sql} OR ${this.#and().sql})`, type: boolean };
    this.#depth -= 1;
    return left;
  }

  #and(): SparkValue {
    let left = this.#not();
    while (this.#word('AND')) left = { sql: `(${left.sql} AND ${this.#not().sql})`, type: boolean };
    return left;
  }

  #not(): SparkValue {
    if (this.#word('NOT') || this.#symbol('!')) return { sql: `(NOT ${this.#not().sql})`, type: boolean };
    return this.#comparison();
  }

  #comparison(): SparkValue {
    let left = this.#binary(5);
    for (;;) {
      const token = this.#now();
      const operator = token.kind === 'symbol' ? comparisons[token.text] : undefined;
      if (operator !== undefined) {
        this.#at += 1;
        left = { sql: `(${left.sql} ${operator} ${this.#binary(5).sql})`, type: boolean };
        continue;
      }
      const next = this.#predicate(left);
      if (next === undefined) return left;
      left = { sql: next, type: boolean };
    }
  }

  /** IS NULL, IN, BETWEEN, LIKE and their kind behind `left`; undefined when none follows. */
  #predicate({ sql: left }: SparkValue): string | undefined {
    if (this.#word('IS')) {
      const not = this.#word('NOT') ? 'NOT ' : '';
      if (this.#word('DISTINCT')) {
        this.#expectWord('FROM');
        return `(${left} IS ${not}DISTINCT FROM ${this.#binary(5).sql})`;
      }
      for (const word of ['NULL', 'TRUE', 'FALSE']) if (this.#word(word)) return `(${left} IS ${not}${word})`;
      if (this.#word('UNKNOWN')) return `(${left} IS ${not}NULL)`;
      return this.#fail(`IS ${this.#now().text} is not known`);
    }
    const start = this.#at;
    const not = this.#word('NOT') ? 'NOT ' : '';
    if (this.#word('IN'))
      return `(${left} ${not}IN (${this.#arguments()
        .map(({ sql }) => sql)
        .join(', ')}))`;
    if (this.#word('BETWEEN')) {
      const low = this.#binary(5).sql;
      this.#expectWord('AND');
      return `(${left} ${not}BETWEEN ${low} AND ${this.#binary(5).sql})`;
    }
    for (const like of ['LIKE', 'ILIKE']) {
      if (!this.#word(like)) continue;
      const pattern = this.#binary(5).sql;
      const escapedBy = this.#word('ESCAPE') ? this.#binary(5).sql : "'\\'";
      return `(${left} ${not}${like} ${pattern} ESCAPE ${escapedBy})`;
    }
    if (this.#word('RLIKE') || this.#word('REGEXP')) {
      return `(${not}regexp_matches(${left}, ${this.#binary(5).sql}))`;
    }
    this.#at = start;
    return undefined;
  }

  #binary(least: number): SparkValue {
    let left = this.#unary();
    for (;;) {
      const token = this.#now();
      const name = token.kind === 'name' ? token.text.toUpperCase() : token.text;
      const binds = token.kind === 'symbol' || name === 'DIV' ? binaries[name] : undefined;
      if (binds === undefined || binds < least) return left;
      this.#at += 1;
      left = this.#combined(name, left, this.#binary(binds + 1));
    }
  }

  #combined(operator: string, left: SparkValue, right: SparkValue): SparkValue {
    const plain = `(${left.sql} ${operator} ${right.sql})`;
    switch (operator) {
      // Division by zero is null, not infinity.
      case '/':
        return { sql: `(${left.sql} / nullif(${right.sql}, 0))`, type: double };
      case '%':
        return { sql: `(${left.sql} % nullif(${right.sql}, 0))`, type: wider(left, right) };
      case 'DIV':
        return { sql: `(${left.sql} // nullif(${right.sql}, 0))`, type: { kind: 'primitive', name: 'long' } };
      case '^':
        return { sql: `xor(${left.sql}, ${right.sql})`, type: left.type };
      case '||':
        return { sql: plain, type: left.type };
      default:
        return { sql: plain, type: wider(left, right) };
    }
  }

  #unary(): SparkValue {
    for (const sign of ['-', '+', '~']) {
      if (!this.#symbol(sign)) continue;
      const value = this.#unary();
      return { sql: `(${sign}${value.sql})`, type: value.type };
    }
    let value = this.#primary();
    for (;;) {
      if (this.#symbol('::')) value = this.#cast(value, this.#type(), 'CAST');
      else if (this.#symbol('[')) {
        value = this.#element(value, this.#or());
        this.#expect(']');
      } else if (this.#symbol('.')) value = this.#member(value, this.#anyName());
      else return value;
    }
  }

  /** Lists count from 0 here and from 1 in the engine. */
  #element(value: SparkValue, index: SparkValue): SparkValue {
    if (value.type?.kind === 'array')
      return { sql: `(${value.sql})[(${index.sql}) + 1]`, type: value.type.elementType };
    if (value.type?.kind === 'map')
      return { sql: `(${value.sql})[${index.sql}]`, type: value.type.valueType };
    return this.#fail('[…] follows what is neither a list nor a map');
  }

  #member(value: SparkValue, name: string): SparkValue {
    const { type } = value;
    const member =
      type?.kind === 'struct'
        ? type.fields.find((f) => f.name.toLowerCase() === name.toLowerCase())
        : undefined;
    if (member === undefined) return this.#fail(`there is no member ${name}`);
    return { sql: `(${value.sql}).${quoteIdentifier(member.name)}`, type: member.type };
  }

  #primary(): SparkValue {
    const token = this.#now();
    this.#at += 1;
    switch (token.kind) {
      case 'number':
        return this.#number(token.text);
      case 'text': {
        let value = token.text;
        // Texts beside each other are one.
        for (; this.#now().kind === 'text'; this.#at += 1) value += this.#now().text;
        return { sql: value.split('\0').map(quoteLiteral).join(' || chr(0) || '), type: text };
      }
      case 'bytes':
        return { sql: `unhex(${quoteLiteral(token.text)})`, type: { kind: 'primitive', name: 'binary' } };
      case 'quoted-name':
        return this.#column(token.text);
      case 'name':
        return this.#named(token.text);
      case 'symbol':
        if (token.text === '(') {
          const value = this.#or();
          this.#expect(')');
          return { ...value, sql: `(${value.sql})` };
        }
        return this.#fail(`${token.text} is not expected there`);
      default:
        return this.#fail('it ends too early');
    }
  }

  #number(spelled: string): SparkValue {
    const match = /^([\d.]+(?:[eE][+-]?\d+)?)(BD|bd|[LlSsYyFfDd])?$/.exec(spelled);
    const digits = match?.[1] ?? spelled;
    const casts: Readonly<Record<string, string>> = {
      L: 'BIGINT',
      S: 'SMALLINT',
      Y: 'TINYINT',
      F: 'FLOAT',
      D: 'DOUBLE',
    };
    const type = casts[(match?.[2] ?? '').toUpperCase()];
    const isWhole = /^\d+$/.test(digits) && type !== 'FLOAT' && type !== 'DOUBLE';
    return {
      sql: type === undefined ? digits : `CAST(${digits} AS ${type})`,
      type: isWhole ? { kind: 'primitive', name: 'long' } : double,
    };
  }

  /** A word that is a column, a function, or one with a grammar of its own. */
  #named(name: string): SparkValue {
    const upper = name.toUpperCase();
    const opens = this.#now().kind === 'symbol' && this.#now().text === '(';
    if (upper === 'CASE') return this.#case();
    if (upper === 'INTERVAL' && !opens) return this.#interval();
    if (upper === 'TRUE' || upper === 'FALSE') return { sql: upper, type: boolean };
    if (upper === 'NULL') return { sql: 'NULL' };
    if (this.#now().kind === 'text' && typedLiterals[upper] !== undefined) {
      const value = this.#now().text;
      this.#at += 1;
      const type: DataType = { kind: 'primitive', name: typedLiterals[upper] };
      const zoned =
        upper === 'TIMESTAMP' && !/(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(value) ? `${value}+00` : value;
      return { sql: `CAST(${quoteLiteral(zoned)} AS ${duckdbTypeOf(type)})`, type };
    }
    if (!opens) {
      if (bareFunctions.has(upper)) return this.#call(name, []);
      return this.#column(name);
    }
    if (upper === 'CAST' || upper === 'TRY_CAST') {
      this.#expect('(');
      const value = this.#or();
      this.#expectWord('AS');
      const type = this.#type();
      this.#expect(')');
      return this.#cast(value, type, upper);
    }
    if (upper === 'EXTRACT') {
      this.#expect('(');
      const field = this.#anyName();
      this.#expectWord('FROM');
      const value = this.#or();
      this.#expect(')');
      return this.#call(field, [value]);
    }
    return this.#call(name, this.#arguments());
  }

  #call(name: string, values: readonly SparkValue[]): SparkValue {
    const known = sparkFunctions.get(name.toLowerCase());
    const type = sparkTypes.get(name.toLowerCase());
    if (known === undefined && type !== undefined && values.length === 1) {
      return this.#cast(values[0] as SparkValue, type, 'CAST');
    }
    if (known === undefined) return this.#fail(`the function ${name} is not known`);
    return known(values) ?? this.#fail(`${name} is not known with ${values.length} arguments, or with these`);
  }

  #case(): SparkValue {
    const subject = this.#peek('WHEN') ? '' : ` ${this.#or().sql}`;
    let branches = '';
    let type: DataType | undefined;
    while (this.#word('WHEN')) {
      const condition = this.#or().sql;
      this.#expectWord('THEN');
      const value = this.#or();
      type ??= value.type;
      branches += ` WHEN ${condition} THEN ${value.sql}`;
    }
    if (this.#word('ELSE')) {
      const value = this.#or();
      type ??= value.type;
      branches += ` ELSE ${value.sql}`;
    }
    this.#expectWord('END');
    return { sql: `(CASE${subject}${branches} END)`, type };
  }

  /** INTERVAL 2 DAYS, INTERVAL '2' DAY, INTERVAL '1 day 2 hours'. */
  #interval(): SparkValue {
    const parts: string[] = [];
    for (;;) {
      const token = this.#now();
      if (token.kind !== 'number' && token.kind !== 'text') break;
      this.#at += 1;
      const unit = this.#now();
      const isUnit =
        unit.kind === 'name' &&
        /^(?:year|month|week|day|hour|minute|second|millisecond|microsecond)s?$/i.test(unit.text);
      if (isUnit) this.#at += 1;
      if (this.#peek('TO')) return this.#fail('intervals with TO are not known');
      parts.push(isUnit ? `${token.text} ${unit.text}` : token.text);
    }
    if (parts.length === 0) return this.#fail('INTERVAL has no value');
    return { sql: `INTERVAL ${quoteLiteral(parts.join(' '))}` };
  }

  #column(name: string): SparkValue {
    const found = this.#scope.column?.(name);
    if (found === undefined) return this.#fail(`there is no column ${name}`);
    return found;
  }

  #cast({ sql, type: from }: SparkValue, to: DataType, how: string): SparkValue {
    const target = duckdbTypeOf(to);
    const name = to.kind === 'primitive' ? to.name : '';
    const isInstant = from?.kind === 'primitive' && from.name === 'timestamp';
    let value = sql;
    // The engine rounds where Spark cuts off.
    if (/^(?:byte|short|integer|long)$/.test(name) && isFraction(from)) value = `trunc(${sql})`;
    else if (isInstant && /^(?:date|timestamp_ntz|string)$/.test(name)) value = `timezone('UTC', ${sql})`;
    else if (isInstant && /^(?:long|double)$/.test(name))
      value = name === 'long' ? `floor(epoch(${sql}))` : `epoch(${sql})`;
    else if (
      name === 'timestamp' &&
      from?.kind === 'primitive' &&
      /^(?:date|timestamp_ntz)$/.test(from.name)
    ) {
      value = `timezone('UTC', CAST(${sql} AS TIMESTAMP))`;
    }
    return { sql: `${how}(${value} AS ${target})`, type: to };
  }

  #type(): DataType {
    const name = this.#anyName().toLowerCase();
    const inside = (): DataType => this.#type();
    if (name === 'array' && this.#symbol('<')) {
      const elementType = inside();
      this.#expect('>');
      return { kind: 'array', elementType, containsNull: true };
    }
    if (/^(?:decimal|dec|numeric)$/.test(name)) {
      const [precision = 10, scale = 0] = this.#sizes();
      return { kind: 'decimal', precision, scale };
    }
    const known = sparkTypes.get(name);
    if (known === undefined) return this.#fail(`the type ${name} is not known`);
    this.#sizes();
    return known;
  }

  #sizes(): number[] {
    if (!this.#symbol('(')) return [];
    const sizes: number[] = [];
    do {
      sizes.push(Number(this.#now().text));
      this.#at += 1;
    } while (this.#symbol(','));
    this.#expect(')');
    return sizes;
  }

  #arguments(): SparkValue[] {
    this.#expect('(');
    const values: SparkValue[] = [];
    if (this.#symbol(')')) return values;
    do values.push(this.#or());
    while (this.#symbol(','));
    this.#expect(')');
    return values;
  }

  #anyName(): string {
    const token = this.#now();
    if (token.kind !== 'name' && token.kind !== 'quoted-name') this.#fail(`${token.text} is not a name`);
    this.#at += 1;
    return token.text;
  }

  #now(): SparkToken {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' };
  }

  #peek(word: string): boolean {
    const token = this.#now();
    return token.kind === 'name' && token.text.toUpperCase() === word;
  }

  #word(word: string): boolean {
    if (!this.#peek(word)) return false;
    this.#at += 1;
    return true;
  }

  #symbol(symbol: string): boolean {
    const token = this.#now();
    if (token.kind !== 'symbol' || token.text !== symbol) return false;
    this.#at += 1;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#symbol(symbol)) this.#fail(`${symbol} is missing`);
  }

  #expectWord(word: string): void {
    if (!this.#word(word)) this.#fail(`${word} is missing`);
  }

  #fail(problem: string): never {
    throw writeErrors['bad-expression']({ expression: this.#expression, problem });
  }
}

const depthMax = 200;

const typedLiterals: Readonly<Record<string, 'date' | 'timestamp' | 'timestamp_ntz' | undefined>> = {
  DATE: 'date',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_LTZ: 'timestamp',
  TIMESTAMP_NTZ: 'timestamp_ntz',
};

/** Functions that are called without parentheses too. */
const bareFunctions: ReadonlySet<string> = new Set(['CURRENT_DATE', 'CURRENT_TIMESTAMP', 'CURRENT_USER']);

function isFraction(type: DataType | undefined): boolean {
  return type?.kind === 'decimal' || (type?.kind === 'primitive' && /^(?:float|double)$/.test(type.name));
}

function wider(left: SparkValue, right: SparkValue): DataType | undefined {
  return isFraction(right.type) ? right.type : (left.type ?? right.type);
}
