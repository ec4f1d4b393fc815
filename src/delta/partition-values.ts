/**
 * Partition values: text in the log, typed values here, and back.
 *
 * Source: Delta protocol, "Partition Value Serialization".
 */
import { unreachable } from '../base/index.ts';
import type { AddFile } from './actions.ts';
import { deltaErrors } from './errors.ts';
import { physicalName } from './features.ts';
import { type DataType, printDataType, type StructField } from './schema.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * A value of a partition column. byte, short, integer, float and double are numbers; long is a bigint;
 * decimal is its digits; date is `YYYY-MM-DD`; timestamps are microseconds since 1970, of UTC or of
 * the wall clock; binary is bytes.
 */
export type PartitionValue = null | boolean | number | bigint | string | Uint8Array;

/**
 * The value that the log's `text` stands for. An empty text is null, for every type.
 *
 * A timestamp without a zone is taken as UTC: the writer's own zone, which the protocol means, isn't
 * in the log.
 *
 * @throws delta.bad-partition-value
 */
export function parsePartitionValue(text: string | null, type: DataType): PartitionValue {
  if (text === null || text === '') return null;
  const bad = (): Error => deltaErrors['bad-partition-value']({ value: text, type: printDataType(type) });
  switch (type.kind) {
    case 'decimal':
      if (!/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) throw bad();
      return text;
    case 'primitive':
      break;
    case 'array':
    case 'map':
    case 'struct':
    case 'unknown':
      throw bad();
    default:
      return unreachable(type);
  }
  switch (type.name) {
    case 'string':
      return text;
    case 'boolean':
      if (/^true$/i.test(text)) return true;
      if (/^false$/i.test(text)) return false;
      throw bad();
    case 'byte':
    case 'short':
    case 'integer':
      if (!/^[+-]?\d+$/.test(text)) throw bad();
      return Number(text);
    case 'long':
      if (!/^[+-]?\d+$/.test(text)) throw bad();
      return BigInt(text.replace(/^\+/, ''));
    case 'float':
    case 'double': {
      const value = /^[+-]?(inf|infinity)$/i.test(text)
        ? Number(`${text[0] === '-' ? '-' : ''}Infinity`)
        : Number(text);
      if (Number.isNaN(value) && !/^nan$/i.test(text)) throw bad();
      return value;
    }
    case 'date':
      if (!/^[+-]?\d{4,}-\d{2}-\d{2}$/.test(text)) throw bad();
      return text;
    case 'timestamp':
    case 'timestamp_ntz':
      return parseTimestampMicros(text) ?? raise(bad());
    case 'binary':
      // One character a byte: the escapes of the JSON around it are gone already.
      return Uint8Array.from(text, (c) => c.charCodeAt(0));
    case 'void':
      return null;
    case 'variant':
      throw bad();
    default:
      return unreachable(type);
  }
}

/** `value` as the log writes it; null for null and for an empty text, which the log can't tell apart. */
export function printPartitionValue(value: PartitionValue, type: DataType): string | null {
  if (value === null || value === '') return null;
  if (value instanceof Uint8Array) return Array.from(value, (byte) => String.fromCharCode(byte)).join('');
  if (type.kind === 'primitive' && typeof value === 'bigint') {
    if (type.name === 'timestamp') return `${printTimestampMicros(value, 'T')}Z`;
    if (type.name === 'timestamp_ntz') return printTimestampMicros(value, ' ');
  }
  return String(value);
}

/** A file's partition values by the columns' names in the schema, typed. @throws delta.bad-partition-value */
export function partitionOf(snapshot: Snapshot, file: AddFile): Map<string, PartitionValue> {
  return new Map(
    partitionFields(snapshot).map((field) => [
      field.name,
      parsePartitionValue(
        file.partitionValues.get(physicalName(field, snapshot.metadata)) ?? null,
        field.type,
      ),
    ]),
  );
}

/** The fields of the partition columns, in the table's order of partitioning. @throws delta.bad-schema */
export function partitionFields(snapshot: Pick<Snapshot, 'schema' | 'metadata'>): readonly StructField[] {
  return snapshot.metadata.partitionColumns.map((name) => {
    const found = snapshot.schema.fields.find((field) => field.name === name);
    if (!found)
      throw deltaErrors['bad-schema']({ problem: `there is no column for the partition column '${name}'` });
    return found;
  });
}

/**
 * The live files whose partition `matches`. Files are skipped without being opened.
 *
 * @param matches gets the typed values by the columns' names.
 */
export function filesMatching(
  snapshot: Snapshot,
  matches: (partition: ReadonlyMap<string, PartitionValue>) => boolean,
): AddFile[] {
  return [...snapshot.files.values()].filter((file) => matches(partitionOf(snapshot, file)));
}

/** Microseconds since 1970 of `1970-01-01 00:00:00.123456` or ISO 8601; undefined when it is neither. */
export function parseTimestampMicros(text: string): bigint | undefined {
  const match =
    /^([+-]?\d{4,})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/.exec(
      text,
    );
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  if (Number.isNaN(date.getTime())) return undefined;
  const zoneMatch = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  const minutes = zoneMatch
    ? (zoneMatch[1] === '-' ? -1 : 1) * (Number(zoneMatch[2]) * 60 + Number(zoneMatch[3] ?? 0))
    : 0;
  const micros = BigInt(fraction.padEnd(6, '0').slice(0, 6));
  return BigInt(date.getTime() - minutes * 60_000) * 1000n + micros;
}

function printTimestampMicros(micros: bigint, separator: ' ' | 'T'): string {
  const inSecond = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const iso = new Date(Number((micros - inSecond) / 1000n)).toISOString();
  return `${iso.slice(0, -'.000Z'.length).replace('T', separator)}.${String(inSecond).padStart(6, '0')}`;
}

function raise(error: Error): never {
  throw error;
}
