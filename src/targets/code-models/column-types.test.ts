import { describe, expect, it } from 'vitest';
import { Decimal, printSqlType, SqlDate, type SqlValue, Timestamp } from '../../duckdb/index.ts';
import { type Cell, fromCell, NoCell, toCell } from './cells.ts';
import { commonType, fitted, settledType, typeOfValue, unknownType } from './column-types.ts';
import { sqlLiteral } from './sql-literal.ts';

/** The type of a column with these values, as a model gives them. */
function columnType(values: readonly unknown[]): string | undefined {
  let type: ReturnType<typeof typeOfValue> = unknownType;
  for (const value of values) {
    const own = typeOfValue(fromCell(toCell(value)));
    type = own && type && commonType(type, own);
  }
  return type && printSqlType(settledType(type));
}

describe('a column of values that a program made', () => {
  it.each<[string, readonly unknown[], string | undefined]>([
    ['whole numbers', [1, -2], 'BIGINT'],
    ['numbers with parts', [1, 2.5], 'DOUBLE'],
    ['numbers beyond what is exact', [2 ** 60], 'DOUBLE'],
    ['minus zero', [-0], 'DOUBLE'],
    ['bigints', [1n, 2n ** 62n], 'BIGINT'],
    ['large bigints', [1, 2n ** 64n], 'HUGEINT'],
    ['bigints that nothing holds', [2n ** 127n], undefined],
    ['texts and nulls', ['a', null, undefined], 'VARCHAR'],
    ['nothing', [null], 'VARCHAR'],
    ['points in time', [new Date(0)], 'TIMESTAMP'],
    ['days and points in time', [new SqlDate(1), new Date(0)], 'TIMESTAMP'],
    ['instants', [new Timestamp(1n, 'us', true)], 'TIMESTAMP WITH TIME ZONE'],
    ['decimals of several scales', [new Decimal(15n, 3, 1), new Decimal(125n, 4, 2)], 'DECIMAL(4,2)'],
    ['decimals and whole numbers', [new Decimal(15n, 3, 1), 1], 'DECIMAL(20,1)'],
    ['bytes', [new Uint8Array([1]), Buffer.from('a')], 'BLOB'],
    ['lists', [[1], [2.5], [], null], 'DOUBLE[]'],
    ['typed arrays', [new Float32Array([1.5])], 'DOUBLE[]'],
    ['objects', [{ a: 1 }, { b: ['x'] }], 'STRUCT(a BIGINT, b VARCHAR[])'],
    ['maps', [new Map([['k', 1]])], 'MAP(VARCHAR, BIGINT)'],
    ['texts and numbers', ['a', 1], undefined],
    ['booleans and numbers', [true, 1], undefined],
  ])('holds %s', (_, values, wanted) => {
    expect(columnType(values)).toBe(wanted);
  });

  it.each<[string, unknown]>([
    ['functions', () => 1],
    ['symbols', Symbol('a')],
    ['promises', Promise.resolve(1)],
    ['objects without anything in them', {}],
    ['dates that are none', new Date(Number.NaN)],
  ])('holds no %s', (_, value) => {
    expect(() => toCell(value)).toThrow(NoCell);
  });

  it('holds nothing that holds itself', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => toCell(loop)).toThrow(NoCell);
  });

  it('keeps what a value is when the column is wider', () => {
    const wide = typeOfValue([1.5]);
    expect(wide && fitted([1n, null] as SqlValue, wide)).toEqual([1, null]);
    expect(String(fitted(new Decimal(15n, 3, 1), { kind: 'decimal', width: 4, scale: 2 }))).toBe('1.50');
  });
});

describe('a value in a query', () => {
  it.each<[unknown, string]>([
    ["it's; drop table x --", "'it''s; drop table x --'"],
    [1, '1'],
    [1.5, '1.5::double'],
    [Number.NaN, "'nan'::double"],
    [-(2n ** 70n), '-1180591620717411303424'],
    [null, 'null'],
    [new Date(0), "'1970-01-01 00:00:00'::timestamp"],
    [new Uint8Array([0, 39, 255]), "'\\x00\\x27\\xff'::blob"],
    [[1, "a'"], "[1, 'a''']"],
    [{ "k'": true }, "{'k''': true}"],
    [new Map([['a', 1]]), "map {'a': 1}"],
    [new Decimal(-150n, 5, 2), "'-1.50'::decimal(5, 2)"],
  ])('%s is never SQL', (value, wanted) => {
    expect(sqlLiteral(toCell(value) as Cell)).toBe(wanted);
  });
});
