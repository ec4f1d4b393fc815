/** The methods of Python's int and float that templates have use for. */
import { jinjaErrors } from '../errors.ts';
import { toFloat, toInt } from '../values/float.ts';
import { Tuple } from '../values/tuple.ts';
import { type MethodTable, method } from './method.ts';

function magnitude(value: number | bigint): bigint {
  const whole = BigInt(value);
  return whole < 0n ? -whole : whole;
}

/** Python's int methods, by name. */
export const intMethods: MethodTable<number | bigint> = new Map([
  method<number | bigint>('bit_length', [], (n) =>
    magnitude(n) === 0n ? 0 : magnitude(n).toString(2).length,
  ),
  method<number | bigint>('bit_count', [], (n) => magnitude(n).toString(2).replaceAll('0', '').length),
  method<number | bigint>('conjugate', [], (n) => n),
  method<number | bigint>('is_integer', [], () => true),
  method<number | bigint>('as_integer_ratio', [], (n) => new Tuple([n, 1])),
]);

/** Python's float methods, by name. */
export const floatMethods: MethodTable<number> = new Map([
  method<number>('is_integer', [], (n) => Number.isInteger(n)),
  method<number>('conjugate', [], (n) => toFloat(n)),
  method<number>('as_integer_ratio', [], (n) => {
    if (!Number.isFinite(n))
      throw jinjaErrors['value-error']({ problem: 'cannot convert NaN or Infinity to integer ratio' });
    let denominator = 1n;
    let numerator = n;
    while (!Number.isInteger(numerator)) {
      numerator *= 2;
      denominator *= 2n;
    }
    return new Tuple([toInt(BigInt(numerator)), toInt(denominator)]);
  }),
]);
