import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AddFile, Metadata } from '../actions.ts';
import {
  type DataType,
  field,
  primitive,
  printSchema,
  type StructField,
  type StructType,
} from '../schema.ts';
import type { StatValue } from '../stats.ts';
import { matchesWholly, mayMatch } from './may-match.ts';
import type { ComparisonOperator, Predicate } from './predicate.ts';

const decimal: DataType = { kind: 'decimal', precision: 20, scale: 2 };
const widened: StructField = { ...field('w', primitive('double')), metadata: { 'delta.typeChanges': [] } };
const schema: StructType = {
  kind: 'struct',
  fields: [
    field('i', primitive('long')),
    field('d', decimal),
    field('f', primitive('float')),
    field('r', primitive('double')),
    widened,
    field('s', primitive('string')),
    field('t', primitive('timestamp')),
    field('c', primitive('timestamp_ntz')),
    field('day', primitive('date')),
    field('b', primitive('boolean')),
    field('in', { kind: 'struct', fields: [field('x', primitive('integer'))] }),
    field('raw', primitive('binary')),
    field('p', primitive('string')),
    field('pt', primitive('timestamp')),
  ],
};
const metadata: Metadata = {
  kind: 'metadata',
  id: 'i',
  format: { provider: 'parquet', options: new Map() },
  schemaString: printSchema(schema),
  partitionColumns: ['p', 'pt'],
  configuration: new Map(),
};
const table = { schema, metadata };

function file(stats: string | undefined, partition: Readonly<Record<string, string | null>> = {}): AddFile {
  return {
    kind: 'add',
    path: 'f',
    partitionValues: new Map(Object.entries(partition)),
    sizeBytes: 1,
    modifiedMs: 1,
    dataChange: true,
    ...(stats === undefined ? {} : { stats }),
  };
}

/** Statistics of one column. */
const of = (name: string, min: string, max: string, nulls?: number, rows = 10): AddFile =>
  file(
    `{"numRecords":${rows},"minValues":{"${name}":${min}},"maxValues":{"${name}":${max}}${nulls === undefined ? '' : `,"nullCount":{"${name}":${nulls}}`}}`,
  );

const compare = (name: string, operator: ComparisonOperator, value: StatValue): Predicate => ({
  kind: 'compare',
  path: name.split('.'),
  operator,
  value,
});
const not = (predicate: Predicate): Predicate => ({ kind: 'not', of: predicate });
const isNull = (name: string): Predicate => ({ kind: 'is-null', path: [name] });
const between = (name: string, low: StatValue, high: StatValue): Predicate => ({
  kind: 'between',
  path: [name],
  low,
  high,
});
const within = (name: string, values: StatValue[], hasNull = false): Predicate => ({
  kind: 'in',
  path: [name],
  values,
  hasNull,
});
const prefix = (text: string): Predicate => ({ kind: 'starts-with', path: ['s'], prefix: text });
const micros = (text: string): bigint => BigInt(Date.parse(text)) * 1000n;

