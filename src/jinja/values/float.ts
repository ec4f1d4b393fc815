import type { Value } from './value.ts';

/**
 * A float whose value is a whole number, like 1.0, which a bare JavaScript number can't tell from
 * the int 1. Only `toFloat` should make them: other floats stay bare numbers.
 */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** `value` as Python's float. */
export function toFloat(value: number): number | Float {
  return Number.isSafeInteger(value) ? new Float(value) : value;
}

/** `value` as Python's int: a number while that is exact, else a bigint. */
export function toInt(value: bigint): number | bigint {
  return value >= -maxSafe && value <= maxSafe ? Number(value) : value;
}

const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);

/** Whether `value` is Python's int; a bool is not counted. */
export function isInt(value: Value): value is number | bigint {
  return typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'bigint';
}

/** Whether `value` is Python's float. */
export function isFloat(value: Value): value is number | Float {
  return typeof value === 'number' ? !Number.isSafeInteger(value) : value instanceof Float;
}

/** Whether `value` is a bool, int or float. */
export function isNumeric(value: Value): value is boolean | number | bigint | Float {
  const kind = typeof value;
  return kind === 'number' || kind === 'boolean' || kind === 'bigint' || value instanceof Float;
}
