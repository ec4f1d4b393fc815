/**
 * The types of columns whose values a program made: the narrowest one that holds all of them.
 *
 * Whole numbers are BIGINT, others DOUBLE, points in time TIMESTAMP on a clock that shows UTC, objects STRUCT,
 * arrays lists. What one column can't hold together (a text and a number) has no type.
 */
import {
  BitString,
  Decimal,
  Interval,
  MapValue,
  printSqlType,
  SqlDate,
  SqlTime,
  type SqlType,
  type SqlValue,
  StructValue,
  scalarType,
  Timestamp,
  type TypeMember,
  UnionValue,
} from '../../duckdb/index.ts';

/** Of a column that has held nothing yet. */
export const unknownType: SqlType = scalarType('NULL');

const bigint = scalarType('BIGINT');
const double = scalarType('DOUBLE');
const int64Max = 2n ** 63n;
const int128Max = 2n ** 127n;

/** The type of one value. undefined: there is none. */
export function typeOfValue(value: SqlValue): SqlType | undefined {
  switch (typeof value) {
    case 'boolean':
      return scalarType('BOOLEAN');
    case 'string':
      return scalarType('VARCHAR');
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? bigint : double;
    case 'bigint':
      if (value >= -int64Max && value < int64Max) return bigint;
      return value >= -int128Max && value < int128Max ? scalarType('HUGEINT') : undefined;
    default:
      break;
  }
  if (value === null) return unknownType;
  if (value instanceof Uint8Array) return scalarType('BLOB');
  if (Array.isArray(value)) {
    let element: SqlType | undefined = unknownType;
    for (const item of value as readonly SqlValue[]) {
      const own = typeOfValue(item);
      element = own && element && commonType(element, own);
      if (element === undefined) return undefined;
    }
    return { kind: 'list', element };
  }
  return typeOfObject(value as Exclude<SqlValue, readonly SqlValue[]> & object);
}

function typeOfObject(value: object): SqlType | undefined {
  if (value instanceof Decimal) return { kind: 'decimal', width: value.width, scale: value.scale };
  if (value instanceof SqlDate) return scalarType('DATE');
  if (value instanceof SqlTime) {
    if (value.offsetSeconds !== undefined) return scalarType('TIME WITH TIME ZONE');
    return scalarType(value.unit === 'ns' ? 'TIME_NS' : 'TIME');
  }
  if (value instanceof Timestamp) {
    if (value.isInstant) return scalarType('TIMESTAMP WITH TIME ZONE');
    const names = { s: 'TIMESTAMP_S', ms: 'TIMESTAMP_MS', us: 'TIMESTAMP', ns: 'TIMESTAMP_NS' } as const;
    return scalarType(names[value.unit]);
  }
  if (value instanceof Interval) return scalarType('INTERVAL');
  if (value instanceof BitString) return scalarType('BIT');
  if (value instanceof UnionValue) return typeOfValue(value.value);
  if (value instanceof MapValue) {
    let key: SqlType | undefined = unknownType;
    let item: SqlType | undefined = unknownType;
    for (const [k, v] of value.entries) {
      const [ownKey, ownItem] = [typeOfValue(k), typeOfValue(v)];
      key = ownKey && key && commonType(key, ownKey);
      item = ownItem && item && commonType(item, ownItem);
    }
    return key && item && { kind: 'map', key, value: item };
  }
  if (!(value instanceof StructValue)) return undefined;
  const members: TypeMember[] = [];
  for (let i = 0; i < value.names.length; i += 1) {
    const type = typeOfValue(value.values[i] ?? null);
    if (type === undefined) return undefined;
    members.push({ name: value.names[i] as string, type });
  }
  return { kind: 'struct', members };
}

/** The narrowest type that holds values of both; undefined where there is none. */
export function commonType(a: SqlType, b: SqlType): SqlType | undefined {
  if (isUnknown(a)) return b;
  if (isUnknown(b)) return a;
  if (a.kind === 'list' && b.kind === 'list') {
    const element = commonType(a.element, b.element);
    return element && { kind: 'list', element };
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const key = commonType(a.key, b.key);
    const value = commonType(a.value, b.value);
    return key && value && { kind: 'map', key, value };
  }
  if (a.kind === 'struct' && b.kind === 'struct') return commonStruct(a.members, b.members);
  if (printSqlType(a) === printSqlType(b)) return a;
  return commonNumber(a, b) ?? commonTime(a, b);
}

