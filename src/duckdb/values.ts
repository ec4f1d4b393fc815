/**
 * The values of a result, without loss.
 *
 * BOOLEAN is a boolean; TINYINT to INTEGER, their unsigned kin up to UINTEGER, FLOAT and DOUBLE are
 * numbers; BIGINT, UBIGINT, HUGEINT, UHUGEINT and BIGNUM are bigints, always, so that a column has
 * one JavaScript type; VARCHAR, ENUM and UUID are strings; BLOB and GEOMETRY are bytes; BIT is a
 * `BitString`; LIST and ARRAY are JavaScript arrays; the rest are the classes below.
 */

import { formatSqlValue } from './format.ts';

/** A value of a result or a parameter. */
export type SqlValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Decimal
  | SqlDate
  | SqlTime
  | Timestamp
  | Interval
  | BitString
  | StructValue
  | MapValue
  | UnionValue
  | readonly SqlValue[];

/** A DECIMAL: `unscaled` × 10^-`scale`, exactly. */
export class Decimal {
  readonly unscaled: bigint;
  readonly width: number;
  readonly scale: number;

  constructor(unscaled: bigint, width: number, scale: number) {
    this.unscaled = unscaled;
    this.width = width;
    this.scale = scale;
  }

  /** The nearest double. */
  toNumber(): number {
    return Number(this.toString());
  }

  /** All digits, with exactly `scale` of them after the point. */
  toString(): string {
    const negative = this.unscaled < 0n;
    const digits = (negative ? -this.unscaled : this.unscaled).toString().padStart(this.scale + 1, '0');
    const whole = digits.slice(0, digits.length - this.scale);
    const text = this.scale === 0 ? whole : `${whole}.${digits.slice(digits.length - this.scale)}`;
    return negative ? `-${text}` : text;
  }

  /** A text in JSON, which keeps all digits. */
  toJSON(): string {
    return this.toString();
  }
}

/** A DATE: days since 1970-01-01. DuckDB's infinities are `infinityDays` and its negative. */
export class SqlDate {
  readonly days: number;

  constructor(days: number) {
    this.days = days;
  }

  /** `2026-01-31`, as DuckDB prints it. */
  toString(): string {
    return formatSqlValue(this);
  }

  /** The same in JSON. */
  toJSON(): string {
    return this.toString();
  }
}

/** The days of DuckDB's date `infinity`. */
export const infinityDays = 2147483647;

/** A TIME, TIME_NS or TIME WITH TIME ZONE: ticks of `unit` since midnight. */
export class SqlTime {
  readonly ticks: bigint;
  readonly unit: 'us' | 'ns';
  /** Seconds east of UTC, for TIME WITH TIME ZONE only. */
  readonly offsetSeconds: number | undefined;

  constructor(ticks: bigint, unit: 'us' | 'ns', offsetSeconds?: number) {
    this.ticks = ticks;
    this.unit = unit;
    this.offsetSeconds = offsetSeconds;
  }

  /** `12:05:09.123`, as DuckDB prints it. */
  toString(): string {
    return formatSqlValue(this);
  }

  /** The same in JSON. */
  toJSON(): string {
    return this.toString();
  }
}

/** The units a timestamp counts in. */
export type TimestampUnit = 's' | 'ms' | 'us' | 'ns';

/**
 * A TIMESTAMP of any unit, or TIMESTAMP WITH TIME ZONE: `ticks` of `unit` since 1970-01-01 00:00,
 * in UTC where `isInstant`, else on an unnamed wall clock.
 */
export class Timestamp {
  readonly ticks: bigint;
  readonly unit: TimestampUnit;
  readonly isInstant: boolean;

  constructor(ticks: bigint, unit: TimestampUnit = 'us', isInstant = false) {
    this.ticks = ticks;
    this.unit = unit;
    this.isInstant = isInstant;
  }

