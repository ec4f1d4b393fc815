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
      return Number(parseWhole(text, integerBits[type.name]) ?? raise(bad()));
    case 'long':
      return parseWhole(text, 64) ?? raise(bad());
    case 'float':
    case 'double': {
      const value = /^[+-]?(inf|infinity)$/i.test(text)
        ? Number(`${text[0] === '-' ? '-' : ''}Infinity`)
        : Number(text);
      if (Number.isNaN(value) && !/^nan$/i.test(text)) throw bad();
      return value;
    }
    case 'date':
      if (!isDate(text)) throw bad();
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

const integerBits = { byte: 8, short: 16, integer: 32 } as const;

/** The whole number in `text` that fits `bits`, sign included; undefined when there is none. */
function parseWhole(text: string, bits: number): bigint | undefined {
  // The longest has 19 digits, and zeros before them mean nothing.
  if (!/^[+-]?0*\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(bits, value) === value ? value : undefined;
}

/** Whether `text` is a day of the calendar that the engine knows, too. */
function isDate(text: string): boolean {
  const match = /^([+-]?\d{4,7})-(\d{2})-(\d{2})( \(BC\))?$/.exec(text);
  if (!match) return false;
  const [year, month, day] = match.slice(1, 4).map(Number) as [number, number, number];
  const isLeap = (of: number): boolean => of % 4 === 0 && (of % 100 !== 0 || of % 400 === 0);
  // The year before 1 is the first before Christ, and 0 for the calendar.
  const february = isLeap(match[4] === undefined ? year : 1 - year) ? 29 : 28;
  const days = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days && Math.abs(year) <= yearMax;
}

/** The last whole year of the engine's dates; those before Christ end a little earlier. */
const yearMax = 5_877_640;

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
