/**
 * SQL conditions as `Predicate`s, by DuckDB's own parser: so a condition means here what it means there, or
 * it is `unknown`.
 */
import {
  type ColumnOperand,
  type ComparisonOperator,
  type DataType,
  type Predicate,
  primitive,
  type StatValue,
  type StructType,
  type Transform,
  type TruncationUnit,
  unknownPredicate,
} from '../../delta/index.ts';
import type { Session } from '../../duckdb/index.ts';
import { comparedValue, neededCast } from './compared-value.ts';
import {
  type Constant,
  castNode,
  computeConstants,
  constantKey,
  isConstant,
  literalOf,
  type Wanted,
} from './constants.ts';
import { movedBy, movingComparison, readsClock, rises } from './moving-value.ts';
import { member, nodes, parseCondition, referenceNames, type SqlNode } from './sql-tree.ts';

/** How names in a condition are meant. */
export interface PredicateScope {
  /** The table's name in the condition: `t` lets `t.id` be its column. Other qualified names are others' columns. */
  readonly alias?: string;
  /** Whether the session that is given is the one the condition will run in, at once. True unless given. */
  readonly knowsZone?: boolean;
  /** Whether bare names are this table's columns, or nobody's. True unless given. */
  readonly isAlone?: boolean;
}

/**
 * What `sql`, a condition over a table with `columns`, says about the table's rows. Whatever isn't
 * understood comes out as `unknown`; it never throws for a condition that the engine would run.
 *
 * Costs half a millisecond, and as much again when constants must be computed.
 *
 * @param session where the condition will be run: its time zone decides what a local time means.
 */
export async function parsePredicate(
  session: Session,
  sql: string,
  columns: StructType,
  scope: PredicateScope = {},
): Promise<Predicate> {
  const condition = await parseCondition(session, sql);
  return condition === undefined ? unknownPredicate : predicateOfNode(session, condition, columns, scope);
}

/** `parsePredicate` for a condition that is parsed already. */
export async function predicateOfNode(
  session: Session,
  condition: SqlNode,
  columns: StructType,
  scope: PredicateScope = {},
): Promise<Predicate> {
  const first = new Translation(columns, scope, new Map());
  const predicate = first.predicate(condition);
  if (first.wanted.size === 0) return predicate;
  const { knowsZone = true } = scope;
  const computed = await computeConstants(session, first.wanted, knowsZone);
  const second = new Translation(columns, scope, computed);
  const better = second.predicate(condition);
  if (second.wanted.size === 0) return better;
  // A computed constant may have to be cast to what it is compared with.
  const cast = await computeConstants(session, second.wanted, knowsZone);
  return new Translation(columns, scope, new Map([...computed, ...cast])).predicate(condition);
}

/** A column in a condition, with the type of what comes out of its functions. */
interface Operand extends ColumnOperand {
  readonly type: DataType;
}

/** A value, and the column, or a function on it, that is compared with it. */
interface Compared {
  readonly column: ColumnOperand;
  readonly value: StatValue;
}

class Translation {
  /** Constants that must be computed before this can be done well. */
  readonly wanted: Wanted = new Map();
  readonly #columns: StructType;
  readonly #scope: PredicateScope;
  readonly #computed: ReadonlyMap<string, Constant>;

  constructor(columns: StructType, scope: PredicateScope, computed: ReadonlyMap<string, Constant>) {
    this.#columns = columns;
    this.#scope = scope;
    this.#computed = computed;
  }

  predicate(node: SqlNode): Predicate {
    const type = String(node['type']);
    const children = nodes(node['children']);
    switch (node['class']) {
      case 'CONJUNCTION': {
        const of = children.map((child) => this.predicate(child));
        return type === 'CONJUNCTION_AND' ? { kind: 'and', of: [...of, ...ranges(of)] } : { kind: 'or', of };
      }
      case 'OPERATOR':
        return this.#operator(type, children);
      case 'COMPARISON':
        return this.#comparison(type, member(node, 'left'), member(node, 'right'));
      case 'BETWEEN':
        return this.#between(member(node, 'input'), member(node, 'lower'), member(node, 'upper'));
      case 'FUNCTION':
        return this.#function(String(node['function_name']).toLowerCase(), children);
      case 'CONSTANT': {
        const constant = literalOf(node);
        if (constant?.kind === 'boolean') return { kind: 'constant', value: constant.value };
        return constant?.kind === 'null' ? { kind: 'constant', value: null } : unknownPredicate;
      }
      case 'COLUMN_REF': {
        const operand = this.#operand(node);
        return operand !== undefined && isPrimitive(operand.type, 'boolean')
          ? { kind: 'compare', ...columnOf(operand), operator: '=', value: true }
          : unknownPredicate;
      }
      case 'CAST': {
        const value = this.#constant(node);
        return value?.kind === 'boolean' ? { kind: 'constant', value: value.value } : unknownPredicate;
      }
      default:
        return unknownPredicate;
    }
  }

