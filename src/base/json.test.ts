import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, printJson } from './json.ts';

describe('parseJson', () => {
  it.each([
    ['keeps whole numbers beyond 2^53', '{"a":9223372036854775807}', { a: 9223372036854775807n }],
    ['leaves safe numbers alone', '{"a":9007199254740991}', { a: 9007199254740991 }],
    ['leaves digits inside strings alone', '{"a":"12345678901234567890"}', { a: '12345678901234567890' }],
    ['leaves long fractions alone', '[0.12345678901234567890]', [Number('0.12345678901234567890')]],
    ['leaves exponents alone', '[12345678901234567e3]', [Number('12345678901234567e3')]],
    [
      'sees past escaped quotes',
      '["\\"1234567890123456789",1234567890123456789]',
      ['"1234567890123456789', 1234567890123456789n],
    ],
  ])('%s', (_, text, value) => {
    expect(parseJson(text)).toEqual(value);
  });
});

describe('printJson', () => {
  it('gives back what parseJson read, for any value with 64-bit integers', () => {
    const leaf = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
      fc.string(),
      fc.integer(),
      fc.boolean(),
    );
    const value = fc.oneof(leaf, fc.array(leaf), fc.dictionary(fc.string(), leaf));
    fc.assert(
      fc.property(value, (original) => {
        const text = printJson(original);
        expect(printJson(parseJson(text))).toBe(text);
      }),
    );
  });
});
