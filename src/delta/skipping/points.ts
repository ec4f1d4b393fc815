/**
 * Values of one type in their order: what bounds and constants are turned into before they are compared.
 */
import { type PartitionValue, parseTimestampMicros } from '../partition-values.ts';
import type { DataType } from '../schema.ts';
import type { StatValue } from '../stats.ts';

/** The types that have an order files can be judged by. */
export type Domain = 'boolean' | 'number' | 'decimal' | 'real' | 'text' | 'date' | 'timestamp';

/** A value ready to be compared: decimals by their digits, dates as days and timestamps as microseconds since 1970. */
export type Point = boolean | number | bigint | string | DecimalPoint;

/** `unscaled` × 10^-`scale`. */
export interface DecimalPoint {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** The domain of `type`; undefined when its values can't be compared here. Pure. */
export function domainOf(type: DataType): Domain | undefined {
  if (type.kind === 'decimal') return 'decimal';
  if (type.kind !== 'primitive') return undefined;
  switch (type.name) {
    case 'boolean':
    case 'date':
      return type.name;
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return 'number';
    case 'float':
    case 'double':
      return 'real';
    case 'string':
      return 'text';
    case 'timestamp':
    case 'timestamp_ntz':
      return 'timestamp';
    case 'binary':
    case 'variant':
    case 'void':
      return undefined;
  }
}

/** `value` as a point of `domain`; undefined when it isn't one, or can't be told exactly. Pure. */
export function pointOf(value: StatValue | PartitionValue, domain: Domain): Point | undefined {
  switch (domain) {
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'timestamp':
      return typeof value === 'bigint' ? value : undefined;
    case 'date':
      return typeof value === 'string' ? daysOf(value) : undefined;
    case 'real':
      return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
    case 'number':
    case 'decimal':
      if (typeof value === 'bigint') return value;
      if (typeof value === 'number') return exactNumber(value);
      return typeof value === 'string' ? parseDecimal(value) : undefined;
  }
}

/** Less than, equal to or greater than zero as `a` is less than, equal to or greater than `b`, of one domain. */
export function comparePoints(a: Point, b: Point): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'object' || typeof b === 'object') return compareDecimals(a, b);
  const [isNaNa, isNaNb] = [Number.isNaN(a), Number.isNaN(b)];
  if (isNaNa || isNaNb) return Number(isNaNa) - Number(isNaNb);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By code points, which is the order of UTF-8 bytes and not the order of JavaScript's own comparison. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x === y) continue;
    // Surrogates stand for what is above all other code units.
    return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit;
}

/** Days since 1970 of `YYYY-MM-DD`; undefined when `text` isn't a day, or one before our era. */
export function daysOf(text: string): number | undefined {
  if (!/^[+-]?\d{4,}-\d{2}-\d{2}$/.test(text)) return undefined;
  const micros = parseTimestampMicros(text);
  return micros === undefined ? undefined : Number(micros / microsPerDay);
}

/** Microseconds in a day. */
export const microsPerDay = 86_400_000_000n;

function exactNumber(value: number): Point | undefined {
  if (Number.isSafeInteger(value)) return value;
  // A literal with a fraction is compared by the digits it was written with.
  return Number.isFinite(value) ? parseDecimal(String(value)) : undefined;
}

function parseDecimal(text: string): DecimalPoint | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  const unscaled = BigInt(whole + fraction);
  return { unscaled: sign === '-' ? -unscaled : unscaled, scale: fraction.length };
}

function compareDecimals(a: Point, b: Point): number {
  const [x, y] = [scaled(a), scaled(b)];
  const scale = Math.max(x.scale, y.scale);
  const left = x.unscaled * 10n ** BigInt(scale - x.scale);
  const right = y.unscaled * 10n ** BigInt(scale - y.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

function scaled(point: Point): DecimalPoint {
  return typeof point === 'object' ? point : { unscaled: BigInt(point), scale: 0 };
}