  #operator(type: string, children: readonly SqlNode[]): Predicate {
    const [first, ...rest] = children;
    if (first === undefined) return unknownPredicate;
    switch (type) {
      case 'OPERATOR_NOT':
        return { kind: 'not', of: this.predicate(first) };
      case 'OPERATOR_IS_NULL':
      case 'OPERATOR_IS_NOT_NULL': {
        const operand = this.#operand(first);
        if (operand === undefined) return unknownPredicate;
        // Of the functions only casts of texts give null, and those fail instead.
        const isNull: Predicate = { kind: 'is-null', path: operand.path };
        return type === 'OPERATOR_IS_NULL' ? isNull : { kind: 'not', of: isNull };
      }
      case 'COMPARE_IN':
      case 'COMPARE_NOT_IN': {
        const within = this.#in(first, rest);
        return type === 'COMPARE_IN' ? within : { kind: 'not', of: within };
      }
      default:
        return unknownPredicate;
    }
  }

  #comparison(type: string, left: SqlNode | undefined, right: SqlNode | undefined): Predicate {
    if (left === undefined || right === undefined) return unknownPredicate;
    const isTurned = this.#operand(left) === undefined;
    const operand = this.#operand(isTurned ? right : left);
    const other = isTurned ? left : right;
    if (operand === undefined) return unknownPredicate;
    if (type === 'COMPARE_NOT_DISTINCT_FROM') return this.#same(operand, other);
    if (type === 'COMPARE_DISTINCT_FROM') return { kind: 'not', of: this.#same(operand, other) };
    const operator = comparisons.get(type)?.[isTurned ? 1 : 0];
    return operator === undefined ? unknownPredicate : this.#compare(operand, operator, other);
  }

  #compare(operand: Operand, operator: ComparisonOperator, other: SqlNode): Predicate {
    if (readsClock(other, this.#isColumn)) return this.#compareMoving(operand, operator, other);
    return this.#compareFixed(operator, this.#value(operand, other)) ?? unknownPredicate;
  }

  #compareFixed(operator: ComparisonOperator, value: Compared | null | undefined): Predicate | undefined {
    if (value === undefined) return undefined;
    if (value === null) return { kind: 'constant', value: null };
    return { kind: 'compare', ...value.column, operator, value: value.value };
  }

  #compareMoving(operand: Operand, operator: ComparisonOperator, other: SqlNode): Predicate {
    if (!rises(other, this.#isColumn)) return unknownPredicate;
    // Elsewhere the day may be another one, and what is run later is run at any time.
    const isNow = this.#scope.knowsZone !== false;
    const at = (days: number | undefined) => {
      const node = days === undefined ? undefined : movedBy(other, days, this.#isColumn);
      const value = node && this.#value(operand, node, this.#compute(node));
      return (own: ComparisonOperator) => this.#compareFixed(own, value);
    };
    return movingComparison(operator, at(isNow ? 0 : -zoneDays), at(isNow ? statementDays : undefined));
  }

  /** A bare name that is a column, or may be one of another table. */
  readonly #isColumn = (name: string): boolean =>
    this.#scope.isAlone === false || this.#columns.fields.some((f) => sameName(f.name, name));

  /** `IS NOT DISTINCT FROM`: never null. */
  #same(operand: Operand, other: SqlNode): Predicate {
    const value = this.#value(operand, other);
    if (value === undefined) return unknownPredicate;
    const isNull: Predicate = { kind: 'is-null', path: operand.path };
    if (value === null) return isNull;
    const equal: Predicate = { kind: 'compare', ...value.column, operator: '=', value: value.value };
    return { kind: 'and', of: [equal, { kind: 'not', of: isNull }] };
  }

  #between(input: SqlNode | undefined, lower: SqlNode | undefined, upper: SqlNode | undefined): Predicate {
    const operand = input && this.#operand(input);
    if (operand === undefined || lower === undefined || upper === undefined) return unknownPredicate;
    const [low, high] = [this.#value(operand, lower), this.#value(operand, upper)];
    const isOneColumn = low && high && (low.column.via?.length ?? 0) === (high.column.via?.length ?? 0);
    if (isOneColumn) return { kind: 'between', ...low.column, low: low.value, high: high.value };
    return {
      kind: 'and',
      of: [this.#compare(operand, '>=', lower), this.#compare(operand, '<=', upper)],
    };
  }

  #in(first: SqlNode, list: readonly SqlNode[]): Predicate {
    const operand = this.#operand(first);
    if (operand === undefined) return unknownPredicate;
    const values: StatValue[] = [];
    let hasNull = false;
    let column: ColumnOperand | undefined;
    for (const item of list) {
      const value = this.#value(operand, item);
      if (value === undefined) return unknownPredicate;
      if (value === null) {
        hasNull = true;
        continue;
      }
      if (column !== undefined && column.via?.length !== value.column.via?.length) return unknownPredicate;
      column = value.column;
      values.push(value.value);
    }
    return { kind: 'in', ...(column ?? columnOf(operand)), values, hasNull };
  }

  #function(name: string, children: readonly SqlNode[]): Predicate {
    const [first, second] = children;
    if (first === undefined || second === undefined) return unknownPredicate;
    if (name === 'contains' || name === 'list_contains') {
      const isList = first['class'] === 'FUNCTION' && first['function_name'] === 'list_value';
      // What a list without the value gives depends on its nulls.
      return isList
        ? { kind: 'and', of: [this.#in(second, nodes(first['children'])), unknownPredicate] }
        : unknownPredicate;
    }
    const operand = this.#operand(first);
    const pattern = this.#constant(second);
    if (operand === undefined || pattern?.kind !== 'text' || !isPrimitive(operand.type, 'string'))
      return unknownPredicate;
    switch (name) {
      case '~~':
        return like(operand, pattern.value);
      case '!~~':
        return { kind: 'not', of: like(operand, pattern.value) };
      case 'starts_with':
      case '^@':
      case 'prefix':
        return { kind: 'starts-with', ...columnOf(operand), prefix: pattern.value };
      default:
        return unknownPredicate;
    }
  }

  /** What the column is compared with; null for null, undefined when it can't be told (yet). */
  #value(
    operand: Operand,
    node: SqlNode,
    computed: Constant | undefined = this.#constant(node),
  ): Compared | null | undefined {
    let constant = computed;
    if (constant === undefined) return undefined;
    const cast = neededCast(constant, operand.type);
    if (cast !== undefined && constant.kind !== 'null') constant = this.#compute(castNode(node, cast));
    if (constant === undefined) return undefined;
    if (constant.kind === 'null') return null;
    const compared = comparedValue(constant, operand.type);
    if (compared === undefined) return undefined;
    const column = columnOf(operand);
    if (compared.via === undefined) return { column, value: compared.value };
    return {
      column: { path: column.path, via: [...(column.via ?? []), compared.via] },
      value: compared.value,
    };
  }

  #constant(node: SqlNode): Constant | undefined {
    return literalOf(node) ?? (isConstant(node) ? this.#compute(node) : undefined);
  }

  #compute(node: SqlNode): Constant | undefined {
    const key = constantKey(node);
    const known = this.#computed.get(key);
    if (known === undefined) this.wanted.set(key, node);
    return known;
  }

  /** `node` as a column of the table, a member of one, or a function on it that can be judged. */
  #operand(node: SqlNode): Operand | undefined {
    const names = referenceNames(node);
    if (names !== undefined) return this.#column(names);
    const children = nodes(node['children']);
    if (node['class'] === 'OPERATOR' && /^(?:STRUCT|ARRAY)_EXTRACT$/.test(String(node['type']))) {
      const [of, key] = children;
      const outer = of && this.#operand(of);
      const name = key && literalOf(key);
      if (outer === undefined || outer.via !== undefined || name?.kind !== 'text') return undefined;
      return memberOperand(outer, [name.value]);
    }
    if (node['class'] === 'CAST') return this.#cast(node);
    if (node['class'] === 'FUNCTION') {
      return this.#dateFunction(String(node['function_name']).toLowerCase(), children);
    }
    return undefined;
  }

  #column(names: readonly string[]): Operand | undefined {
    const { alias } = this.#scope;
    const [first = '', ...rest] = names;
    const isQualified = alias !== undefined && rest.length > 0;
    if (isQualified && !sameName(first, alias)) return undefined;
    const path = isQualified ? rest : names;
    return memberOperand({ path: [], type: this.#columns }, path);
  }

  #cast(node: SqlNode): Operand | undefined {
    const child = member(node, 'child');
    const operand = child && this.#operand(child);
    const to = String(member(node, 'cast_type')?.['id']);
    if (operand === undefined || operand.type.kind !== 'primitive') return undefined;
    const from = operand.type.name;
    const isTime = from === 'date' || from === 'timestamp_ntz';
    const wide = wholeTypes.indexOf(from);
    if (to === 'DATE' && isTime) return through(operand, { kind: 'to-date' }, primitive('date'));
    if (to === 'TIMESTAMP' && isTime)
      return through(operand, { kind: 'to-timestamp' }, primitive('timestamp_ntz'));
    if (to === 'BOOLEAN' && from === 'boolean') return operand;
    if (to === 'VARCHAR' && from === 'string') return operand;
    if (to === 'VARCHAR' && (wide >= 0 || from === 'date'))
      return through(operand, { kind: 'to-text' }, primitive('string'));
    const target = engineWholeTypes.indexOf(to);
    if (target >= 0 && wide >= 0 && target >= wide) return operand;
    // TRY_CAST gives null for what is no number, and statistics don't count those.
    if (target >= 0 && from === 'string' && node['try_cast'] !== true)
      return through(operand, { kind: 'to-whole' }, primitive('long'));
    return undefined;
  }

  #dateFunction(name: string, children: readonly SqlNode[]): Operand | undefined {
    const [first, second] = children;
    if (first === undefined) return undefined;
    const part = second === undefined ? undefined : literalOf(first);
    const operand = this.#operand(second ?? first);
    if (operand === undefined || !isDateOrClock(operand.type)) return undefined;
    const whole = primitive('long');
    const unit = part?.kind === 'text' ? part.value.toLowerCase() : second === undefined ? name : '';
    if (second === undefined || name === 'date_part' || name === 'datepart') {
      if (unit === 'year') return through(operand, { kind: 'year' }, whole);
      if (unit === 'month' || unit === 'quarter' || unit === 'day')
        return through(operand, { kind: 'part', part: unit }, whole);
      return undefined;
    }
    if (name !== 'date_trunc' && name !== 'datetrunc') return undefined;
    const isDay = isPrimitive(operand.type, 'date');
    const units: readonly TruncationUnit[] = isDay ? dayUnits : [...dayUnits, 'hour', 'minute', 'second'];
    const known = units.find((one) => one === unit);
    return known && through(operand, { kind: 'truncate', unit: known }, operand.type);
  }
}

