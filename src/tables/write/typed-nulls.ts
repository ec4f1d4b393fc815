/**
 * Nulls of a query that have no type get that of the table's column: `SELECT 1 AS id, NULL AS day`.
 */
import type { DataType, StructType } from '../../delta/index.ts';
import {
  type Column,
  printSqlType,
  quoteIdentifier,
  type Session,
  type SqlType,
  withUntypedNulls,
} from '../../duckdb/index.ts';
import { duckdbTypeOf } from '../delta-types.ts';

/**
 * The columns of `query`, and a query of the same rows in which nulls without a type have the type that `schema` has
 * for a column of that name. What the table doesn't have keeps the engine's type for it, INTEGER.
 */
export async function describeRows(
  session: Session,
  query: string,
  schema: StructType | undefined,
): Promise<{ readonly query: string; readonly columns: readonly Column[] }> {
  const columns = await session.describe(query);
  if (schema === undefined) return { query, columns };
  const rows = `(${query.replace(/[\s;]+$/, '')}\n)`;
  const names = columns.map(({ name }) => quoteIdentifier(name));
  const found = await withUntypedNulls(session, columns, names, rows, query);
  const casts = found.flatMap(({ name, sqlType }, index) => {
    const field = schema.fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (field === undefined || sqlType === columns[index]?.sqlType) return [];
    return [`CAST(${names[index]} AS ${typed(sqlType, field.type)}) AS ${names[index]}`];
  });
  if (casts.length === 0) return { query, columns };
  const replaced = `SELECT * REPLACE (${casts.join(', ')}) FROM ${rows}`;
  return { query: replaced, columns: await session.describe(replaced) };
}

/** `type` as SQL, with the types of `to` where it is NULL. Pure. */
function typed(type: SqlType, to: DataType): string {
  if (type.kind === 'scalar' && type.name === 'NULL') return duckdbTypeOf(to);
  if (type.kind === 'list' && to.kind === 'array') return `${typed(type.element, to.elementType)}[]`;
  if (type.kind === 'map' && to.kind === 'map')
    return `MAP(${typed(type.key, to.keyType)}, ${typed(type.value, to.valueType)})`;
  if (type.kind === 'struct' && to.kind === 'struct') {
    const members = type.members.map(({ name, type: inner }) => {
      const field = to.fields.find((one) => one.name.toLowerCase() === name.toLowerCase());
      return `${quoteIdentifier(name)} ${field === undefined ? printSqlType(withInteger(inner)) : typed(inner, field.type)}`;
    });
    return `STRUCT(${members.join(', ')})`;
  }
  return printSqlType(withInteger(type));
}

/** `type` as the engine gives it out. Pure. */
function withInteger(type: SqlType): SqlType {
  switch (type.kind) {
    case 'scalar':
      return type.name === 'NULL' ? { kind: 'scalar', name: 'INTEGER' } : type;
    case 'list':
    case 'array':
      return { ...type, element: withInteger(type.element) };
    case 'map':
      return { ...type, key: withInteger(type.key), value: withInteger(type.value) };
    case 'struct':
      return {
        ...type,
        members: type.members.map(({ name, type: inner }) => ({ name, type: withInteger(inner) })),
      };
    default:
      return type;
  }
}
