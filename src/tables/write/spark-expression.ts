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
import { sparkFunctions } from './spark-functions.ts';
import { sparkTypes } from './spark-types.ts';
import { castValue, type SparkValue, wider } from './spark-values.ts';
import { SparkWords } from './spark-words.ts';

/** What names in an expression stand for. */
export interface SparkScope {
  /** The SQL and the type of a column; undefined when there is no such column. Without it any name is refused. */
  column?(name: string): { readonly sql: string; readonly type?: DataType } | undefined;
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
  readonly #words: SparkWords;
  readonly #scope: SparkScope;
  #depth = 0;

  constructor(expression: string, scope: SparkScope) {
    this.#words = new SparkWords(expression);
    this.#scope = scope;
  }

  whole(): string {
    const { sql } = this.#or();
    if (this.#words.now().kind !== 'end') this.#words.fail(`${this.#words.now().text} is not expected there`);
    return sql;
  }

  #or(): SparkValue {
    this.#depth += 1;
    if (this.#depth > depthMax) this.#words.fail('it is nested too deeply');
    let left = this.#and();
    while (this.#words.word('OR')) left = { sql: `(${left.sql} OR ${this.#and().sql})`, type: boolean };
    this.#depth -= 1;
    return left;
  }

  #and(): SparkValue {
    let left = this.#not();
    while (this.#words.word('AND')) left = { sql: `(${left.sql} AND ${this.#not().sql})`, type: boolean };
    return left;
  }

  #not(): SparkValue {
    if (this.#words.word('NOT') || this.#words.symbol('!'))
      return { sql: `(NOT ${this.#not().sql})`, type: boolean };
    return this.#comparison();
  }

  #comparison(): SparkValue {
    let left = this.#binary(5);
    for (;;) {
      const token = this.#words.now();
      const operator = token.kind === 'symbol' ? comparisons[token.text] : undefined;
      if (operator !== undefined) {
        this.#words.skip();
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
    if (this.#words.word('IS')) {
      const not = this.#words.word('NOT') ? 'NOT ' : '';
      if (this.#words.word('DISTINCT')) {
        this.#words.expectWord('FROM');
        return `(${left} IS ${not}DISTINCT FROM ${this.#binary(5).sql})`;
      }
      for (const word of ['NULL', 'TRUE', 'FALSE'])
        if (this.#words.word(word)) return `(${left} IS ${not}${word})`;
      if (this.#words.word('UNKNOWN')) return `(${left} IS ${not}NULL)`;
      return this.#words.fail(`IS ${this.#words.now().text} is not known`);
    }
    const start = this.#words.place;
    const not = this.#words.word('NOT') ? 'NOT ' : '';
    if (this.#words.word('IN'))
      return `(${left} ${not}IN (${this.#arguments()
        .map(({ sql }) => sql)
        .join(', ')}))`;
    if (this.#words.word('BETWEEN')) {
      const low = this.#binary(5).sql;
      this.#words.expectWord('AND');
      return `(${left} ${not}BETWEEN ${low} AND ${this.#binary(5).sql})`;
    }
    for (const like of ['LIKE', 'ILIKE']) {
      if (!this.#words.word(like)) continue;
      const pattern = this.#binary(5).sql;
      const escapedBy = this.#words.word('ESCAPE') ? this.#binary(5).sql : "'\\'";
      return `(${left} ${not}${like} ${pattern} ESCAPE ${escapedBy})`;
    }
    if (this.#words.word('RLIKE') || this.#words.word('REGEXP')) {
      return `(${not}regexp_matches(${left}, ${this.#binary(5).sql}))`;
    }
    this.#words.goBack(start);
    return undefined;
  }

  #binary(least: number): SparkValue {
    let left = this.#unary();
    for (;;) {
      const token = this.#words.now();
      const name = token.kind === 'name' ? token.text.toUpperCase() : token.text;
      const binds = token.kind === 'symbol' || name === 'DIV' ? binaries[name] : undefined;
      if (binds === undefined || binds < least) return left;
      this.#words.skip();
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
      if (!this.#words.symbol(sign)) continue;
      const value = this.#unary();
      return { sql: `(${sign}${value.sql})`, type: value.type };
    }
    let value = this.#primary();
    for (;;) {
      if (this.#words.symbol('::')) value = castValue(value, this.#words.type(), 'CAST');
      else if (this.#words.symbol('[')) {
        value = this.#element(value, this.#or());
        this.#words.expect(']');
      } else if (this.#words.symbol('.')) value = this.#member(value, this.#words.anyName());
      else return value;
    }
  }

  /** Lists count from 0 here and from 1 in the engine. */
  #element(value: SparkValue, index: SparkValue): SparkValue {
    if (value.type?.kind === 'array')
      return { sql: `(${value.sql})[(${index.sql}) + 1]`, type: value.type.elementType };
    if (value.type?.kind === 'map')
      return { sql: `(${value.sql})[${index.sql}]`, type: value.type.valueType };
    return this.#words.fail('[…] follows what is neither a list nor a map');
  }

  #member(value: SparkValue, name: string): SparkValue {
    const { type } = value;
    const member =
      type?.kind === 'struct'
        ? type.fields.find((f) => f.name.toLowerCase() === name.toLowerCase())
        : undefined;
    if (member === undefined) return this.#words.fail(`there is no member ${name}`);
    return { sql: `(${value.sql}).${quoteIdentifier(member.name)}`, type: member.type };
  }

  #primary(): SparkValue {
    const token = this.#words.now();
    this.#words.skip();
    switch (token.kind) {
      case 'number':
        return this.#number(token.text);
      case 'text': {
        let value = token.text;
        // Texts beside each other are one.
        for (; this.#words.now().kind === 'text'; this.#words.skip()) value += this.#words.now().text;
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
          this.#words.expect(')');
          return { ...value, sql: `(${value.sql})` };
        }
        return this.#words.fail(`${token.text} is not expected there`);
      default:
        return this.#words.fail('it ends too early');
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
    const opens = this.#words.now().kind === 'symbol' && this.#words.now().text === '(';
    if (upper === 'CASE') return this.#case();
    if (upper === 'INTERVAL' && !opens) return this.#interval();
    if (upper === 'TRUE' || upper === 'FALSE') return { sql: upper, type: boolean };
    if (upper === 'NULL') return { sql: 'NULL' };
    if (this.#words.now().kind === 'text' && typedLiterals[upper] !== undefined) {
      const value = this.#words.now().text;
      this.#words.skip();
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
      this.#words.expect('(');
      const value = this.#or();
      this.#words.expectWord('AS');
      const type = this.#words.type();
      this.#words.expect(')');
      return castValue(value, type, upper);
    }
    if (upper === 'EXTRACT') {
      this.#words.expect('(');
      const field = this.#words.anyName();
      this.#words.expectWord('FROM');
      const value = this.#or();
      this.#words.expect(')');
      return this.#call(field, [value]);
    }
    return this.#call(name, this.#arguments());
  }

  #call(name: string, values: readonly SparkValue[]): SparkValue {
    const known = sparkFunctions.get(name.toLowerCase());
    const type = sparkTypes.get(name.toLowerCase());
    if (known === undefined && type !== undefined && values.length === 1) {
      return castValue(values[0] as SparkValue, type, 'CAST');
    }
    if (known === undefined) return this.#words.fail(`the function ${name} is not known`);
    return (
      known(values) ?? this.#words.fail(`${name} is not known with ${values.length} arguments, or with these`)
    );
  }

  #case(): SparkValue {
    const subject = this.#words.peek('WHEN') ? '' : ` ${this.#or().sql}`;
    let branches = '';
    let type: DataType | undefined;
    while (this.#words.word('WHEN')) {
      const condition = this.#or().sql;
      this.#words.expectWord('THEN');
      const value = this.#or();
      type ??= value.type;
      branches += ` WHEN ${condition} THEN ${value.sql}`;
    }
    if (this.#words.word('ELSE')) {
      const value = this.#or();
      type ??= value.type;
      branches += ` ELSE ${value.sql}`;
    }
    this.#words.expectWord('END');
    return { sql: `(CASE${subject}${branches} END)`, type };
  }

  /** INTERVAL 2 DAYS, INTERVAL '2' DAY, INTERVAL '1 day 2 hours'. */
  #interval(): SparkValue {
    const parts: string[] = [];
    for (;;) {
      const token = this.#words.now();
      if (token.kind !== 'number' && token.kind !== 'text') break;
      this.#words.skip();
      const unit = this.#words.now();
      const isUnit =
        unit.kind === 'name' &&
        /^(?:year|month|week|day|hour|minute|second|millisecond|microsecond)s?$/i.test(unit.text);
      if (isUnit) this.#words.skip();
      if (this.#words.peek('TO')) return this.#words.fail('intervals with TO are not known');
      parts.push(isUnit ? `${token.text} ${unit.text}` : token.text);
    }
    if (parts.length === 0) return this.#words.fail('INTERVAL has no value');
    return { sql: `INTERVAL ${quoteLiteral(parts.join(' '))}` };
  }

  #column(name: string): SparkValue {
    const found = this.#scope.column?.(name);
    if (found === undefined) return this.#words.fail(`there is no column ${name}`);
    return found;
  }

  #arguments(): SparkValue[] {
    this.#words.expect('(');
    const values: SparkValue[] = [];
    if (this.#words.symbol(')')) return values;
    do values.push(this.#or());
    while (this.#words.symbol(','));
    this.#words.expect(')');
    return values;
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
