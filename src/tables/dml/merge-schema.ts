/** The table's schema once a MERGE with schema evolution has added what only its source has. Pure. */
import { type DataType, field, type StructField, type StructType } from '../../delta/index.ts';
import type { Column, SqlType } from '../../duckdb/index.ts';
import { deltaTypeOf } from '../delta-types.ts';

/**
 * `schema` with the source's further columns and struct members at its end; `schema` itself when there are
 * none. Types that are there stay.
 *
 * @param wanted columns of the source that the clauses bring in, in lower case; `all` when one takes every column.
 * @throws tables.unsupported-type
 */
export function evolvedSchema(
  schema: StructType,
  source: readonly Column[],
  wanted: 'all' | ReadonlySet<string>,
): StructType {
  const brought = source.filter(({ name }) => wanted === 'all' || wanted.has(name.toLowerCase()));
  const members = brought.map(({ name, sqlType }) => ({ name, type: sqlType }));
  return withMembers(schema, members) as StructType;
}

function withMembers(struct: StructType, members: readonly { name: string; type: SqlType }[]): StructType {
  const left = new Map(members.map((member) => [member.name.toLowerCase(), member]));
  let changes = false;
  const fields = struct.fields.map((known): StructField => {
    const member = left.get(known.name.toLowerCase());
    left.delete(known.name.toLowerCase());
    const type = member === undefined ? known.type : grown(known.type, member.type);
    changes ||= type !== known.type;
    return type === known.type ? known : { ...known, type };
  });
  for (const { name, type } of left.values()) fields.push(field(name, deltaTypeOf(type, name)));
  return changes || left.size > 0 ? { kind: 'struct', fields } : struct;
}

function grown(type: DataType, from: SqlType): DataType {
  if (type.kind === 'struct' && from.kind === 'struct') return withMembers(type, from.members);
  if (type.kind === 'array' && (from.kind === 'list' || from.kind === 'array')) {
    const elementType = grown(type.elementType, from.element);
    return elementType === type.elementType ? type : { ...type, elementType };
  }
  if (type.kind === 'map' && from.kind === 'map') {
    const valueType = grown(type.valueType, from.value);
    return valueType === type.valueType ? type : { ...type, valueType };
  }
  return type;
}
