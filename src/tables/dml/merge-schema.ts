/** The table's schema once a MERGE with schema evolution has taken in what its source has. Pure. */
import { isBoathouseError } from '../../base/index.ts';
import { type DataType, field, type StructField, type StructType } from '../../delta/index.ts';
import type { Column, SqlType } from '../../duckdb/index.ts';
import { deltaTypeOf } from '../delta-types.ts';
import type { Widener } from '../write/widen-types.ts';

/**
 * `schema` with the source's further columns and struct members at its end, and with the types that `widen`
 * gives for the source's; `schema` itself when nothing changes.
 *
 * @param wanted columns of the source that the clauses bring in, in lower case; `all` when one takes every column.
 * @throws tables.unsupported-type
 */
export function evolvedSchema(
  schema: StructType,
  source: readonly Column[],
  wanted: 'all' | ReadonlySet<string>,
  widen: Widener,
): StructType {
  const brought = source.filter(({ name }) => wanted === 'all' || wanted.has(name.toLowerCase()));
  const members = brought.map(({ name, sqlType }) => ({ name, type: sqlType }));
  const longer = withMembers(schema, members);
  const incoming = new Map(brought.map(({ name, sqlType }) => [name.toLowerCase(), sqlType]));
  const fields = longer.fields.map((known) => {
    const type = incoming.get(known.name.toLowerCase());
    const from = type === undefined ? undefined : deltaTypeIfAny(type, known.name);
    return from === undefined ? known : (widen(known, from) ?? known);
  });
  return fields.every((known, i) => known === longer.fields[i]) ? longer : { kind: 'struct', fields };
}

/** Values of a type that Delta hasn't got are converted to the column's, which then stays. */
function deltaTypeIfAny(type: SqlType, column: string): DataType | undefined {
  try {
    return deltaTypeOf(type, column);
  } catch (error) {
    if (isBoathouseError(error, 'tables.unsupported-type')) return undefined;
    throw error;
  }
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
