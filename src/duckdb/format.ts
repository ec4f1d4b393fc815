/** Values as text, spelled as the DuckDB command line and its casts to VARCHAR spell them. */
import { unreachable } from '../base/index.ts';
import type { SqlType } from './sql-type.ts';
import {
  BitString,
  Decimal,
  floorDiv,
  Interval,
  infinityDays,
  infinityTicks,
  MapValue,
  SqlDate,
  SqlTime,
  type SqlValue,
  StructValue,
  Timestamp,
  UnionValue,
} from './values.ts';

/** How values are printed. */
export interface FormatOptions {
  /** The zone that TIMESTAMP WITH TIME ZONE is shown in, an IANA name. UTC unless given. */
  readonly timeZone?: string;
}

/**
 * `value` as DuckDB prints it; NULL is `NULL`.
 *
 * @param type the column's type: tells `1` (INTEGER) from `1.0` (DOUBLE), and a FLOAT's digits. Without
 * it a whole number is printed as an integer.
 */
export function formatSqlValue(value: SqlValue, type?: SqlType, options: FormatOptions = {}): string {
  return format(value, type, options.timeZone ?? 'UTC');
}

function format(value: SqlValue, type: SqlType | undefined, zone: string): string {
  if (value === null) return 'NULL';
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      return formatNumber(value, type);
    default:
  }
  if (value instanceof Uint8Array) return formatBlob(value);
  if (value instanceof Decimal) return value.toString();
  if (value instanceof SqlDate) return formatDate(value.days);
  if (value instanceof SqlTime) return formatTime(value);
  if (value instanceof Timestamp) return formatTimestamp(value, zone);
  if (value instanceof Interval) return formatInterval(value);
  if (value instanceof BitString) return value.bits;
  if (value instanceof StructValue) {
    const types = type?.kind === 'struct' ? type.members.map((m) => m.type) : [];
    const nameless = value.names.length > 0 && value.names.every((name) => name === '');
    const parts = value.values.map((member, i) => {
      const text = nested(member, types[i], zone);
      return nameless ? text : `${quoted(value.names[i] ?? '')}: ${text}`;
    });
    return nameless ? `(${parts.join(', ')})` : `{${parts.join(', ')}}`;
  }
  if (value instanceof MapValue) {
    const map = type?.kind === 'map' ? type : undefined;
    const entries = value.entries.map(
      ([k, v]) => `${nested(k, map?.key, zone)}=${nested(v, map?.value, zone)}`,
    );
    return `{${entries.join(', ')}}`;
  }
  if (value instanceof UnionValue) {
    const member = type?.kind === 'union' ? type.members.find((m) => m.name === value.tag)?.type : undefined;
    return format(value.value, member, zone);
  }
  const element = type?.kind === 'list' || type?.kind === 'array' ? type.element : undefined;
  return `[${value.map((item) => nested(item, element, zone)).join(', ')}]`;
}

/** A value inside another: text that would be misread there is quoted. */
function nested(value: SqlValue, type: SqlType | undefined, zone: string): string {
  const text = format(value, type, zone);
  if (value === null || isNested(value)) return text;
  return needsQuotes.test(text) || text === '' || /^null$/i.test(text) ? quoted(text) : text;
}

function isNested(value: SqlValue): boolean {
  return Array.isArray(value) || value instanceof StructValue || value instanceof MapValue;
}

