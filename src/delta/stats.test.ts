import { describe, expect, it } from 'vitest';
import type { Metadata } from './actions.ts';
import { field, primitive, printSchema, type StructType } from './schema.ts';
import { columnKey, parseStats } from './stats.ts';

const schema: StructType = {
  kind: 'struct',
  fields: [
    field('id', primitive('long')),
    field('price', { kind: 'decimal', precision: 38, scale: 18 }),
    field('at', primitive('timestamp')),
    field('weight', primitive('double')),
    field('name', primitive('string')),
    field('inner', { kind: 'struct', fields: [field('flag', primitive('boolean'))] }),
    field('list', { kind: 'array', elementType: primitive('long'), containsNull: true }),
  ],
};
const metadata: Metadata = {
  kind: 'metadata',
  id: 'i',
  format: { provider: 'parquet', options: new Map() },
  schemaString: printSchema(schema),
  partitionColumns: [],
  configuration: new Map(),
};

describe('file statistics', () => {
  const parsed = parseStats(
    `{"numRecords":3,"minValues":{"id":-9223372036854775808,"price":0.123456789012345678,"at":"2024-01-01T00:00:00.000Z","weight":1,"name":"a 1.50","inner":{"flag":false}},
      "maxValues":{"id":9223372036854775807,"price":12345678901234567890.5,"at":"2024-01-01T00:00:00.001Z","weight":2.5,"name":"b","inner":{"flag":true}},
      "nullCount":{"id":0,"name":2,"inner":{"flag":1},"list":3}}`,
    { schema, metadata },
  );

  it('keep every digit', () => {
    expect(parsed?.rowCount).toBe(3);
    expect(parsed?.columns.get('id')).toEqual({
      min: -9223372036854775808n,
      max: 9223372036854775807n,
      nullCount: 0,
    });
    expect(parsed?.columns.get('price')).toMatchObject({
      min: '0.123456789012345678',
      max: '12345678901234567890.5',
    });
    expect(parsed?.columns.get('weight')).toMatchObject({ min: 1, max: 2.5 });
    expect(parsed?.columns.get('name')).toEqual({ min: 'a 1.50', max: 'b', nullCount: 2 });
  });

  it('widen a greatest timestamp that may have been cut to milliseconds', () => {
    const at = parsed?.columns.get('at');
    expect(Number(at?.max) - Number(at?.min)).toBe(1999);
  });

  it('reach into structs, and count nulls where there are no bounds', () => {
    expect(parsed?.columns.get('inner.flag')).toEqual({ min: false, max: true, nullCount: 1 });
    expect(parsed?.columns.get('list')).toEqual({ min: undefined, max: undefined, nullCount: 3 });
  });

  it('are by physical name where columns are mapped', () => {
    const mapped: StructType = {
      kind: 'struct',
      fields: [
        { ...field('id', primitive('long')), metadata: { 'delta.columnMapping.physicalName': 'col-1' } },
      ],
    };
    const table = {
      schema: mapped,
      metadata: { ...metadata, configuration: new Map([['delta.columnMapping.mode', 'name']]) },
    };
    expect(parseStats('{"numRecords":1,"minValues":{"col-1":5}}', table)?.columns.get('id')?.min).toBe(5);
  });

  it('that make no sense are no statistics', () => {
    expect(parseStats('{"numRec', { schema, metadata })).toBeUndefined();
    expect(parseStats('[]', { schema, metadata })).toBeUndefined();
    expect(parseStats('{"minValues":{"id":"x","at":"late"}}', { schema, metadata })?.columns.size).toBe(0);
  });

  it('tell a column with a dot in its name from a member of a struct', () => {
    const inner: StructType = { kind: 'struct', fields: [field('b', primitive('long'))] };
    const dotted: StructType = {
      kind: 'struct',
      fields: [field('a.b', primitive('long')), field('a', inner)],
    };
    const parsed = parseStats('{"minValues":{"a.b":1,"a":{"b":2}}}', { schema: dotted, metadata });
    expect(parsed?.columns.get(columnKey(['a.b']))?.min).toBe(1);
    expect(parsed?.columns.get(columnKey(['a', 'b']))?.min).toBe(2);
  });
});
