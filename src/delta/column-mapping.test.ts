import { describe, expect, it } from 'vitest';
import { type Json, seededRandom } from '../base/index.ts';
import { assignColumnIds, withoutColumnIds } from './column-mapping.ts';
import { testMetadata } from './contract.ts';
import { type DataType, field, parseSchema, primitive, type StructType, walkFields } from './schema.ts';

const long = primitive('long');
const struct = (...fields: StructType['fields'][number][]): StructType => ({ kind: 'struct', fields });
const array = (elementType: DataType): DataType => ({ kind: 'array', elementType, containsNull: true });
const map = (valueType: DataType): DataType => ({
  kind: 'map',
  keyType: primitive('string'),
  valueType,
  valueContainsNull: true,
});
const named = { 'delta.columnMapping.mode': 'name' };
const idOf = (metadata: Readonly<Record<string, Json>>): unknown => metadata['delta.columnMapping.id'];
const nameOf = (metadata: Readonly<Record<string, Json>>): unknown =>
  metadata['delta.columnMapping.physicalName'];
const facts = (schema: StructType): unknown[] =>
  Array.from(walkFields(schema), ({ path, field: { metadata } }) => [
    path.join('.'),
    idOf(metadata),
    String(nameOf(metadata)).startsWith('col-') ? 'col' : nameOf(metadata),
  ]);

describe('assignColumnIds', () => {
  it('numbers and names every field, in structs, lists and maps too', () => {
    const schema = struct(
      field('a', long),
      field('l', array(struct(field('x', long)))),
      field('m', map(struct(field('y', long)))),
    );
    const made = assignColumnIds(schema, testMetadata(named), undefined, seededRandom(1));
    expect(facts(made.schema)).toEqual([
      ['a', 1, 'col'],
      ['l', 2, 'col'],
      ['l.element.x', 3, 'col'],
      ['m', 4, 'col'],
      ['m.value.y', 5, 'col'],
    ]);
    expect(made.metadata.configuration.get('delta.columnMapping.maxColumnId')).toBe('5');
    expect(parseSchema(made.metadata.schemaString)).toEqual(made.schema);
    const names = Array.from(walkFields(made.schema), (found) => nameOf(found.field.metadata));
    expect(new Set(names).size).toBe(5);
  });

  it('keeps what is known, and gives new fields numbers above every one given before', () => {
    const first = assignColumnIds(struct(field('a', long), field('b', long)), testMetadata(named));
    const [a] = first.schema.fields;
    if (a === undefined) expect.unreachable();
    // `b` was dropped, and its number isn't given again.
    const second = assignColumnIds(struct(a, field('c', long)), first.metadata, struct(a));
    expect(second.schema.fields[0]).toEqual(a);
    expect(idOf(second.schema.fields[1]?.metadata ?? {})).toBe(3);
  });

  it('takes over ids by name where the new schema lost them', () => {
    const first = assignColumnIds(struct(field('A', struct(field('x', long)))), testMetadata(named));
    const again = struct(field('a', struct(field('x', long), field('y', long))));
    const made = assignColumnIds(again, first.metadata, first.schema);
    expect(facts(made.schema)).toEqual([
      ['a', 1, 'col'],
      ['a.x', 2, 'col'],
      ['a.y', 3, 'col'],
    ]);
    expect(nameOf(made.schema.fields[0]?.metadata ?? {})).toBe(
      nameOf(first.schema.fields[0]?.metadata ?? {}),
    );
  });

  it('names fields as they are called when the table had no mapping', () => {
    const schema = struct(field('a', struct(field('x', long))));
    const made = assignColumnIds(struct(...schema.fields, field('new', long)), testMetadata(named), schema);
    expect(facts(made.schema)).toEqual([
      ['a', 1, 'a'],
      ['a.x', 2, 'x'],
      ['new', 3, 'col'],
    ]);
    expect(withoutColumnIds(made.schema)).toEqual(struct(...schema.fields, field('new', long)));
  });

  it('numbers list and map parts too where Iceberg wants to know them', () => {
    const schema = struct(field('l', array(array(long))), field('m', map(struct(field('x', array(long))))));
    const metadata = testMetadata({ ...named, 'delta.enableIcebergCompatV2': 'true' });
    const made = assignColumnIds(schema, metadata, schema);
    const nested = Array.from(
      walkFields(made.schema),
      (found) => found.field.metadata['delta.columnMapping.nested.ids'],
    );
    expect(nested).toEqual([
      { 'l.element': 4, 'l.element.element': 5 },
      { 'm.key': 6, 'm.value': 7 },
      { 'x.element': 8 },
    ]);
    expect(made.metadata.configuration.get('delta.columnMapping.maxColumnId')).toBe('8');
    const again = assignColumnIds(made.schema, made.metadata, made.schema);
    expect(again.schema).toEqual(made.schema);
  });

  it('leaves tables without column mapping alone', () => {
    const schema = struct(field('a', long));
    const made = assignColumnIds(schema, testMetadata());
    expect(made.schema).toEqual(schema);
    expect(made.metadata.configuration.size).toBe(0);
  });
});
