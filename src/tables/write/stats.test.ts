import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { field, primitive, printSchema, type StructType } from '../../delta/index.ts';
import { parsePath, type WrittenFile } from './copy-result.ts';
import { statsJson as printStats } from './stats.ts';
import { planStats } from './stats-plan.ts';
import type { TableShape } from './table-shape.ts';

function file(
  columns: Record<string, Record<string, string>>,
  partition: Record<string, string> = {},
): WrittenFile {
  return {
    file: 'f.parquet',
    rows: 3,
    sizeBytes: 1,
    columns: Object.entries(columns).map(([path, stats]) => ({
      path: path.split('.'),
      stats: new Map(Object.entries(stats)),
    })),
    partition: new Map(Object.entries(partition)),
  };
}

const schemaOf = (...fields: StructType['fields']): StructType => ({ kind: 'struct', fields });

const shapeOf = (schema: StructType, configuration: Record<string, string> = {}): TableShape => ({
  protocol: { kind: 'protocol', minReaderVersion: 1, minWriterVersion: 2 },
  metadata: {
    kind: 'metadata',
    id: 'm',
    format: { provider: 'parquet', options: new Map() },
    schemaString: printSchema(schema),
    partitionColumns: [],
    configuration: new Map(Object.entries(configuration)),
  },
  schema,
});

const statsJson = (
  written: WrittenFile,
  schema: StructType,
  configuration: Record<string, string> = {},
): string => printStats(written, planStats(shapeOf(schema, configuration)));

describe('statsJson', () => {
  it('counts nulls and gives bounds, nested as the schema is', () => {
    const schema = schemaOf(
      field('a', primitive('long')),
      field(
        's',
        schemaOf(
          field('b', primitive('string')),
          field('l', { kind: 'array', elementType: primitive('long'), containsNull: true }),
        ),
      ),
    );
    const json = statsJson(
      file({ a: { min: '1', max: '2', null_count: '0' }, 's.b': { min: 'x', max: 'y', null_count: '1' } }),
      schema,
    );
    expect(JSON.parse(json)).toEqual({
      numRecords: 3,
      minValues: { a: 1, s: { b: 'x' } },
      maxValues: { a: 2, s: { b: 'y' } },
      nullCount: { a: 0, s: { b: 1 } },
    });
  });

  it('leaves out bounds that a NaN is beyond', () => {
    const schema = schemaOf(field('f', primitive('double')));
    const json = statsJson(file({ f: { min: '1.5', max: '1.5', null_count: '0', has_nan: 'true' } }), schema);
    expect(JSON.parse(json)).toEqual({ numRecords: 3, minValues: {}, maxValues: {}, nullCount: { f: 0 } });
  });

  it('cuts texts to true bounds, also where the highest code point follows', () => {
    const schema = schemaOf(field('t', primitive('string')));
    const highest = '\u{10ffff}';
    const boundsOf = (text: string): [string, string] => {
      const parsed = JSON.parse(statsJson(file({ t: { min: text, max: text } }), schema));
      return [parsed.minValues.t, parsed.maxValues.t];
    };
    expect(boundsOf('x'.repeat(33))).toEqual(['x'.repeat(32), `${'x'.repeat(32)}${highest}`]);
    expect(boundsOf('😀'.repeat(40))).toEqual(['😀'.repeat(32), `${'😀'.repeat(32)}${highest}`]);
    const nasty = `${'x'.repeat(32)}${highest}${highest}zzz`;
    expect(boundsOf(nasty)).toEqual(['x'.repeat(32), `${'x'.repeat(32)}${highest.repeat(3)}`]);
    const end = `${'x'.repeat(32)}${highest}`;
    expect(boundsOf(end)).toEqual(['x'.repeat(32), end]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 30, maxLength: 50 }), (text) => {
        const [min, max] = boundsOf(text);
        expect(Buffer.compare(Buffer.from(min), Buffer.from(text))).toBeLessThanOrEqual(0);
        expect(Buffer.compare(Buffer.from(max), Buffer.from(text))).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it.each([
    ['long', '-9007199254740993', '9223372036854775807'],
    ['integer', '-16777217', '16777217'],
  ] as const)('keeps every digit of a %s', (type, min, max) => {
    const json = statsJson(file({ a: { min, max, null_count: '0' } }), schemaOf(field('a', primitive(type))));
    expect(json).toContain(`"minValues":{"a":${min}},"maxValues":{"a":${max}}`);
  });

  it('keeps every digit of a decimal', () => {
    const schema = schemaOf(field('d', { kind: 'decimal', precision: 38, scale: 9 }));
    const digits = '12345678901234567890123456789.123456789';
    expect(statsJson(file({ d: { min: `-${digits}`, max: digits } }), schema)).toContain(
      `"maxValues":{"d":${digits}}`,
    );
  });

  it.each([
    ['timestamp', '2024-01-01 00:30:00.5+05:30', '2023-12-31T19:00:00.5Z'],
    ['timestamp', '2024-01-01 00:00:00-08', '2024-01-01T08:00:00Z'],
    ['timestamp_ntz', '2024-01-01 00:00:00.000001', '2024-01-01T00:00:00.000001'],
    ['date', '2024-01-01', '2024-01-01'],
    ['date', '12024-01-01', undefined],
    ['date', '0044-03-15 (BC)', undefined],
    ['timestamp', 'infinity', undefined],
    ['double', 'inf', undefined],
    ['float', '2.6666667', Math.fround(8 / 3)],
    ['float', '-inf', undefined],
  ] as const)('gives a %s bound %s as %s', (type, text, expected) => {
    const json = JSON.parse(
      statsJson(file({ a: { min: text, max: text } }), schemaOf(field('a', primitive(type)))),
    ) as {
      maxValues: Record<string, unknown>;
    };
    expect(json.maxValues['a']).toBe(expected);
  });

  it('cuts long text so that the bounds still hold', () => {
    const schema = schemaOf(field('t', primitive('string')));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 0, maxLength: 80 }), (text) => {
        const json = JSON.parse(statsJson(file({ t: { min: text, max: text } }), schema)) as {
          minValues: { t: string };
          maxValues: { t: string };
        };
        const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(compare(json.minValues.t, text)).toBeLessThanOrEqual(0);
        expect(compare(json.maxValues.t, text)).toBeGreaterThanOrEqual(0);
        expect([...json.maxValues.t].length).toBeLessThanOrEqual(33);
      }),
    );
  });

  it('stops after so many leaf columns, and skips partition columns', () => {
    const schema = schemaOf(
      field('p', primitive('long')),
      field('a', primitive('long')),
      field('b', primitive('long')),
    );
    const stats = { min: '1', max: '1', null_count: '0' };
    const shape = shapeOf(schema, { 'delta.dataSkippingNumIndexedCols': '1' });
    const partitioned = { ...shape, metadata: { ...shape.metadata, partitionColumns: ['p'] } };
    const json = JSON.parse(printStats(file({ a: stats, b: stats }), planStats(partitioned))) as Record<
      string,
      unknown
    >;
    expect(json).toEqual({ numRecords: 3, minValues: { a: 1 }, maxValues: { a: 1 }, nullCount: { a: 0 } });
  });
});