function commonStruct(a: readonly TypeMember[], b: readonly TypeMember[]): SqlType | undefined {
  const members = new Map(a.map((member) => [member.name.toLowerCase(), member]));
  for (const { name, type } of b) {
    const known = members.get(name.toLowerCase());
    const common = known === undefined ? type : commonType(known.type, type);
    if (common === undefined) return undefined;
    members.set(name.toLowerCase(), { name: known?.name ?? name, type: common });
  }
  return { kind: 'struct', members: [...members.values()] };
}

/** BIGINT, HUGEINT, DECIMAL, DOUBLE: each holds those before it. */
function commonNumber(a: SqlType, b: SqlType): SqlType | undefined {
  const ranks = [rankOf(a), rankOf(b)];
  if (ranks.includes(0)) return undefined;
  if (ranks.includes(4)) return double;
  if (ranks.includes(3)) {
    const parts = [a, b].map((type) =>
      type.kind === 'decimal' ? type : { width: type === bigint ? 19 : 38, scale: 0 },
    );
    const scale = Math.max(...parts.map((part) => part.scale));
    const whole = Math.max(...parts.map((part) => part.width - part.scale));
    return { kind: 'decimal', width: Math.min(38, whole + scale), scale };
  }
  return scalarType('HUGEINT');
}

function rankOf(type: SqlType): 0 | 1 | 2 | 3 | 4 {
  if (type.kind === 'decimal') return 3;
  if (type.kind !== 'scalar') return 0;
  return type.name === 'BIGINT' ? 1 : type.name === 'HUGEINT' ? 2 : type.name === 'DOUBLE' ? 4 : 0;
}

function commonTime(a: SqlType, b: SqlType): SqlType | undefined {
  const names = [a, b].map((type) => (type.kind === 'scalar' ? type.name : ''));
  const isWall = (name: string): boolean => name === 'DATE' || /^TIMESTAMP(?:_M?S)?$/.test(name);
  return names.every(isWall) ? scalarType('TIMESTAMP') : undefined;
}

/** Whether nothing is known of a type. */
export function isUnknown(type: SqlType): boolean {
  return type.kind === 'scalar' && type.name === 'NULL';
}

/** `type` with texts where nothing is known: what a column without a single value is kept as. */
export function settledType(type: SqlType): SqlType {
  switch (type.kind) {
    case 'scalar':
      return isUnknown(type) ? scalarType('VARCHAR') : type;
    case 'list':
      return { kind: 'list', element: settledType(type.element) };
    case 'struct':
      return {
        kind: 'struct',
        members: type.members.map((member) => ({ name: member.name, type: settledType(member.type) })),
      };
    case 'map':
      return { kind: 'map', key: settledType(type.key), value: settledType(type.value) };
    default:
      return type;
  }
}

/** `value` as `type`, which holds it, is appended. */
export function fitted(value: SqlValue, type: SqlType): SqlValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'scalar':
      return fittedScalar(value, type.name);
    case 'decimal':
      return fittedDecimal(value, type.width, type.scale);
    case 'list':
      return (value as readonly SqlValue[]).map((item) => fitted(item, type.element));
    case 'map':
      return new MapValue(
        (value as MapValue).entries.map(
          ([key, item]) => [fitted(key, type.key), fitted(item, type.value)] as const,
        ),
      );
    case 'struct': {
      const own = value as StructValue;
      const at = new Map(own.names.map((name, index) => [name.toLowerCase(), own.values[index] ?? null]));
      return new StructValue(
        type.members.map(({ name }) => name),
        type.members.map((member) => fitted(at.get(member.name.toLowerCase()) ?? null, member.type)),
      );
    }
    default:
      return value;
  }
}

function fittedScalar(given: SqlValue, name: string): SqlValue {
  const value = given instanceof UnionValue ? given.value : given;
  if (name === 'DOUBLE') return value instanceof Decimal ? value.toNumber() : Number(value);
  if (name === 'BIGINT' || name === 'HUGEINT') return BigInt(value as number | bigint);
  if (name === 'VARCHAR') return typeof value === 'string' ? value : String(value as number);
  if (name === 'TIMESTAMP') {
    if (value instanceof SqlDate) return new Timestamp(BigInt(value.days) * 86_400_000_000n);
    if (value instanceof Timestamp) return new Timestamp(value.micros);
  }
  return value;
}

function fittedDecimal(value: SqlValue, width: number, scale: number): SqlValue {
  if (value instanceof Decimal)
    return new Decimal(value.unscaled * 10n ** BigInt(scale - value.scale), width, scale);
  return new Decimal(BigInt(value as number | bigint) * 10n ** BigInt(scale), width, scale);
}
