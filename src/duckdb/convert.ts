/**
 * The engine's values as ours, and ours as the engine's.
 *
 * A column's converter is chosen once from its type; most scalars need none, so a chunk is read by
 * going down each vector rather than across rows.
 */
import type {
  DuckDBDataChunk,
  DuckDBListVector,
  DuckDBStructVector,
  DuckDBValue,
  DuckDBVector,
} from '@duckdb/node-api';
import { assert, unreachable } from '../base/index.ts';
import { duckdbErrors } from './errors.ts';
import type { Native } from './native.ts';
import type { SqlType } from './sql-type.ts';
import {
  BitString,
  Decimal,
  Interval,
  MapValue,
  SqlDate,
  SqlTime,
  type SqlValue,
  StructValue,
  Timestamp,
  type TimestampUnit,
  UnionValue,
} from './values.ts';

/** Turns one engine value of a column into ours. */
type ValueReader = (value: DuckDBValue) => SqlValue;

/** Turns one column of a chunk into something that reads it row by row. */
export type ColumnReader = (vector: DuckDBVector) => (row: number) => SqlValue;

/** The values of `chunk`, column by column. */
export function readColumns(chunk: DuckDBDataChunk, readers: readonly ColumnReader[]): SqlValue[][] {
  const count = chunk.rowCount;
  return readers.map((reader, index) => {
    const read = reader(chunk.getColumnVector(index));
    const values = new Array<SqlValue>(count);
    for (let row = 0; row < count; row += 1) values[row] = read(row);
    return values;
  });
}

/** The values of `chunk`, row by row. */
export function readRows(chunk: DuckDBDataChunk, readers: readonly ColumnReader[]): SqlValue[][] {
  const columns = readColumns(chunk, readers);
  const rows = new Array<SqlValue[]>(chunk.rowCount);
  for (let row = 0; row < rows.length; row += 1) {
    const values = new Array<SqlValue>(columns.length);
    for (let column = 0; column < columns.length; column += 1) {
      values[column] = (columns[column] as SqlValue[])[row] as SqlValue;
    }
    rows[row] = values;
  }
  return rows;
}

/**
 * The reader for a column of `type`. Structs without names (`row(1, 2)`) are read from their parts'
 * vectors: the engine's own struct values are keyed by name and would keep only the last part.
 *
 * @throws duckdb.unsupported-value when such a struct is inside a map, a union or a fixed-size array.
 */
export function columnReader(type: SqlType): ColumnReader {
  if (!hasNameless(type)) {
    const read = valueReader(type);
    return (vector) => (row) => read(vector.getItem(row));
  }
  if (type.kind === 'struct') {
    const names = type.members.map((m) => m.name);
    const parts = type.members.map((m) => columnReader(m.type));
    return (vector) => {
      const struct = vector as DuckDBStructVector;
      const readers = parts.map((part, i) => part(struct.entryVectorAt(i)));
      const read = (row: number): SqlValue =>
        new StructValue(
          names,
          readers.map((reader) => reader(row)),
        );
      return (row) => (struct.isItemValid(row) ? read(row) : null);
    };
  }
  if (type.kind === 'list') {
    const element = columnReader(type.element);
    return (vector) => (row) => {
      const items = (vector as DuckDBListVector).getItemVector(row);
      return items === null ? null : Array.from({ length: items.itemCount }, (_, i) => element(items)(i));
    };
  }
  throw duckdbErrors['unsupported-value']({ what: 'a struct without names inside a map, union or array' });
}

function hasNameless(type: SqlType): boolean {
  switch (type.kind) {
    case 'struct':
      return (
        new Set(type.members.map((m) => m.name)).size < type.members.length ||
        type.members.some((m) => hasNameless(m.type))
      );
    case 'list':
    case 'array':
      return hasNameless(type.element);
    case 'map':
      return hasNameless(type.key) || hasNameless(type.value);
    case 'union':
      return type.members.some((m) => hasNameless(m.type));
    case 'scalar':
    case 'decimal':
    case 'enum':
      return false;
    default:
      return unreachable(type);
  }
}

