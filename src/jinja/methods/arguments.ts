/** Reading arguments of methods and filters as the type they must have. */
import { jinjaErrors } from '../errors.ts';
import { limits } from '../limits.ts';
import { numberOf, textOf } from '../python/comparing.ts';
import { typeName } from '../python/type-name.ts';
import { undefinedError } from '../python/undefined-error.ts';
import { Float } from '../values/float.ts';
import { Undefined } from '../values/undefined.ts';
import type { Value } from '../values/value.ts';

/** `value` as text. @throws jinja.type-error when it is none */
export function needText(value: Value): string {
  const text = textOf(value);
  if (text !== undefined) return text;
  if (value instanceof Undefined) throw undefinedError(value);
  throw jinjaErrors['type-error']({ problem: `expected str, got ${typeName(value)}` });
}

/** `value` as a whole number that fits a double; huge ones are clamped. @throws jinja.type-error */
export function needInt(value: Value): number {
  if (value instanceof Undefined) throw undefinedError(value);
  const number = value instanceof Float ? undefined : numberOf(value);
  if (number === undefined || (typeof number === 'number' && !Number.isSafeInteger(number))) {
    throw jinjaErrors['type-error']({
      problem: `'${typeName(value)}' object cannot be interpreted as an integer`,
    });
  }
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(number)));
}

/** `value` as a width to pad to. @throws jinja.limit when absurd */
export function needWidth(value: Value): number {
  const width = needInt(value);
  if (width > limits.outputLength)
    throw jinjaErrors.limit({ what: 'the length of a text', max: limits.outputLength });
  return width;
}
