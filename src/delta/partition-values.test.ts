import { describe, expect, it } from 'vitest';
import { type PartitionValue, parsePartitionValue, parseTimestampMicros } from './partition-values.ts';
import { type DataType, primitive } from './schema.ts';

const decimal: DataType = { kind: 'decimal', precision: 38, scale: 18 };

describe('partition values', () => {
  it.each([
    ['string', 'a b', 'a b'],
    ['byte', '-128', -128],
    ['integer', '42', 42],
    ['long', '9223372036854775807', 9223372036854775807n],
    ['double', '1.5', 1.5],
    ['double', '-Infinity', Number.NEGATIVE_INFINITY],
    ['boolean', 'true', true],
    ['date', '2024-02-29', '2024-02-29'],
    ['timestamp', '1970-01-01T00:00:01.000002Z', 1_000_002n],
    ['timestamp_ntz', '1969-12-31 23:59:59.999999', -1n],
    ['date', '0044-03-15 (BC)', '0044-03-15 (BC)'],
    ['date', '2000-02-29', '2000-02-29'],
    ['date', '0005-02-29 (BC)', '0005-02-29 (BC)'],
    ['integer', '-2147483648', -2147483648],
    ['long', '+0007', 7n],
    ['binary', '\u0001\u0002\u00ff', Uint8Array.of(1, 2, 0xc3, 0xbf)],
  ] satisfies [Parameters<typeof primitive>[0], string, PartitionValue][])(
    '%s %s has a value',
    (name, text, value) => {
      expect(parsePartitionValue(text, primitive(name))).toEqual(value);
    },
  );

  it('keeps every digit of a decimal', () => {
    expect(parsePartitionValue('12345678901234567890.123456789012345678', decimal)).toBe(
      '12345678901234567890.123456789012345678',
    );
  });

  it('has no empty text: it is null, for every type', () => {
    expect(parsePartitionValue('', primitive('string'))).toBeNull();
    expect(parsePartitionValue(null, primitive('long'))).toBeNull();
  });

  it.each([
    ['long', '1.5'],
    ['boolean', 'yes'],
    ['date', '2024-1-1'],
    ['timestamp', 'yesterday'],
    ['double', 'much'],
    ['byte', '128'],
    ['short', '-32769'],
    ['integer', '2147483648'],
    ['long', '9223372036854775808'],
    ['long', '1'.repeat(5000)],
    ['date', '2024-13-01'],
    ['date', '2023-02-29'],
    ['date', '2024-04-31'],
    ['date', '2024-01-00'],
    ['date', '290000000000-01-01'],
    ['date', 'infinity'],
  ] as const)('%s refuses %s', (name, text) => {
    expect(() => parsePartitionValue(text, primitive(name))).toThrow(
      expect.objectContaining({ code: 'delta.bad-partition-value' }),
    );
  });

  it.each([
    ['1970-01-02 08:45:00', 117_900_000_000n],
    ['1970-01-01T00:00:00.123456Z', 123_456n],
    ['1970-01-01T02:00:00+02:00', 0n],
    ['0001-01-01 00:00:00', -62_135_596_800_000_000n],
    ['1970-01-01 00:00:00.123', 123_000n],
    ['nonsense', undefined],
  ])('%s is %s microseconds', (text, micros) => {
    expect(parseTimestampMicros(text)).toBe(micros);
  });
});
