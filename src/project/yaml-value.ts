/** Values of YAML files in JavaScript: what PyYAML would give, so that templates print them as dbt does. */
import { type BinaryOperator, Dict, Float, HostObject, type Value } from '../jinja/index.ts';

/** A mapping whose keys are plain names. */
export type PlainDict = { [key: string]: unknown };

/**
 * A date or a date with a time, written without quotes: PyYAML makes `datetime.date` and
 * `datetime.datetime` of them. Prints as Python's `str()`, and in JSON as ISO 8601.
 */
export class YamlDate extends HostObject {
  override readonly typeName: 'date' | 'datetime';
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Time of day in microseconds; undefined for a date alone. */
  readonly timeMicros: number | undefined;
  /** Minutes east of UTC, where the text said so. */
  readonly offsetMinutes: number | undefined;

  constructor(
    year: number,
    month: number,
    day: number,
    timeMicros?: number | undefined,
    offsetMinutes?: number | undefined,
  ) {
    super();
    this.typeName = timeMicros === undefined ? 'date' : 'datetime';
    this.year = year;
    this.month = month;
    this.day = day;
    this.timeMicros = timeMicros;
    this.offsetMinutes = offsetMinutes;
  }

  /** ISO 8601 with `separator` between date and time; microseconds only when there are some, as Python prints. */
  isoFormat(separator: 'T' | ' ' = 'T'): string {
    const date = `${digits(this.year, 4)}-${digits(this.month, 2)}-${digits(this.day, 2)}`;
    if (this.timeMicros === undefined) return date;
    const seconds = Math.floor(this.timeMicros / 1e6);
    const micros = this.timeMicros % 1e6;
    const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
      .map((part) => digits(part, 2))
      .join(':');
    return `${date}${separator}${time}${micros === 0 ? '' : `.${digits(micros, 6)}`}${this.#offset()}`;
  }

  #offset(): string {
    if (this.offsetMinutes === undefined) return '';
    const minutes = Math.abs(this.offsetMinutes);
    return `${this.offsetMinutes < 0 ? '-' : '+'}${digits(Math.floor(minutes / 60), 2)}:${digits(minutes % 60, 2)}`;
  }

  override str(): string {
    return this.isoFormat(' ');
  }

  override getAttr(name: string): Value | undefined {
    const seconds = Math.floor((this.timeMicros ?? 0) / 1e6);
    switch (name) {
      case 'year':
        return this.year;
      case 'month':
        return this.month;
      case 'day':
        return this.day;
      case 'hour':
        return this.timeMicros === undefined ? undefined : Math.floor(seconds / 3600);
      case 'minute':
        return this.timeMicros === undefined ? undefined : Math.floor(seconds / 60) % 60;
      case 'second':
        return this.timeMicros === undefined ? undefined : seconds % 60;
      case 'microsecond':
        return this.timeMicros === undefined ? undefined : this.timeMicros % 1e6;
      default:
        return undefined;
    }
  }

  override equals(other: Value): boolean {
    return other instanceof YamlDate && other.isoFormat() === this.isoFormat();
  }

  override hashKey(): unknown {
    return `date:${this.isoFormat()}`;
  }

  override compare(other: Value): number | undefined {
    if (!(other instanceof YamlDate) || other.typeName !== this.typeName) return undefined;
    const [a, b] = [this.isoFormat(), other.isoFormat()];
    return a < b ? -1 : a > b ? 1 : 0;
  }

  override operator(_op: BinaryOperator, _other: Value, _reflected: boolean): Value | undefined {
    return undefined;
  }

  override toJs(): string {
    return this.isoFormat();
  }

  /** What JSON.stringify prints. */
  toJSON(): string {
    return this.isoFormat();
  }
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** Whether `value` is a mapping with plain names as keys. */
export function isPlainDict(value: unknown): value is PlainDict {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.getPrototypeOf(value) === Object.prototype;
}

/** `value` for people: `a list`, `the text 'x'`, `the number 3`. */
export function describeYaml(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'string') {
    const short = value.length > 40 ? `${value.slice(0, 37)}…` : value;
    return value === '' ? 'an empty text' : `the text '${short}'`;
  }
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`;
  if (value instanceof Float) return `the number ${value.value}.0`;
  if (value instanceof YamlDate) return `the date ${value.isoFormat(' ')}`;
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Dict || isPlainDict(value)) return 'a mapping';
  return 'something else';
}