  /** Whether it is one of DuckDB's infinities. */
  get isInfinite(): boolean {
    return this.ticks === infinityTicks || this.ticks === -infinityTicks;
  }

  /** Microseconds since the epoch; nanoseconds are rounded down. */
  get micros(): bigint {
    if (this.unit === 'ns') return floorDiv(this.ticks, 1000n);
    return this.ticks * (this.unit === 's' ? 1_000_000n : this.unit === 'ms' ? 1000n : 1n);
  }

  /** The JavaScript date of it, read as UTC, without what is below a millisecond. */
  toDate(): Date {
    return new Date(Number(floorDiv(this.micros, 1000n)));
  }

  /** `2026-01-31 12:05:09.123`, and `+00` behind it where `isInstant`, as DuckDB prints it in UTC. */
  toString(): string {
    return formatSqlValue(this);
  }

  /** The same in JSON. */
  toJSON(): string {
    return this.toString();
  }
}

/** The ticks of DuckDB's timestamp `infinity`, in every unit. */
export const infinityTicks = 9223372036854775807n;

/** An INTERVAL: its three parts are independent, as in DuckDB. */
export class Interval {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;

  constructor(months: number, days: number, micros: bigint) {
    this.months = months;
    this.days = days;
    this.micros = micros;
  }

  /** `1 month 2 days 03:00:00`, as DuckDB prints it. */
  toString(): string {
    return formatSqlValue(this);
  }

  /** The same in JSON. */
  toJSON(): string {
    return this.toString();
  }
}

/** A BIT value as its characters 0 and 1. */
export class BitString {
  readonly bits: string;

  constructor(bits: string) {
    this.bits = bits;
  }

  /** The bits. */
  toString(): string {
    return this.bits;
  }

  /** The bits in JSON. */
  toJSON(): string {
    return this.bits;
  }
}

/** A STRUCT: member names in order and their values. All values of a column share `names`. */
export class StructValue {
  readonly names: readonly string[];
  readonly values: readonly SqlValue[];

  constructor(names: readonly string[], values: readonly SqlValue[]) {
    this.names = names;
    this.values = values;
  }

  /** The member called `name`; undefined when there is none. */
  get(name: string): SqlValue | undefined {
    const index = this.names.indexOf(name);
    return index < 0 ? undefined : this.values[index];
  }

  /** `{'a': 1}`, as DuckDB prints it. */
  toString(): string {
    return formatSqlValue(this);
  }

  /** An object in JSON. */
  toJSON(): unknown {
    return Object.fromEntries(this.names.map((name, i) => [name, jsonValue(this.values[i] ?? null)]));
  }
}

/** A MAP: its entries, in order. */
export class MapValue {
  readonly entries: readonly (readonly [SqlValue, SqlValue])[];

  constructor(entries: readonly (readonly [SqlValue, SqlValue])[]) {
    this.entries = entries;
  }

  /** `{a=1}`, as DuckDB prints it. */
  toString(): string {
    return formatSqlValue(this);
  }

  /** An object in JSON; its keys are texts there. */
  toJSON(): unknown {
    return Object.fromEntries(this.entries.map(([key, value]) => [formatSqlValue(key), jsonValue(value)]));
  }
}

/** A UNION: the member it is, and that member's value. */
export class UnionValue {
  readonly tag: string;
  readonly value: SqlValue;

  constructor(tag: string, value: SqlValue) {
    this.tag = tag;
    this.value = value;
  }

  /** The value, as DuckDB prints it. */
  toString(): string {
    return formatSqlValue(this);
  }

  /** The value in JSON. */
  toJSON(): unknown {
    return jsonValue(this.value);
  }
}

/** What JSON has no number for, because JavaScript would lose digits of it, is a text. */
function jsonValue(value: SqlValue): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  return Array.isArray(value) ? value.map((item: SqlValue) => jsonValue(item)) : value;
}

/** Whole division that rounds towards minus infinity, as clocks need before 1970. */
export function floorDiv(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}
