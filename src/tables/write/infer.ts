/** The types of JavaScript rows, found by looking at them. Pure. */
import {
  BitString,
  Decimal,
  Interval,
  MapValue,
  SqlDate,
  SqlTime,
  type SqlType,
  type SqlValue,
  StructValue,
  scalarType,
  Timestamp,
} from '../../duckdb/index.ts';
import { tablesErrors } from '../errors.ts';

/** A value of a row as callers write it. */
export type RowValue =
  | SqlValue
  | Date
  | undefined
  | readonly RowValue[]
  | ReadonlyMap<RowValue, RowValue>
  | { readonly [key: string]: RowValue };

/** A row: column names and values. */
export type Row = { readonly [column: string]: RowValue };

/** Where a value stands, for errors. */
export interface Place {
  readonly column: string;
  /** Counts from 1. */
  readonly row: number;
}

/** Nothing known yet: every value so far was null. */
export const unknownType: SqlType = scalarType('NULL');

/** Whether `type`, or a part of it, is still unknown. */
export function isUnknown(type: SqlType): boolean {
  return type.kind === 'scalar' && type.name === 'NULL';
}

/**
 * The type of one value. Whole numbers are BIGINT, so that 1 and 2.5 meet in DOUBLE; bigints beyond 64
 * bits HUGEINT; a Date TIMESTAMP WITH TIME ZONE, for it is an instant; text stays text.
 *
 * @throws tables.mixed-types for a list of unlike items, or a value that is none of SQL's.
 */
export function inferType(value: RowValue, place: Place): SqlType {
  switch (typeof value) {
    case 'undefined':
      return unknownType;
    case 'boolean':
      return scalarType('BOOLEAN');
    case 'number':
      return scalarType(Number.isSafeInteger(value) ? 'BIGINT' : 'DOUBLE');
    case 'bigint':
      return scalarType(BigInt.asIntN(64, value) === value ? 'BIGINT' : 'HUGEINT');
    case 'string':
      return scalarType('VARCHAR');
    case 'object':
      return value === null ? unknownType : inferObject(value, place);
    default:
      throw mixed(place, 'a value', `a ${typeof value}`);
  }
}

function inferObject(value: Exclude<RowValue, null | undefined>, place: Place): SqlType {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) {
      throw tablesErrors['bad-row']({ row: place.row, problem: `'${place.column}' is an invalid Date` });
    }
    return scalarType('TIMESTAMP WITH TIME ZONE');
  }
  if (value instanceof Uint8Array) return scalarType('BLOB');
  if (Array.isArray(value)) {
    const items = value as readonly RowValue[];
    const element = items.reduce<SqlType>(
      (type, item) => mergeTypes(type, inferType(item, place), place),
      unknownType,
    );
    return { kind: 'list', element };
  }
  if (value instanceof Decimal) return { kind: 'decimal', width: value.width, scale: value.scale };
  if (value instanceof SqlDate) return scalarType('DATE');
  if (value instanceof SqlTime) return scalarType(value.unit === 'us' ? 'TIME' : 'TIME_NS');
  if (value instanceof Timestamp) {
    const names = { s: 'TIMESTAMP_S', ms: 'TIMESTAMP_MS', us: 'TIMESTAMP', ns: 'TIMESTAMP_NS' } as const;
    return scalarType(value.isInstant ? 'TIMESTAMP WITH TIME ZONE' : names[value.unit]);
  }
  if (value instanceof Interval) return scalarType('INTERVAL');
  if (value instanceof BitString) return scalarType('BIT');
  if (value instanceof Map || value instanceof MapValue) {
    let [key, held] = [unknownType, unknownType];
    for (const [k, v] of value instanceof Map ? value : value.entries) {
      key = mergeTypes(key, inferType(k as RowValue, place), place);
      held = mergeTypes(held, inferType(v as RowValue, place), place);
    }
    return { kind: 'map', key, value: held };
  }
  const entries: [string, RowValue][] =
    value instanceof StructValue
      ? value.names.map((name, i) => [name, value.values[i] as RowValue])
      : Object.entries(value as { [key: string]: RowValue });
  const members = entries.map(([name, member]) => ({
    name,
    type: inferType(member, { ...place, column: `${place.column}.${name}` }),
  }));
  return members.length === 0 ? unknownType : { kind: 'struct', members };
}

/**
 * The type that holds the values of both; `a` itself when that is it already.
 *
 * @throws tables.mixed-types when there is none without changing values.
 */