/** The reader for values of `type` as the engine hands them out. */
function valueReader(type: SqlType): ValueReader {
  switch (type.kind) {
    case 'scalar':
      return scalarReaders[type.name] ?? same;
    case 'decimal':
      return orNull<{ value: bigint; width: number; scale: number }>(
        (v) => new Decimal(v.value, v.width, v.scale),
      );
    case 'enum':
      return same;
    case 'list':
    case 'array': {
      const read = valueReader(type.element);
      return orNull<{ items: readonly DuckDBValue[] }>((v) => v.items.map(read));
    }
    case 'struct': {
      const names = type.members.map((m) => m.name);
      const readers = type.members.map((m) => valueReader(m.type));
      return orNull<{ entries: Readonly<Record<string, DuckDBValue>> }>(
        (v) =>
          new StructValue(
            names,
            readers.map((read, i) => read(v.entries[names[i] as string] ?? null)),
          ),
      );
    }
    case 'map': {
      const key = valueReader(type.key);
      const value = valueReader(type.value);
      return orNull<{ entries: readonly { key: DuckDBValue; value: DuckDBValue }[] }>(
        (v) => new MapValue(v.entries.map((e) => [key(e.key), value(e.value)] as const)),
      );
    }
    case 'union': {
      const readers = new Map(type.members.map((m) => [m.name, valueReader(m.type)]));
      return orNull<{ tag: string; value: DuckDBValue }>(
        (v) => new UnionValue(v.tag, (readers.get(v.tag) ?? same)(v.value)),
      );
    }
    default:
      return unreachable(type);
  }
}

const same: ValueReader = (value) => value as SqlValue;

function orNull<E>(read: (value: E) => SqlValue): ValueReader {
  return (value) => (value === null ? null : read(value as unknown as E));
}

const bytes: ValueReader = orNull<{ bytes: Uint8Array }>(({ bytes: { buffer, byteOffset, length } }) =>
  // The binding gives a copy already; small ones share a pool's memory, which shouldn't be kept for them.
  buffer.byteLength === length ? new Uint8Array(buffer) : new Uint8Array(buffer, byteOffset, length).slice(),
);
const timestamps = (unit: TimestampUnit, field: string, isInstant: boolean): ValueReader =>
  orNull<Record<string, bigint>>((v) => new Timestamp(v[field] as bigint, unit, isInstant));

const scalarReaders: Readonly<Record<string, ValueReader>> = {
  BLOB: bytes,
  GEOMETRY: bytes,
  UUID: orNull<object>(String),
  BIT: orNull<object>((v) => new BitString(String(v))),
  DATE: orNull<{ days: number }>((v) => new SqlDate(v.days)),
  TIME: orNull<{ micros: bigint }>((v) => new SqlTime(v.micros, 'us')),
  TIME_NS: orNull<{ nanos: bigint }>((v) => new SqlTime(v.nanos, 'ns')),
  'TIME WITH TIME ZONE': orNull<{ micros: bigint; offset: number }>(
    (v) => new SqlTime(v.micros, 'us', v.offset),
  ),
  TIMESTAMP: timestamps('us', 'micros', false),
  TIMESTAMP_S: timestamps('s', 'seconds', false),
  TIMESTAMP_MS: timestamps('ms', 'millis', false),
  TIMESTAMP_NS: timestamps('ns', 'nanos', false),
  'TIMESTAMP WITH TIME ZONE': timestamps('us', 'micros', true),
  INTERVAL: orNull<{ months: number; days: number; micros: bigint }>(
    (v) => new Interval(v.months, v.days, v.micros),
  ),
  // A VARIANT's own shape differs from row to row; its text is what the engine itself casts it to.
  VARIANT: orNull<object>(String),
};

/**
 * `value` as the engine takes it, for a parameter or an appended row.
 *
 * @param type what the value is meant to become; decides between look-alikes where it is known.
 * @throws duckdb.unsupported-value
 */