/** Days that dates of one moment can lie apart, by time zone. */
const zoneDays = 2;
/** A statement that is run at once begins before so many days are over. */
const statementDays = 1;

const dayUnits: readonly TruncationUnit[] = ['year', 'quarter', 'month', 'week', 'day'];
const wholeTypes: readonly string[] = ['byte', 'short', 'integer', 'long'];
const engineWholeTypes: readonly string[] = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'];

/** Each comparison, and the one that says the same with its sides exchanged. */
const comparisons: ReadonlyMap<string, readonly [ComparisonOperator, ComparisonOperator]> = new Map([
  ['COMPARE_EQUAL', ['=', '=']],
  ['COMPARE_NOTEQUAL', ['<>', '<>']],
  ['COMPARE_LESSTHAN', ['<', '>']],
  ['COMPARE_GREATERTHAN', ['>', '<']],
  ['COMPARE_LESSTHANOREQUALTO', ['<=', '>=']],
  ['COMPARE_GREATERTHANOREQUALTO', ['>=', '<=']],
]);

/** Lower and upper limits of one column as one range: bounds alone don't exclude NaN from either. */
function ranges(parts: readonly Predicate[]): Predicate[] {
  const compares = parts.filter((part) => part.kind === 'compare');
  const lows = compares.filter(({ operator }) => operator === '>' || operator === '>=');
  const highs = compares.filter(({ operator }) => operator === '<' || operator === '<=');
  return lows.flatMap((low) => {
    const key = JSON.stringify([low.path, low.via ?? []]);
    return highs
      .filter((high) => JSON.stringify([high.path, high.via ?? []]) === key)
      .map((high): Predicate => ({ kind: 'between', ...columnOf(low), low: low.value, high: high.value }));
  });
}

