/**
 * Partition values: text in the log, typed values here.
 *
 * Source: Delta protocol, "Partition Value Serialization".
 */
import { unreachable } from '../base/index.ts';
import { deltaErrors } from './errors.ts';
import { type DataType, printDataType } from './schema.ts';

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
      if (!/^[+-]?\d{4,}-\d{2}-\d{2}(?: \(BC\))?$/.test(text)) throw bad();
      return text;
    case 'timestamp':
    case 'timestamp_ntz':
      return parseTimestampMicros(text) ?? raise(bad());
    case 'binary':
      // As Spark and delta-kernel do: the bytes are the text's UTF-8.
      return new TextEncoder().encode(text);
    case 'void':
      return null;
    case 'variant':
      throw bad();
    default:
      return unreachable(type);
  }
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

function raise(error: Error): never {
  throw error;
}