export function toEngineValue(native: typeof Native, value: SqlValue | Date, type?: SqlType): DuckDBValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    if (typeof value === 'string' && type?.kind === 'scalar' && type.name === 'UUID')
      return toUuid(native, value);
    return value;
  }
  if (typeof value === 'number') return toNumberFor(value, type);
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint8Array) return new native.DuckDBBlobValue(value);
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw duckdbErrors['unsupported-value']({ what: 'an invalid Date' });
    return new native.DuckDBTimestampTZValue(BigInt(value.getTime()) * 1000n);
  }
  if (Array.isArray(value)) {
    const element = type?.kind === 'list' || type?.kind === 'array' ? type.element : undefined;
    const items = (value as readonly SqlValue[]).map((item) => toEngineValue(native, item, element));
    return type?.kind === 'array' ? native.arrayValue(items) : native.listValue(items);
  }
  return objectToEngine(native, value as Exclude<SqlValue, readonly SqlValue[]> & object, type);
}

function objectToEngine(native: typeof Native, value: object, type: SqlType | undefined): DuckDBValue {
  if (value instanceof Decimal)
    return new native.DuckDBDecimalValue(value.unscaled, value.width, value.scale);
  if (value instanceof SqlDate) return new native.DuckDBDateValue(value.days);
  if (value instanceof Timestamp) return timestampToEngine(native, value);
  if (value instanceof SqlTime) {
    if (value.offsetSeconds !== undefined) return native.timeTZValue(value.ticks, value.offsetSeconds);
    return value.unit === 'us' ? new native.DuckDBTimeValue(value.ticks) : native.timeNSValue(value.ticks);
  }
  if (value instanceof Interval)
    return new native.DuckDBIntervalValue(value.months, value.days, value.micros);
  if (value instanceof BitString) return native.bitValue(value.bits);
  if (value instanceof StructValue) {
    if (new Set(value.names).size < value.names.length) {
      throw duckdbErrors['unsupported-value']({ what: 'a struct without names' });
    }
    const types = type?.kind === 'struct' ? new Map(type.members.map((m) => [m.name, m.type])) : undefined;
    return native.structValue(
      Object.fromEntries(
        value.names.map((name, i) => [
          name,
          toEngineValue(native, value.values[i] ?? null, types?.get(name)),
        ]),
      ),
    );
  }
  if (value instanceof MapValue) {
    const map = type?.kind === 'map' ? type : undefined;
    return native.mapValue(
      value.entries.map(([k, v]) => ({
        key: toEngineValue(native, k, map?.key),
        value: toEngineValue(native, v, map?.value),
      })),
    );
  }
  if (value instanceof UnionValue) {
    const member = type?.kind === 'union' ? type.members.find((m) => m.name === value.tag)?.type : undefined;
    return native.unionValue(value.tag, toEngineValue(native, value.value, member));
  }
  throw duckdbErrors['unsupported-value']({
    what: `a ${value.constructor?.name ?? 'value without a class'}`,
  });
}

function timestampToEngine(native: typeof Native, value: Timestamp): DuckDBValue {
  if (value.isInstant) return new native.DuckDBTimestampTZValue(value.micros);
  switch (value.unit) {
    case 's':
      return new native.DuckDBTimestampSecondsValue(value.ticks);
    case 'ms':
      return new native.DuckDBTimestampMillisecondsValue(value.ticks);
    case 'us':
      return new native.DuckDBTimestampValue(value.ticks);
    case 'ns':
      return new native.DuckDBTimestampNanosecondsValue(value.ticks);
    default:
      return unreachable(value.unit);
  }
}

function toNumberFor(value: number, type: SqlType | undefined): DuckDBValue {
  if (type?.kind === 'scalar' && bigTypes.has(type.name)) {
    if (!Number.isInteger(value)) {
      throw duckdbErrors['unsupported-value']({
        what: `${value}, which is no whole number, for a ${type.name},`,
      });
    }
    return BigInt(value);
  }
  return value;
}

function toUuid(native: typeof Native, text: string): DuckDBValue {
  const hex = text.replaceAll('-', '');
  if (!/^[0-9a-fA-F]{32}$/.test(hex))
    throw duckdbErrors['unsupported-value']({ what: `'${text}', no UUID,` });
  return native.uuidValue(BigInt(`0x${hex}`));
}

const bigTypes: ReadonlySet<string> = new Set(['BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'BIGNUM']);

/** A reader for each of `types`. */
export function columnReaders(types: readonly SqlType[]): ColumnReader[] {
  assert(types.length > 0, 'a result has at least one column');
  return types.map(columnReader);
}
