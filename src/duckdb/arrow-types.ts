/** DuckDB's types and Arrow's, either way. */
import type * as Arrow from 'apache-arrow';
import { unreachable } from '../base/index.ts';
import { duckdbErrors } from './errors.ts';
import { type SqlType, scalarType } from './sql-type.ts';

/** The Arrow module, loaded when first needed: it is large, and most commands never use it. */
export function loadArrow(): Promise<typeof Arrow> {
  loading ??= import('apache-arrow');
  return loading;
}

let loading: Promise<typeof Arrow> | undefined;

/**
 * The Arrow type that `type` is written as.
 *
 * Without loss, but not always with the type's name: UUID, ENUM, BIT, BIGNUM, UHUGEINT and TIME WITH TIME ZONE
 * become Utf8, HUGEINT a Decimal128 of scale 0, FLOAT and DOUBLE themselves, UNION a sparse union.
 */
export function toArrowType(arrow: typeof Arrow, type: SqlType): Arrow.DataType {
  switch (type.kind) {
    case 'decimal':
      return new arrow.Decimal(type.scale, type.width, 128);
    case 'enum':
      return new arrow.Utf8();
    case 'list':
      return new arrow.List(new arrow.Field('item', toArrowType(arrow, type.element), true));
    case 'array':
      return new arrow.FixedSizeList(
        type.length,
        new arrow.Field('item', toArrowType(arrow, type.element), true),
      );
    case 'struct':
      return new arrow.Struct(
        type.members.map((m) => new arrow.Field(m.name, toArrowType(arrow, m.type), true)),
      );
    case 'map': {
      const entries = new arrow.Struct([
        new arrow.Field('key', toArrowType(arrow, type.key), false),
        new arrow.Field('value', toArrowType(arrow, type.value), true),
      ]);
      return new arrow.Map_(new arrow.Field('entries', entries, false) as never);
    }
    case 'union':
      return new arrow.SparseUnion(
        type.members.map((_, i) => i),
        type.members.map((m) => new arrow.Field(m.name, toArrowType(arrow, m.type), true)),
      );
    case 'scalar':
      return scalarToArrow(arrow, type.name);
    default:
      return unreachable(type);
  }
}

function scalarToArrow(arrow: typeof Arrow, name: string): Arrow.DataType {
  const { TimeUnit } = arrow;
  switch (name) {
    case 'BOOLEAN':
      return new arrow.Bool();
    case 'TINYINT':
      return new arrow.Int8();
    case 'SMALLINT':
      return new arrow.Int16();
    case 'INTEGER':
      return new arrow.Int32();
    case 'BIGINT':
      return new arrow.Int64();
    case 'UTINYINT':
      return new arrow.Uint8();
    case 'USMALLINT':
      return new arrow.Uint16();
    case 'UINTEGER':
      return new arrow.Uint32();
    case 'UBIGINT':
      return new arrow.Uint64();
    case 'HUGEINT':
      return new arrow.Decimal(0, 38, 128);
    case 'FLOAT':
      return new arrow.Float32();
    case 'DOUBLE':
      return new arrow.Float64();
    case 'BLOB':
    case 'GEOMETRY':
      return new arrow.Binary();
    case 'DATE':
      return new arrow.DateDay();
    case 'TIME':
      return new arrow.TimeMicrosecond();
    case 'TIME_NS':
      return new arrow.TimeNanosecond();
    case 'TIMESTAMP_S':
      return new arrow.Timestamp(TimeUnit.SECOND);
    case 'TIMESTAMP_MS':
      return new arrow.Timestamp(TimeUnit.MILLISECOND);
    case 'TIMESTAMP':
      return new arrow.Timestamp(TimeUnit.MICROSECOND);
    case 'TIMESTAMP_NS':
      return new arrow.Timestamp(TimeUnit.NANOSECOND);
    case 'TIMESTAMP WITH TIME ZONE':
      return new arrow.Timestamp(TimeUnit.MICROSECOND, 'UTC');
    case 'INTERVAL':
      return new arrow.IntervalMonthDayNano();
    case 'NULL':
      return new arrow.Null();
    default:
      return new arrow.Utf8();
  }
}

/**
 * The DuckDB type that a column of Arrow's `type` is read as.
 *
 * @throws duckdb.unsupported-arrow for Float16 lists and the like that DuckDB has no type for.
 */
export function fromArrowType(arrow: typeof Arrow, type: Arrow.DataType): SqlType {
  const { DataType } = arrow;
  if (DataType.isDictionary(type)) return fromArrowType(arrow, type.dictionary);
  if (DataType.isNull(type)) return scalarType('NULL');
  if (DataType.isBool(type)) return scalarType('BOOLEAN');
  if (DataType.isInt(type)) {
    const signed = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' } as const;
    const unsigned = { 8: 'UTINYINT', 16: 'USMALLINT', 32: 'UINTEGER', 64: 'UBIGINT' } as const;
    return scalarType((type.isSigned ? signed : unsigned)[type.bitWidth]);
  }
  if (DataType.isFloat(type))
    return scalarType(type.precision === arrow.Precision.DOUBLE ? 'DOUBLE' : 'FLOAT');
  if (DataType.isDecimal(type) && type.precision <= 38) {
    return { kind: 'decimal', width: type.precision, scale: type.scale };
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return scalarType('VARCHAR');
  if (DataType.isBinary(type) || DataType.isLargeBinary(type) || DataType.isFixedSizeBinary(type)) {
    return scalarType('BLOB');
  }
  if (DataType.isDate(type)) return scalarType('DATE');
  if (DataType.isTime(type)) {
    return scalarType(type.unit === arrow.TimeUnit.NANOSECOND ? 'TIME_NS' : 'TIME');
  }
  if (DataType.isTimestamp(type)) {
    if (type.timezone !== null && type.timezone !== undefined) return scalarType('TIMESTAMP WITH TIME ZONE');
    const names = ['TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP', 'TIMESTAMP_NS'] as const;
    return scalarType(names[type.unit as 0 | 1 | 2 | 3]);
  }
  if (DataType.isFixedSizeList(type)) {
    return { kind: 'array', element: fromArrowType(arrow, type.valueType), length: type.listSize };
  }
  if (DataType.isList(type) || DataType.isLargeList(type)) {
    return { kind: 'list', element: fromArrowType(arrow, type.valueType) };
  }
  if (DataType.isStruct(type)) {
    return {
      kind: 'struct',
      members: type.children.map((child) => ({ name: child.name, type: fromArrowType(arrow, child.type) })),
    };
  }
  if (DataType.isMap(type)) {
    return {
      kind: 'map',
      key: fromArrowType(arrow, type.keyType),
      value: fromArrowType(arrow, type.valueType),
    };
  }
  throw duckdbErrors['unsupported-arrow']({ what: `Arrow's ${String(type)}` });
}
