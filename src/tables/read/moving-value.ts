/**
 * Values that move with the clock: `now()`, `current_date - 7`. Pure.
 *
 * What is known when files are chosen is the time then; the statement runs later, and a view much later. So such
 * a value is taken as one that may still rise: what a row misses now because the value is too high it misses ever after, and
 * the other way round nothing is certain.
 */
import type { ComparisonOperator, Predicate } from '../../delta/index.ts';
import { unknownPredicate } from '../../delta/index.ts';
import { isConstant, literalOf } from './constants.ts';
import { member, nodes, referenceNames, type SqlNode, walkNodes } from './sql-tree.ts';

/** Whether `node` asks for the time. @param isColumn names that are columns, which go before the clock's. */
export function readsClock(node: SqlNode, isColumn: (name: string) => boolean): boolean {
  for (const part of walkNodes(node)) if (isClock(part, isColumn)) return true;
  return false;
}

/** Whether `node` rises with the clock, or stays: never falls. */
export function rises(node: SqlNode, isColumn: (name: string) => boolean): boolean {
  if (isClock(node, isColumn)) return true;
  const rising = (inner: SqlNode | undefined): boolean => inner !== undefined && rises(inner, isColumn);
  const fixed = (inner: SqlNode | undefined): boolean => inner !== undefined && isConstant(inner);
  if (node['class'] === 'CAST') {
    const to = String(member(node, 'cast_type')?.['id']);
    return /^(?:DATE|TIMESTAMP|TIMESTAMP WITH TIME ZONE)$/.test(to) && rising(member(node, 'child'));
  }
  if (node['class'] !== 'FUNCTION') return false;
  const [first, second, ...more] = nodes(node['children']);
  if (more.length > 0) return false;
  switch (String(node['function_name']).toLowerCase()) {
    case '+':
      return (rising(first) && fixed(second)) || (fixed(first) && rising(second));
    case '-':
    case 'date_add':
      return rising(first) && fixed(second);
    case 'date_trunc':
    case 'datetrunc':
    case 'timezone':
      return fixed(first) && rising(second);
    case 'date':
    case 'year':
    case 'last_day':
      return second === undefined && rising(first);
    case 'strftime': {
      const format = second && literalOf(second);
      return format?.kind === 'text' && textsThatRise.test(format.value) && rising(first);
    }
    default:
      return false;
  }
}

/** Dates as texts whose order is that of the dates. */
const textsThatRise = /^%Y(?:[-/]?%m(?:[-/]?%d)?)?$/;

/** `node` as it is when the clock stands `days` from now. */
export function movedBy(node: SqlNode, days: number, isColumn: (name: string) => boolean): SqlNode {
  if (days === 0) return node;
  if (isClock(node, isColumn)) {
    const isDate = /date|today/.test(clockName(node) ?? '');
    return call('+', [node, isDate ? wholeNode(days) : call('to_days', [wholeNode(days)])]);
  }
  const child = member(node, 'child');
  if (node['class'] === 'CAST' && child !== undefined)
    return { ...node, child: movedBy(child, days, isColumn) };
  return { ...node, children: nodes(node['children']).map((inner) => movedBy(inner, days, isColumn)) };
}

/**
 * What comparing with a value that moves comes to.
 *
 * @param low what the comparison is with the lowest that the value can be; undefined when that isn't known.
 * @param high the same with the highest; undefined when nothing is.
 */
export function movingComparison(
  operator: ComparisonOperator,
  low: (operator: ComparisonOperator) => Predicate | undefined,
  high: (operator: ComparisonOperator) => Predicate | undefined,
): Predicate {
  switch (operator) {
    case '>':
    case '>=':
      return both(low(operator), unknownPredicate);
    case '<':
    case '<=': {
      const surely: Predicate = { kind: 'or', of: [low(operator) ?? unknownPredicate, unknownPredicate] };
      return both(surely, high(operator));
    }
    case '=':
      return both(both(low('>='), high('<=')), unknownPredicate);
    default:
      return unknownPredicate;
  }
}

function both(a: Predicate | undefined, b: Predicate | undefined): Predicate {
  const of = [a, b].filter((one) => one !== undefined);
  const [only = unknownPredicate] = of;
  return of.length === 2 ? { kind: 'and', of } : only;
}

/** Whether `names` ask for the time without parentheses, when they name no column. */
export function isBareClock(names: readonly string[]): boolean {
  const [name = '', ...more] = names;
  return more.length === 0 && bareClocks.has(name.toLowerCase());
}

function isClock(node: SqlNode, isColumn: (name: string) => boolean): boolean {
  const name = clockName(node);
  return name !== undefined && !(node['class'] === 'COLUMN_REF' && isColumn(name));
}

/** The name by which `node` asks for the time. Without parentheses it looks like a column's. */
function clockName(node: SqlNode): string | undefined {
  const [bare, ...more] = referenceNames(node) ?? [];
  if (bare !== undefined)
    return more.length === 0 && bareClocks.has(bare.toLowerCase()) ? bare.toLowerCase() : undefined;
  if (node['class'] !== 'FUNCTION' || nodes(node['children']).length > 0) return undefined;
  const name = String(node['function_name']).toLowerCase();
  return clocks.has(name) ? name : undefined;
}

const bareClocks: ReadonlySet<string> = new Set(['current_date', 'current_timestamp', 'localtimestamp']);
const clocks: ReadonlySet<string> = new Set([
  ...bareClocks,
  ...['now', 'today', 'get_current_timestamp', 'transaction_timestamp', 'current_localtimestamp'],
]);

function call(name: string, children: readonly SqlNode[]): SqlNode {
  return {
    class: 'FUNCTION',
    type: 'FUNCTION',
    alias: '',
    query_location: 0,
    function_name: name,
    schema: '',
    children,
    filter: null,
    order_bys: { type: 'ORDER_MODIFIER', orders: [] },
    distinct: false,
    is_operator: name === '+',
    export_state: false,
    catalog: '',
  };
}

function wholeNode(value: number): SqlNode {
  return {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    alias: '',
    query_location: 0,
    value: { type: { id: 'INTEGER', type_info: null }, is_null: false, value },
  };
}
