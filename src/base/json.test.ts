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

describe('JSON that is nested without end', () => {
  it.each([
    ['lists', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['lists that nobody closed', '['.repeat(100_000)],
    ['objects around a long number', `${'{"a":'.repeat(20_000)}1234567890123456789${'}'.repeat(20_000)}`],
    ['objects behind a text with brackets', `["\\\\\\"]]]",${'['.repeat(5000)}${']'.repeat(5001)}`],
  ])('is refused as what it is: %s', (_, text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
    expect(() => parseJson(text)).toThrow('nested deeper than 1000 levels');
  });

  it.each([
    ['1000 levels', '['.repeat(1000) + ']'.repeat(1000)],
    ['brackets in a text', JSON.stringify({ a: `"\\${'['.repeat(5000)}`, b: '{'.repeat(5000) })],
    ['a wide one', `[${'[1],'.repeat(5000)}[1]]`],
  ])('is read up to the limit: %s', (_, text) => {
    expect(printJson(parseJson(text))).toBe(text);
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
