/**
 * DuckDB's types as data: what a column holds, printed as DuckDB prints it.
 *
 * The engine's own type objects belong to its native module, which loads late; these are plain
 * values that every layer may keep, compare and switch over.
 */
import { unreachable } from '../base/index.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';

/** The types without parameters, by the names DuckDB prints. */
export type ScalarTypeName =
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INTEGER'
  | 'BIGINT'
  | 'HUGEINT'
  | 'UTINYINT'
  | 'USMALLINT'
  | 'UINTEGER'
  | 'UBIGINT'
  | 'UHUGEINT'
  | 'BIGNUM'
  | 'FLOAT'
  | 'DOUBLE'
  | 'VARCHAR'
  | 'BLOB'
  | 'BIT'
  | 'UUID'
  | 'DATE'
  | 'TIME'
  | 'TIME_NS'
  | 'TIME WITH TIME ZONE'
  | 'TIMESTAMP'
  | 'TIMESTAMP_S'
  | 'TIMESTAMP_MS'
  | 'TIMESTAMP_NS'
  | 'TIMESTAMP WITH TIME ZONE'
  | 'INTERVAL'
  | 'NULL'
  | 'GEOMETRY'
  | 'VARIANT';

/** A named member of a STRUCT or a UNION. */
export interface TypeMember {
  readonly name: string;
  readonly type: SqlType;
}

/** A DuckDB type. `alias` is the name of a user's type, or JSON, where the engine gives one. */
export type SqlType =
  | { readonly kind: 'scalar'; readonly name: ScalarTypeName; readonly alias?: string }
  | { readonly kind: 'decimal'; readonly width: number; readonly scale: number }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly element: SqlType }
  | { readonly kind: 'array'; readonly element: SqlType; readonly length: number }
  | { readonly kind: 'struct'; readonly members: readonly TypeMember[] }
  | { readonly kind: 'map'; readonly key: SqlType; readonly value: SqlType }
  | { readonly kind: 'union'; readonly members: readonly TypeMember[] };

/** A column of a result: its name, its type as DuckDB prints it, and the same type as data. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly sqlType: SqlType;
}

/** `type` as SQL text, such as `DECIMAL(18,3)` or `STRUCT(a INTEGER, b VARCHAR[])`. Pure. */
export function printSqlType(type: SqlType): string {
  switch (type.kind) {
    case 'scalar':
      return type.name === 'NULL' ? '"NULL"' : (type.alias ?? type.name);
    case 'decimal':
      return `DECIMAL(${type.width},${type.scale})`;
    case 'enum':
      return `ENUM(${type.values.map(quoteLiteral).join(', ')})`;
    case 'list':
      return `${printSqlType(type.element)}[]`;
    case 'array':
      return `${printSqlType(type.element)}[${type.length}]`;
    case 'struct':
      return `STRUCT(${printMembers(type.members)})`;
    case 'map':
      return `MAP(${printSqlType(type.key)}, ${printSqlType(type.value)})`;
    case 'union':
      return `UNION(${printMembers(type.members)})`;
    default:
      return unreachable(type);
  }
}

/** The scalar type called `name`. */
export function scalarType(name: ScalarTypeName): SqlType {
  return { kind: 'scalar', name };
}

function printMembers(members: readonly TypeMember[]): string {
  return members
    .map(({ name, type }) => `${plainName.test(name) ? name : quoteIdentifier(name)} ${printSqlType(type)}`)
    .join(', ');
}

const plainName = /^[a-z_][a-z0-9_]*$/;
