/** Truth, equality and order of values, as Python has them. */
import { jinjaErrors } from '../errors.ts';
import { Dict } from '../values/dict.ts';
import { Float } from '../values/float.ts';
import { HostObject } from '../values/host-object.ts';
import { PySet } from '../values/py-set.ts';
import { SafeText } from '../values/safe-text.ts';
import { Tuple } from '../values/tuple.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';
import { typeName } from './type-name.ts';
import { undefinedError } from './undefined-error.ts';

/** Whether `value` counts as true. */
export function truth(value: Value): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value !== '';
    case 'number':
      return value !== 0;
    case 'bigint':
      return value !== 0n;
    default:
  }
  if (value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Dict || value instanceof PySet) return value.size > 0;
  if (value instanceof Tuple) return value.length > 0;
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof SafeText) return value.text !== '';
  if (value instanceof Undefined) return false;
  if (value instanceof HostObject) {
    if (value.truthy) return value.truthy();
    return value.length ? value.length() > 0 : true;
  }
  return true;
}

/** A bool, int or float as something JavaScript compares exactly; undefined for anything else. */
export function numberOf(value: Value): number | bigint | undefined {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    default:
      return value instanceof Float ? value.value : undefined;
  }
}

/** The characters of a str or Markup; undefined for anything else. */
export function textOf(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof SafeText ? value.text : undefined;
}

/** `a == b`. */
export function equals(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a === 'string') return typeof b === 'string' ? false : b instanceof SafeText && a === b.text;
  const x = numberOf(a);
  if (x !== undefined) {
    const y = numberOf(b);
    // Mixed numbers and bigints compare by value only with the loose operator.
    // biome-ignore lint/suspicious/noDoubleEquals: exact between number and bigint
    if (y !== undefined) return x == y;
  }
  if (a instanceof HostObject && a.equals) return a.equals(b);
  if (b instanceof HostObject && b.equals) return b.equals(a);
  if (a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b);
  if (a instanceof Tuple) return b instanceof Tuple && sameItems(a.items, b.items);
  if (a instanceof Dict) return b instanceof Dict && sameDict(a, b);
  if (a instanceof PySet) return b instanceof PySet && a.size === b.size && [...a].every((m) => b.has(m));
  if (a instanceof SafeText) return textOf(b) === a.text;
  if (a instanceof Undefined) return b instanceof Undefined;
  return false;
}

function sameItems(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, i) => equals(item, b[i] as Value));
}

function sameDict(a: Dict, b: Dict): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a.entries()) {
    const other = b.get(key);
    if (other === undefined || !equals(value, other)) return false;
  }
  return true;
}

/** Python's order operators. */
export type OrderOperator = '<' | '<=' | '>' | '>=';

/** `a op b`. @throws jinja.type-error when the two have no order */
export function inOrder(op: OrderOperator, a: Value, b: Value): boolean {
  if (a instanceof Undefined) throw undefinedError(a);
  if (b instanceof Undefined) throw undefinedError(b);
  if (a instanceof PySet && b instanceof PySet) return setOrder(op, a, b);
  const sign = order(a, b);
  if (sign === undefined) {
    throw jinjaErrors['type-error']({
      problem: `'${op}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
    });
  }
  switch (op) {
    case '<':
      return sign < 0;
    case '<=':
      return sign <= 0;
    case '>':
      return sign > 0;
    default:
      return sign >= 0;
  }
}

/** Negative, zero, positive as `a` sorts before, with or after `b`; NaN as Python's; undefined without an order. */
export function order(a: Value, b: Value): number | undefined {
  const x = numberOf(a);
  const y = x === undefined ? undefined : numberOf(b);
  if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : x >= y ? 0 : Number.NaN;
  const s = textOf(a);
  const t = s === undefined ? undefined : textOf(b);
  if (s !== undefined && t !== undefined) return compareText(s, t);
  if (Array.isArray(a) && Array.isArray(b)) return itemOrder(a, b);
  if (a instanceof Tuple && b instanceof Tuple) return itemOrder(a.items, b.items);
  if (a instanceof HostObject && a.compare) return a.compare(b);
  if (b instanceof HostObject && b.compare) {
    const sign = b.compare(a);
    return sign === undefined ? undefined : -sign;
  }
  return undefined;
}

/** By code points, where JavaScript would compare UTF-16 units. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const plain = a < b ? -1 : 1;
  if (!/[\ud800-\udfff]/.test(a) && !/[\ud800-\udfff]/.test(b)) return plain;
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i += 1) {
    const gap = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0);
    if (gap !== 0) return gap;
  }
  return x.length - y.length;
}

function itemOrder(a: readonly Value[], b: readonly Value[]): number | undefined {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const [x, y] = [a[i] as Value, b[i] as Value];
    if (equals(x, y)) continue;
    const sign = order(x, y);
    if (sign === undefined) {
      throw jinjaErrors['type-error']({
        problem: `'<' not supported between instances of '${typeName(x)}' and '${typeName(y)}'`,
      });
    }
    return sign;
  }
  return a.length - b.length;
}

function setOrder(op: OrderOperator, a: PySet, b: PySet): boolean {
  const [small, big] = op === '<' || op === '<=' ? [a, b] : [b, a];
  const strict = op === '<' || op === '>';
  return (strict ? small.size < big.size : small.size <= big.size) && [...small].every((m) => big.has(m));
}