function like(operand: Operand, pattern: string): Predicate {
  const end = /[%_]/.exec(pattern)?.index ?? pattern.length;
  const prefix = pattern.slice(0, end);
  if (end === pattern.length) return { kind: 'compare', ...columnOf(operand), operator: '=', value: pattern };
  const begins: Predicate = { kind: 'starts-with', ...columnOf(operand), prefix };
  return pattern.slice(end) === '%' ? begins : { kind: 'and', of: [begins, unknownPredicate] };
}

function memberOperand(outer: Operand, names: readonly string[]): Operand | undefined {
  let { type } = outer;
  const path = [...outer.path];
  for (const name of names) {
    if (type.kind !== 'struct') return undefined;
    const found = type.fields.find((f) => sameName(f.name, name));
    if (found === undefined) return undefined;
    path.push(found.name);
    type = found.type;
  }
  return { path, type };
}

function through(operand: Operand, transform: Transform, type: DataType): Operand {
  return { path: operand.path, via: [...(operand.via ?? []), transform], type };
}

function columnOf({ path, via }: ColumnOperand): ColumnOperand {
  return via === undefined ? { path } : { path, via };
}

function isPrimitive(type: DataType, name: string): boolean {
  return type.kind === 'primitive' && type.name === name;
}

function isDateOrClock(type: DataType): boolean {
  return isPrimitive(type, 'date') || isPrimitive(type, 'timestamp_ntz');
}

function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
