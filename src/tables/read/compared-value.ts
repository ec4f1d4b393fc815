/** Constants as the values that statistics are compared with, as the engine's rules of comparison have it. */
import type { DataType, StatValue, Transform } from '../../delta/index.ts';
import type { Constant } from './constants.ts';

/** What a column is compared with; `via` is a function the engine puts around the column first. */
export interface ComparedValue {
  readonly value: StatValue;
  readonly via?: Transform;
}

/** The engine's type that `constant` must be cast to before it can be compared with a column of `type`. Pure. */
export function neededCast(constant: Constant, type: DataType): string | undefined {
  if (type.kind !== 'primitive') return undefined;
  const isLiteral = constant.kind === 'text' && constant.isLiteral;
  switch (type.name) {
    case 'date':
      return isLiteral && !plainDate.test(constant.value) ? 'DATE' : undefined;
    case 'timestamp_ntz':
      return isLiteral ? 'TIMESTAMP' : undefined;
    case 'timestamp': {
      // Depends on the session's time zone, which only the engine knows.
      const isLocal = constant.kind === 'date' || (constant.kind === 'timestamp' && !constant.isInstant);
      return isLiteral || isLocal ? 'TIMESTAMP WITH TIME ZONE' : undefined;
    }
    case 'boolean':
      return isLiteral ? 'BOOLEAN' : undefined;
    default:
      return undefined;
  }
}

/** `constant` as compared with a column of `type`; undefined when it can't be told what the engine does. Pure. */
export function comparedValue(constant: Constant, type: DataType): ComparedValue | undefined {
  if (type.kind === 'decimal') return plain(decimalValue(constant, type.scale));
  if (type.kind !== 'primitive') return undefined;
  switch (type.name) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return plain(wholeValue(constant));
    case 'float':
    case 'double':
      return plain(realValue(constant));
    case 'string':
      return constant.kind === 'text' ? { value: constant.value } : undefined;
    case 'boolean':
      return constant.kind === 'boolean' ? { value: constant.value } : undefined;
    case 'date':
      return dateValue(constant);
    case 'timestamp_ntz':
      if (constant.kind === 'date') return { value: BigInt(constant.days) * 86_400_000_000n };
      return constant.kind === 'timestamp' && !constant.isInstant ? { value: constant.micros } : undefined;
    case 'timestamp':
      return constant.kind === 'timestamp' && constant.isInstant ? { value: constant.micros } : undefined;
    default:
      return undefined;
  }
}

const plainDate = /^\d{4}-\d{2}-\d{2}$/;

function plain(value: StatValue | undefined): ComparedValue | undefined {
  return value === undefined ? undefined : { value };
}

function wholeValue(constant: Constant): StatValue | undefined {
  switch (constant.kind) {
    case 'integer':
      return constant.value;
    case 'decimal':
      return constant.digits;
    case 'double':
      // The engine compares as doubles. Below 2^53 that comes to the same as comparing exactly.
      return Math.abs(constant.value) < 2 ** 53 ? exactDigits(constant.value) : undefined;
    case 'text':
      return constant.isLiteral && /^-?\d{1,18}$/.test(constant.value) ? BigInt(constant.value) : undefined;
    default:
      return undefined;
  }
}

function exactDigits(value: number): StatValue | undefined {
  if (Number.isInteger(value)) return BigInt(value);
  const digits = String(value);
  return digits.includes('e') ? undefined : digits;
}

function decimalValue(constant: Constant, scale: number): StatValue | undefined {
  if (constant.kind === 'integer') return constant.value;
  if (constant.kind === 'decimal') return constant.digits;
  if (constant.kind !== 'text' || !constant.isLiteral) return undefined;
  // A literal with more digits after the point is rounded to the column's.
  const fraction = /^-?\d{1,18}(?:\.(\d+))?$/.exec(constant.value);
  return fraction !== null && (fraction[1] ?? '').length <= scale ? constant.value : undefined;
}

function realValue(constant: Constant): StatValue | undefined {
  switch (constant.kind) {
    case 'integer':
      return Number(constant.value);
    case 'double':
      return constant.value;
    case 'decimal':
      return fewDigits(constant.digits) ? Number(constant.digits) : undefined;
    case 'text':
      return constant.isLiteral && /^-?\d+(?:\.\d+)?$/.test(constant.value) && fewDigits(constant.value)
        ? Number(constant.value)
        : undefined;
    default:
      return undefined;
  }
}

/** With so few the engine's division and JavaScript's parser round to the same double. */
function fewDigits(digits: string): boolean {
  return digits.replace(/\D/g, '').length <= 15;
}

function dateValue(constant: Constant): ComparedValue | undefined {
  if (constant.kind === 'timestamp' && !constant.isInstant)
    return { value: constant.micros, via: { kind: 'to-timestamp' } };
  if (constant.kind === 'text' && constant.isLiteral && plainDate.test(constant.value))
    return { value: constant.value };
  if (constant.kind !== 'date') return undefined;
  const date = new Date(constant.days * 86_400_000);
  if (Number.isNaN(date.getTime())) return undefined;
  const text = date.toISOString().slice(0, 10);
  return plainDate.test(text) ? { value: text } : undefined;
}