export function mergeTypes(a: SqlType, b: SqlType, place: Place): SqlType {
  if (isUnknown(b)) return a;
  if (isUnknown(a)) return b;
  if (a.kind === 'scalar' && b.kind === 'scalar') {
    if (a.name === b.name) return a;
    const [low, high] = [numbers.indexOf(a.name), numbers.indexOf(b.name)];
    if (low >= 0 && high >= 0) return low > high ? a : b;
  } else if (a.kind === 'list' && b.kind === 'list') {
    const element = mergeTypes(a.element, b.element, place);
    return element === a.element ? a : { kind: 'list', element };
  } else if (a.kind === 'map' && b.kind === 'map') {
    const key = mergeTypes(a.key, b.key, place);
    const value = mergeTypes(a.value, b.value, place);
    return key === a.key && value === a.value ? a : { kind: 'map', key, value };
  } else if (a.kind === 'struct' && b.kind === 'struct') {
    return mergeStructs(a, b, place);
  } else if (a.kind === 'decimal' && b.kind === 'decimal') {
    const scale = Math.max(a.scale, b.scale);
    const width = Math.max(a.width - a.scale, b.width - b.scale) + scale;
    if (width <= 38) return width === a.width && scale === a.scale ? a : { kind: 'decimal', width, scale };
  }
  throw mixed(place, describe(a), describe(b));
}

/** BIGINT and DOUBLE meet in DOUBLE: JavaScript's own numbers, where 1 and 1.0 are the same. */
const numbers: readonly string[] = ['BIGINT', 'HUGEINT', 'DOUBLE'];

type Struct = Extract<SqlType, { kind: 'struct' }>;

function mergeStructs(a: Struct, b: Struct, place: Place): SqlType {
  const left = new Map(b.members.map((m) => [m.name, m.type]));
  let same = true;
  const members = a.members.map((member) => {
    const other = left.get(member.name);
    left.delete(member.name);
    if (other === undefined) return member;
    const type = mergeTypes(member.type, other, { ...place, column: `${place.column}.${member.name}` });
    if (type === member.type) return member;
    same = false;
    return { name: member.name, type };
  });
  if (same && left.size === 0) return a;
  for (const [name, type] of left) members.push({ name, type });
  return { kind: 'struct', members };
}

/** `type` with every part that never had a value made VARCHAR. */
export function settleType(type: SqlType): SqlType {
  switch (type.kind) {
    case 'scalar':
      return isUnknown(type) ? scalarType('VARCHAR') : type;
    case 'list':
      return { kind: 'list', element: settleType(type.element) };
    case 'map':
      return { kind: 'map', key: settleType(type.key), value: settleType(type.value) };
    case 'struct':
      return {
        kind: 'struct',
        members: type.members.map((m) => ({ name: m.name, type: settleType(m.type) })),
      };
    default:
      return type;
  }
}

/** `value` as a SQL value of `type`, which was merged from it. @throws tables.mixed-types when digits would be lost */
export function toSqlValue(value: RowValue, type: SqlType, place: Place): SqlValue | Date {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint' && type.kind === 'scalar' && type.name === 'DOUBLE') {
    if (BigInt(Number(value)) !== value)
      throw mixed(place, 'DOUBLE', `${value}, which a DOUBLE can't hold exactly`);
    return Number(value);
  }
  if (type.kind === 'list' && Array.isArray(value)) {
    return (value as readonly RowValue[]).map((item) => instantOf(toSqlValue(item, type.element, place)));
  }
  if (type.kind === 'map' && (value instanceof Map || value instanceof MapValue)) {
    const entries = value instanceof Map ? [...value] : value.entries;
    return new MapValue(
      entries.map(([k, v]) => [
        instantOf(toSqlValue(k as RowValue, type.key, place)),
        instantOf(toSqlValue(v as RowValue, type.value, place)),
      ]),
    );
  }
  if (type.kind === 'struct') {
    const read = (name: string): RowValue =>
      value instanceof StructValue ? value.get(name) : (value as { readonly [key: string]: RowValue })[name];
    return new StructValue(
      type.members.map((m) => m.name),
      type.members.map((m) => instantOf(toSqlValue(read(m.name), m.type, place))),
    );
  }
  if (type.kind === 'decimal' && value instanceof Decimal && value.scale !== type.scale) {
    return new Decimal(value.unscaled * 10n ** BigInt(type.scale - value.scale), type.width, type.scale);
  }
  // An empty object has no members to be a struct of.
  if (type.kind === 'scalar' && type.name === 'VARCHAR' && typeof value !== 'string') return null;
  return value as SqlValue | Date;
}

/** Inside nested values an instant is the value class, not a Date. */
function instantOf(value: SqlValue | Date): SqlValue {
  return value instanceof Date ? new Timestamp(BigInt(value.getTime()) * 1000n, 'us', true) : value;
}

function describe(type: SqlType): string {
  switch (type.kind) {
    case 'scalar':
      return type.name;
    case 'decimal':
      return `DECIMAL(${type.width},${type.scale})`;
    default:
      return `a ${type.kind}`;
  }
}

function mixed({ column, row }: Place, expected: string, found: string): Error {
  return tablesErrors['mixed-types']({ column, row, expected, found });
}
