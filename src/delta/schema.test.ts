import { describe, expect, it } from 'vitest';
import {
  type DataType,
  field,
  parseSchema,
  primitive,
  printDataType,
  printSchema,
  type StructType,
  walkFields,
  walkTypes,
} from './schema.ts';

const text = primitive('string');

/** A schema with one column, whose type is that of a text put `levels` times between `open` and `close`. */
function nested(open: string, close: string, levels: number): string {
  return `{"type":"struct","fields":[{"name":"a","type":${open.repeat(levels)}"string"${close.repeat(levels)}}]}`;
}

describe('schemas', () => {
  const types: DataType[] = [
    ...(['string', 'long', 'integer', 'short', 'byte', 'float', 'double', 'boolean', 'binary'] as const).map(
      primitive,
    ),
    ...(['date', 'timestamp', 'timestamp_ntz', 'variant', 'void'] as const).map(primitive),
    { kind: 'decimal', precision: 38, scale: 18 },
    { kind: 'array', elementType: text, containsNull: false },
    {
      kind: 'map',
      keyType: text,
      valueType: { kind: 'decimal', precision: 5, scale: 0 },
      valueContainsNull: false,
    },
    {
      kind: 'struct',
      fields: [field('a', { kind: 'array', elementType: primitive('long'), containsNull: true }, false)],
    },
    { kind: 'unknown', name: 'interval year' },
  ];

  it.each(types.map((type) => [printDataType(type), type] as const))(
    '%s survives printing and parsing',
    (_, type) => {
      const schema: StructType = { kind: 'struct', fields: [field('x', type)] };
      expect(parseSchema(printSchema(schema))).toEqual(schema);
    },
  );

  it('prints what Delta writes', () => {
    const schema: StructType = {
      kind: 'struct',
      fields: [
        field('a', primitive('long'), false),
        field('b', { kind: 'decimal', precision: 10, scale: 2 }),
      ],
    };
    expect(printSchema(schema)).toBe(
      '{"type":"struct","fields":[{"name":"a","type":"long","nullable":false,"metadata":{}},{"name":"b","type":"decimal(10,2)","nullable":true,"metadata":{}}]}',
    );
  });

  it('keeps metadata, with numbers beyond 2^53', () => {
    const text =
      '{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{"delta.identity.start":9223372036854775807,"comment":"key"}}]}';
    const schema = parseSchema(text);
    expect(schema.fields[0]?.metadata['delta.identity.start']).toBe(9223372036854775807n);
    expect(printSchema(schema)).toBe(text);
  });

  it.each([
    ['text that is not JSON', '{"type":'],
    ['a type that is not a struct', '"long"'],
    ['a field without a name', '{"type":"struct","fields":[{"type":"long"}]}'],
    ['a struct without fields', '{"type":"struct"}'],
    ['a decimal with too many digits', '{"type":"struct","fields":[{"name":"a","type":"decimal(39,2)"}]}'],
    ['a number for a type', '{"type":"struct","fields":[{"name":"a","type":3}]}'],
    [
      'two columns of one name',
      printSchema({ kind: 'struct', fields: [field('a', text), field('a', text)] }),
    ],
    [
      'names that differ in case',
      printSchema({ kind: 'struct', fields: [field('a', text), field('A', text)] }),
    ],
    ['lists in lists without end', nested('{"type":"array","elementType":', '}', 10_000)],
    ['a few lists too many', nested('{"type":"array","elementType":', '}', 101)],
    [
      'structs in structs without end',
      nested('{"type":"struct","fields":[{"name":"b","type":', '}]}', 10_000),
    ],
    ['maps in maps', nested('{"type":"map","keyType":"long","valueType":', '}', 300)],
    ['JSON that is no type, without end', '['.repeat(50_000) + ']'.repeat(50_000)],
    ['a long number deep inside', `${'{"a":'.repeat(20_000)}1234567890123456789${'}'.repeat(20_000)}`],
  ])('refuses %s', (_, text) => {
    expect(() => parseSchema(text)).toThrow(expect.objectContaining({ code: 'delta.bad-schema' }));
  });

  it('walks into lists, maps and structs', () => {
    const inner: StructType = { kind: 'struct', fields: [field('c', text)] };
    const schema: StructType = {
      kind: 'struct',
      fields: [
        field('a', { kind: 'array', elementType: inner, containsNull: true }),
        field('m', { kind: 'map', keyType: inner, valueType: inner, valueContainsNull: true }),
      ],
    };
    expect([...walkFields(schema)].map(({ path }) => path.join('.'))).toEqual([
      'a',
      'a.element.c',
      'm',
      'm.key.c',
      'm.value.c',
    ]);
    expect([...walkTypes(schema)].filter((type) => type === text)).toHaveLength(3);
  });
});