describe('planStats', () => {
  const schema = schemaOf(
    field('a', primitive('long')),
    field('s', schemaOf(field('x y', primitive('long')), field('z', primitive('long')))),
    field('d.e', primitive('long')),
  );
  it.each([
    ['s', ['s.x y', 's.z']],
    ['`d.e`, s.`x y`', ['s.x y', 'd.e']],
    ['A', ['a']],
    ['', []],
  ])('takes the columns that delta.dataSkippingStatsColumns names: %s', (list, expected) => {
    const plan = planStats(shapeOf(schema, { 'delta.dataSkippingStatsColumns': list }));
    expect(plan.columns.map(({ path }) => path.join('.'))).toEqual(expected);
  });

  it('uses the names of data files, and says that bounds are tight where vectors may come', () => {
    const mapped = schemaOf({
      ...field('a', primitive('long')),
      metadata: { 'delta.columnMapping.physicalName': 'col-1', 'delta.columnMapping.id': 1 },
    });
    const shape = shapeOf(mapped, { 'delta.columnMapping.mode': 'name' });
    const features = { minReaderVersion: 3, minWriterVersion: 7, writerFeatures: ['deletionVectors'] };
    const plan = planStats({ ...shape, protocol: { kind: 'protocol', ...features } });
    expect(plan.columns.map(({ path }) => path)).toEqual([['col-1']]);
    const json = printStats({ rows: 1, columns: [] }, plan);
    expect(JSON.parse(json)).toMatchObject({ numRecords: 1, tightBounds: true });
  });
});

describe('parsePath', () => {
  it.each([
    ['"a"', ['a']],
    ['"s"."x.y"', ['s', 'x.y']],
    ['"q""q"."element"', ['q"q', 'element']],
  ])('reads %s', (text, names) => {
    expect(parsePath(text)).toEqual(names);
  });
});