describe('mayMatch', () => {
  it.each([
    ['a value below the bounds', compare('i', '=', 4), of('i', '5', '9'), false],
    ['a value at a bound', compare('i', '=', 5), of('i', '5', '9'), true],
    ['names in other letter case', compare('I', '=', 4), of('i', '5', '9'), false],
    [
      'whole numbers past the precision of doubles',
      compare('i', '=', 9007199254740993n),
      of('i', '9007199254740992', '9007199254740992'),
      false,
    ],
    ['fractions against whole numbers', compare('i', '>', '9.5'), of('i', '5', '9'), false],
    [
      'decimals digit by digit',
      compare('d', '>', '123456789012345678.91'),
      of('d', '1.00', '123456789012345678.91'),
      false,
    ],
    [
      'decimals digit by digit',
      compare('d', '>=', '123456789012345678.91'),
      of('d', '1.00', '123456789012345678.91'),
      true,
    ],
    ['a file of nulls', compare('i', '<>', 4), of('i', 'null', 'null', 10), false],
    ['a file of nulls', isNull('i'), of('i', 'null', 'null', 10), true],
    ['a file without nulls', isNull('i'), of('i', '1', '2', 0), false],
    ['nulls that nobody counted', isNull('i'), of('i', '1', '2'), true],
    ['the opposite of a comparison', not(compare('i', '<', 10)), of('i', '5', '9', 1), false],
    ['no statistics', compare('i', '=', 1), file(undefined), true],
    ['statistics of other columns', compare('i', '=', 1), of('s', '"a"', '"b"'), true],
    ['an unknown column', compare('nobody', '=', 1), of('i', '5', '9'), true],
    ['bounds that cross', compare('i', '=', 1), of('i', '9', '5'), true],
    ['bounds of another type', compare('i', '=', 1), of('i', '"5"', '"9"'), true],
    ['more nulls than rows', compare('i', '=', 6), of('i', '5', '9', 11), true],
    ['statistics that are no JSON', compare('i', '=', 1), file('{"numRecords":'), true],
    ['a value of another type', compare('i', '=', 'x'), of('i', '5', '9'), true],
    ['bytes, which have no bounds', compare('raw', '=', 'a'), of('raw', '"b"', '"c"'), true],

    ['NaN beyond the bounds, which some writers leave out', compare('r', '>', 5), of('r', '1', '2'), true],
    ['NaN for a limit from above', compare('r', '<', 1), of('r', '1', '2'), false],
    ['NaN for a limit from both sides', between('r', 5, 6), of('r', '1', '2'), false],
    ['NaN itself', compare('r', '=', Number.NaN), of('r', '1', '2'), true],
    ['a float printed short, compared as a double', compare('f', '>', 1.1), of('f', '1.1', '1.1'), true],
    [
      'a float compared as a float',
      compare('f', '=', 1.1),
      of('f', '1.100000023841858', '1.100000023841858'),
      true,
    ],
    ['a double that was a float', compare('w', '=', Math.fround(1.1)), of('w', '1.1', '1.1'), true],
    ['zeros of either sign', compare('r', '=', 0), of('r', '-0.0', '-0.0'), true],

    ['texts by code points, not UTF-16', compare('s', '>', '\u{ffff}'), of('s', '"a"', '"\u{1f600}"'), true],
    [
      'texts by code points, not UTF-16',
      compare('s', '<', '\u{1f600}'),
      of('s', '"\u{ffff}"', '"\u{ffff}"'),
      true,
    ],
    ['texts that are cut', compare('s', '=', 'abcd'), of('s', '"abc"', '"abc\u{10ffff}"'), true],
    ['a prefix inside the bounds', prefix('b'), of('s', '"abc"', '"cde"'), true],
    ['a prefix that a bound begins with', prefix('ab'), of('s', '"abc"', '"abd"'), true],
    ['a prefix below', prefix('aa'), of('s', '"abc"', '"cde"'), false],
    ['a prefix above', prefix('cdf'), of('s', '"abc"', '"cde"'), false],
    ['the opposite of a prefix', not(prefix('ab')), of('s', '"abc"', '"abd"', 0), false],
    ['the opposite of a prefix of one bound', not(prefix('ab')), of('s', '"abc"', '"b"', 0), true],

    [
      'an instant in the millisecond it was cut to',
      compare('t', '>', micros('2024-01-01T00:00:00.001Z') + 500n),
      of('t', '"2024-01-01T00:00:00.000Z"', '"2024-01-01T00:00:00.001Z"'),
      true,
    ],
    [
      'an instant after that millisecond',
      compare('t', '>', micros('2024-01-01T00:00:00.001Z') + 999n),
      of('t', '"2024-01-01T00:00:00.000Z"', '"2024-01-01T00:00:00.001Z"'),
      false,
    ],
    [
      'an instant of a zone that is not told',
      compare('t', '>', micros('2024-01-01T12:00:00Z')),
      of('t', '"2024-01-01T00:00:00"', '"2024-01-01T00:00:00"'),
      true,
    ],
    [
      'a wall clock, which has none',
      compare('c', '>', micros('2024-01-01T12:00:00Z')),
      of('c', '"2024-01-01T00:00:00"', '"2024-01-01T00:00:00"'),
      false,
    ],
    [
      'days beyond four digits',
      compare('day', '>', '2024-01-01'),
      of('day', '"2023-01-01"', '"+10000-01-01"'),
      true,
    ],

    ['a list with nothing inside the bounds', within('i', [1, 4, 10, 99]), of('i', '5', '9'), false],
    ['a list with something inside', within('i', [99, 7, 1]), of('i', '5', '9'), true],
    ['the opposite of a list with null', not(within('i', [99], true)), of('i', '5', '9', 0), false],
    ['the opposite of a list', not(within('i', [99])), of('i', '5', '9', 0), true],
    ['an empty list', within('i', []), of('i', '5', '9'), false],

    [
      'a member of a struct',
      compare('in.x', '=', 4),
      file('{"numRecords":1,"minValues":{"in":{"x":5}},"maxValues":{"in":{"x":6}}}'),
      false,
    ],
    [
      'nulls of a struct, which writers count differently',
      { kind: 'is-null', path: ['in', 'x'] },
      file(
        '{"numRecords":2,"minValues":{"in":{"x":5}},"maxValues":{"in":{"x":6}},"nullCount":{"in":{"x":0}}}',
      ),
      true,
    ],

    ['a partition value', compare('p', '=', 'a'), file(undefined, { p: 'b' }), false],
    ['a partition of null', compare('p', '<>', 'a'), file(undefined, { p: null }), false],
    ['an empty partition value, which is null', isNull('p'), file(undefined, { p: '' }), true],
    ['a partition value that is none', compare('pt', '=', 0n), file(undefined, { pt: 'never' }), true],
    [
      'a year of a partition',
      { kind: 'compare', path: ['c'], via: [{ kind: 'year' }], operator: '=', value: 2023 },
      of('c', '"2024-01-01T00:00:00"', '"2024-12-31T00:00:00"'),
      false,
    ],
    [
      'a part that says nothing of a range',
      { kind: 'compare', path: ['c'], via: [{ kind: 'part', part: 'month' }], operator: '=', value: 6 },
      of('c', '"2024-01-01T00:00:00"', '"2024-02-01T00:00:00"'),
      true,
    ],

    [
      'what nobody knows, and what is wrong',
      { kind: 'and', of: [{ kind: 'unknown' }, compare('i', '=', 1)] },
      of('i', '5', '9'),
      false,
    ],
    [
      'what nobody knows, or what is wrong',
      { kind: 'or', of: [{ kind: 'unknown' }, compare('i', '=', 1)] },
      of('i', '5', '9'),
      true,
    ],
    ['null', { kind: 'constant', value: null }, file(undefined), false],
    ['the opposite of null', not({ kind: 'constant', value: null }), file(undefined), false],
  ] satisfies [string, Predicate, AddFile, boolean][])('judges %s', (_, predicate, add, expected) => {
    expect(mayMatch(predicate, add, table)).toBe(expected);
  });

  it('goes by physical names where columns are mapped', () => {
    const mapped: StructType = {
      kind: 'struct',
      fields: [
        { ...field('id', primitive('long')), metadata: { 'delta.columnMapping.physicalName': 'col-1' } },
        { ...field('part', primitive('long')), metadata: { 'delta.columnMapping.physicalName': 'col-2' } },
      ],
    };
    const about = {
      schema: mapped,
      metadata: {
        ...metadata,
        partitionColumns: ['part'],
        configuration: new Map([['delta.columnMapping.mode', 'id']]),
      },
    };
    const add = file('{"numRecords":1,"minValues":{"col-1":5},"maxValues":{"col-1":6}}', { 'col-2': '7' });
    expect(mayMatch(compare('id', '=', 4), add, about)).toBe(false);
    expect(mayMatch(compare('id', '=', 5), add, about)).toBe(true);
    expect(mayMatch(compare('part', '=', 4), add, about)).toBe(false);
    expect(matchesWholly(compare('part', '=', 7), add, about)).toBe(true);
  });

  it('takes whatever statistics there are without failing', () => {
    const text =
      '{"numRecords":2,"minValues":{"i":1,"d":1.25,"s":"a","t":"2024-01-01T00:00:00Z"},"maxValues":{"i":5,"d":2.5,"s":"b","t":"2024-01-02T00:00:00Z"},"nullCount":{"i":0}}';
    const spoiled = fc
      .tuple(fc.nat(text.length), fc.nat(12), fc.string({ maxLength: 8 }))
      .map(([at, gone, put]) => text.slice(0, at) + put + text.slice(at + gone));
    const values: readonly [string, StatValue][] = [
      ['i', 3n],
      ['d', '1.5'],
      ['s', 'ab'],
      ['t', 0n],
      ['in.x', 1],
    ];
    fc.assert(
      fc.property(
        fc.oneof(spoiled, fc.json(), fc.string()),
        fc.constantFrom(...values),
        (stats, [name, value]) => {
          for (const operator of ['=', '<', '>='] as const) {
            expect(typeof mayMatch(compare(name, operator, value), file(stats), table)).toBe('boolean');
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('matchesWholly', () => {
  it.each([
    ['a partition that all rows are of', compare('p', '=', 'a'), file(undefined, { p: 'a' }), true],
    ['null, for which nothing is true', not(compare('p', '=', 'a')), file(undefined, { p: null }), false],
    ['another partition', not(compare('p', '=', 'a')), file(undefined, { p: 'b' }), true],
    ['statistics, which are not trusted that far', compare('i', '>', 0), of('i', '5', '9', 0), false],
    [
      'a partition and something else',
      { kind: 'and', of: [compare('p', '=', 'a'), compare('i', '>', 0)] },
      of('i', '5', '9', 0),
      false,
    ],
    [
      'a partition or something else',
      { kind: 'or', of: [compare('p', '=', 'a'), { kind: 'unknown' }] },
      file(undefined, { p: 'a' }),
      true,
    ],
    ['everything', { kind: 'constant', value: true }, file(undefined), true],
    ['what nobody knows', { kind: 'unknown' }, file(undefined), false],
  ] satisfies [string, Predicate, AddFile, boolean][])('judges %s', (_, predicate, add, expected) => {
    expect(matchesWholly(predicate, add, table)).toBe(expected);
  });
});
