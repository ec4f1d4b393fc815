/**
 * DuckDB's types and Delta's, either way.
 *
 * What Delta has no type for is widened where every value keeps its meaning (UBIGINT to
 * decimal(20,0), ENUM to string), and refused by name where it wouldn't.
 */
import { unreachable } from '../base/index.ts';
import { type DataType, field, type PrimitiveName, primitive, printDataType } from '../delta/index.ts';
import { printSqlType, quoteIdentifier, type SqlType } from '../duckdb/index.ts';
import { tablesErrors } from './errors.ts';

/** The DuckDB type that a Delta type is read as, as SQL text. Pure. @throws tables.unsupported-type */
export function duckdbTypeOf(type: DataType, column = 'a column'): string {
  switch (type.kind) {
    case 'primitive':
      return primitiveTypes[type.name];
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'array':
      return `${duckdbTypeOf(type.elementType, column)}[]`;
    case 'map':
      return `MAP(${duckdbTypeOf(type.keyType, column)}, ${duckdbTypeOf(type.valueType, column)})`;
    case 'struct':
      return `STRUCT(${type.fields
        .map((f) => `${quoteIdentifier(f.name)} ${duckdbTypeOf(f.type, `${column}.${f.name}`)}`)
        .join(', ')})`;
    case 'unknown':
      throw tablesErrors['unsupported-type']({
        column,
        type: type.name,
        cast: 'read it with a program that knows the type',
      });
    default:
      return unreachable(type);
  }
}

const primitiveTypes: Readonly<Record<PrimitiveName, string>> = {
  string: 'VARCHAR',
  long: 'BIGINT',
  integer: 'INTEGER',
  short: 'SMALLINT',
  byte: 'TINYINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  binary: 'BLOB',
  date: 'DATE',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP',
  variant: 'VARIANT',
  void: 'INTEGER',
};

/**
 * The Delta type that a column of DuckDB's `type` is written as. Pure.
 *
 * @param column named in the error.
 * @throws tables.unsupported-type
 */
export function deltaTypeOf(type: SqlType, column: string): DataType {
  switch (type.kind) {
    case 'scalar':
      return scalarToDelta(type.name, column);
    case 'decimal':
      return { kind: 'decimal', precision: type.width, scale: type.scale };
    case 'enum':
      return primitive('string');
    case 'list':
    case 'array':
      return { kind: 'array', elementType: deltaTypeOf(type.element, `${column}[]`), containsNull: true };
    case 'map':
      return {
        kind: 'map',
        keyType: deltaTypeOf(type.key, `${column} key`),
        valueType: deltaTypeOf(type.value, `${column} value`),
        valueContainsNull: true,
      };
    case 'struct':
      return {
        kind: 'struct',
        fields: type.members.map((m, i) =>
          field(m.name === '' ? `element_${i}` : m.name, deltaTypeOf(m.type, `${column}.${m.name}`)),
        ),
      };
    case 'union':
      throw tablesErrors['unsupported-type']({
        column,
        type: printSqlType(type),
        cast: `${quoteIdentifier(column)}::VARCHAR, or a struct of its members`,
      });
    default:
      return unreachable(type);
  }
}

function scalarToDelta(name: string, column: string): DataType {
  const known = scalars[name];
  if (known !== undefined) return typeof known === 'string' ? primitive(known) : known;
  const plain = quoteIdentifier(column);
  const cast =
    name === 'INTERVAL'
      ? `${plain}::VARCHAR, or epoch(${plain}) for its seconds`
      : name.startsWith('TIME')
        ? `${plain}::VARCHAR, or epoch_us(${plain}) for its microseconds`
        : `${plain}::VARCHAR`;
  throw tablesErrors['unsupported-type']({ column, type: name, cast });
}

const scalars: Readonly<Record<string, PrimitiveName | DataType>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'byte',
  SMALLINT: 'short',
  INTEGER: 'integer',
  BIGINT: 'long',
  UTINYINT: 'short',
  USMALLINT: 'integer',
  UINTEGER: 'long',
  UBIGINT: { kind: 'decimal', precision: 20, scale: 0 },
  // sum() of integers is a HUGEINT in DuckDB. A value of 39 digits fails the cast, loudly.
  HUGEINT: { kind: 'decimal', precision: 38, scale: 0 },
  UHUGEINT: { kind: 'decimal', precision: 38, scale: 0 },
  FLOAT: 'float',
  DOUBLE: 'double',
  VARCHAR: 'string',
  UUID: 'string',
  BIT: 'string',
  BLOB: 'binary',
  DATE: 'date',
  TIMESTAMP: 'timestamp_ntz',
  TIMESTAMP_S: 'timestamp_ntz',
  TIMESTAMP_MS: 'timestamp_ntz',
  TIMESTAMP_NS: 'timestamp_ntz',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
  VARIANT: 'variant',
  // A bare NULL has no type; DuckDB's own tables make it an INTEGER.
  NULL: 'integer',
};

/** Whether two types hold the same values; nullability and metadata inside don't count. Pure. */
export function sameType(a: DataType, b: DataType): boolean {
  return printDataType(a) === printDataType(b);
}