const needsQuotes = /['",:=()[\]{}]|^\s|\s$/;

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** A double as DuckDB prints it: shortest digits that read back, a point always, an exponent from 1e16. */
function formatNumber(value: number, type: SqlType | undefined): string {
  const name = type?.kind === 'scalar' ? type.name : undefined;
  const isFloating = name === 'DOUBLE' || name === 'FLOAT';
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (!isFloating && Number.isInteger(value) && Math.abs(value) < 1e16)
    return Object.is(value, -0) ? '-0' : String(value);
  const [digits = '0', exponentText = '0'] = (
    name === 'FLOAT' ? shortestFloat(value) : value.toExponential()
  ).split('e');
  const exponent = Number(exponentText);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const figures = digits.replace(/[-.]/g, '');
  if (exponent < -4 || exponent >= 16) {
    const fraction = figures.length > 1 ? `.${figures.slice(1)}` : '';
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${figures[0]}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${figures}`;
  const whole = figures.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${figures.slice(exponent + 1) || '0'}`;
}

function shortestFloat(value: number): string {
  for (let digits = 0; digits < 9; digits += 1) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text.replace(/\.?0+e/, 'e');
  }
  return value.toExponential();
}

function formatBlob(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const isPlain = byte >= 32 && byte <= 126 && byte !== 92 && byte !== 34 && byte !== 39;
    text += isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

/** Days since 1970-01-01 as `YYYY-MM-DD`, `… (BC)` before year 1, or `infinity`. */
export function formatDate(days: number): string {
  if (days === infinityDays) return 'infinity';
  if (days === -infinityDays) return '-infinity';
  const { year, month, day } = civilFromDays(days);
  const shown = year > 0 ? year : 1 - year;
  return `${String(shown).padStart(4, '0')}-${two(month)}-${two(day)}${year > 0 ? '' : ' (BC)'}`;
}

/** The proleptic Gregorian date of a day number. Pure, for any range a double holds exactly. */
export function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const ofEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function formatTime(time: SqlTime): string {
  const text = clock(time.unit === 'us' ? time.ticks * 1000n : time.ticks);
  return time.offsetSeconds === undefined ? text : text + offset(time.offsetSeconds);
}

/** Nanoseconds as `HH:MM:SS[.fraction]`, trailing zeros of the fraction left out. */
function clock(nanos: bigint): string {
  const seconds = nanos / 1_000_000_000n;
  const fraction = (nanos % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  const text = `${two(Number(seconds / 3600n))}:${two(Number((seconds / 60n) % 60n))}:${two(Number(seconds % 60n))}`;
  return fraction === '' ? text : `${text}.${fraction}`;
}

function offset(seconds: number): string {
  const size = Math.abs(seconds);
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  while (parts.length > 1 && parts.at(-1) === 0) parts.pop();
  return (seconds < 0 ? '-' : '+') + parts.map(two).join(':');
}

function formatTimestamp(value: Timestamp, zone: string): string {
  if (value.ticks === infinityTicks) return 'infinity';
  if (value.ticks === -infinityTicks) return '-infinity';
  const perSecond = unitPerSecond(value.unit);
  let ticks = value.ticks;
  let suffix = '';
  if (value.isInstant) {
    const seconds = zoneOffsetSeconds(zone, Number(floorDiv(ticks, perSecond)));
    ticks += BigInt(seconds) * perSecond;
    suffix = offset(seconds);
  }
  const perDay = perSecond * 86_400n;
  const days = floorDiv(ticks, perDay);
  const date = formatDate(Number(days));
  const time = clock((ticks - days * perDay) * (1_000_000_000n / perSecond));
  const [plain = date, era] = date.split(/(?= \(BC\))/);
  return `${plain}${era ?? ''} ${time}${suffix}`;
}

function unitPerSecond(unit: Timestamp['unit']): bigint {
  switch (unit) {
    case 's':
      return 1n;
    case 'ms':
      return 1000n;
    case 'us':
      return 1_000_000n;
    case 'ns':
      return 1_000_000_000n;
    default:
      return unreachable(unit);
  }
}

/** How far `zone` is east of UTC at a moment, in seconds. */
function zoneOffsetSeconds(zone: string, epochSeconds: number): number {
  if (zone === 'UTC' || zone === 'Etc/UTC' || Math.abs(epochSeconds) > 8.64e12) return 0;
  let formatter = zoneFormats.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    zoneFormats.set(zone, formatter);
  }
  const name =
    formatter.formatToParts(epochSeconds * 1000).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const match = /^GMT([+-])(\d+):(\d+)(?::(\d+))?$/.exec(name);
  if (!match) return 0;
  const size = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return match[1] === '-' ? -size : size;
}

const zoneFormats = new Map<string, Intl.DateTimeFormat>();

function formatInterval({ months, days, micros }: Interval): string {
  const parts: string[] = [];
  const add = (count: number, unit: string): void => {
    if (count !== 0) parts.push(`${count} ${unit}${count === 1 || count === -1 ? '' : 's'}`);
  };
  add(Math.trunc(months / 12), 'year');
  add(months % 12, 'month');
  add(days, 'day');
  if (micros !== 0n || parts.length === 0) {
    parts.push(micros < 0n ? `-${clock(-micros * 1000n)}` : clock(micros * 1000n));
  }
  return parts.join(' ');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
