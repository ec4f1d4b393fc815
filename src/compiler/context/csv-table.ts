/**
 * A CSV file's rows as dbt's agate table has them: the type of each column is the first that every cell fits.
 *
 * In dbt's order: number, date (`2025-01-31`), timestamp (`2025-01-31 10:00:00`), timestamp of ISO 8601, `true` and
 * `false`, text. Empty cells and `null` fit everything. Numbers may have `%`, a currency's sign and commas, which
 * only those see who load the rows as values: DuckDB's own reading of the file knows nothing of them.
 */
import type { Value } from '../../jinja/index.ts';
import type { AgateType } from './agate-sequence.ts';
import { AgateTable } from './agate-table.ts';
import { PyDate, PyDateTime, type PyTime } from './date-time.ts';
import { parseIsoTime } from './date-time-methods.ts';
import { Decimal } from './decimal.ts';

/** A type that a column of a CSV file may have. */
export type CsvType = Exclude<AgateType, 'Integer'>;

interface Reader {
  readonly type: CsvType;
  /** The cell's value; undefined when it doesn't fit. */
  read(cell: string): Value | undefined;
}

/** The first of dbt's types that every cell fits. Pure. */
export function csvTypeOf(cells: Iterable<string>): CsvType {
  return readerOf(cells).type;
}

/**
 * The database's type for cells of `type`, as dbt-duckdb has it. Pure.
 *
 * A number is a whole one unless a cell has decimal places that count: `5.0` has none.
 */
export function csvColumnType(type: CsvType, cells: Iterable<string>): string {
  if (type !== 'Number') return columnTypes[type];
  return numberColumnType(valuesOf(cells));
}

/** DuckDB's type for a column of such numbers: by their decimal places. Pure. */
export function numberColumnType(values: Iterable<Value>): string {
  let whole = 1;
  let places = 0;
  for (const value of values) {
    if (!(value instanceof Decimal) || value.special !== undefined) continue;
    const { digits, exponent } = rounded(value);
    whole = Math.max(whole, digits + exponent);
    places = Math.max(places, -exponent);
  }
  if (whole + places > precision) places = precision - whole;
  return places === 0 ? 'integer' : 'float8';
}

/**
 * The table of a file's rows, every row as long as `names`.
 *
 * @param textColumns columns whose type is given: their cells are texts.
 */
export function csvTable(
  names: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  textColumns: ReadonlySet<string>,
): AgateTable {
  const readers = names.map((name, index) =>
    textColumns.has(name) ? text : readerOf(rows.map((row) => row[index] ?? '')),
  );
  const values = rows.map((row) =>
    readers.map((reader, index) => {
      const cell = row[index];
      return cell === null || cell === undefined ? null : (reader.read(cell) ?? null);
    }),
  );
  const types = readers.map(({ type }) => type);
  return new AgateTable(names, types, values, () => undefined);
}

const columnTypes: Readonly<Record<Exclude<CsvType, 'Number'>, string>> = {
  Boolean: 'boolean',
  Date: 'date',
  DateTime: 'timestamp without time zone',
  Text: 'text',
};

const text: Reader = { type: 'Text', read: (cell) => (isNull(cell) ? null : cell) };

const number: Reader = { type: 'Number', read: readNumber };

const readers: readonly Reader[] = [
  number,
  { type: 'Date', read: (cell) => (isNull(cell) ? null : readDate(cell.trim())) },
  { type: 'DateTime', read: (cell) => (isNull(cell) ? null : readSpaced(cell.trim())) },
  { type: 'DateTime', read: (cell) => (isNull(cell) ? null : readIso(cell.trim())) },
  { type: 'Boolean', read: readBoolean },
  text,
];

/** What a short whole number fits, nothing else having been seen. */
const plainReaders: readonly Reader[] = [number, text];
const plainWhole = /^-?\d{1,15}$/;

function readerOf(cells: Iterable<string>): Reader {
  let open = readers;
  for (const cell of cells) {
    // Most files' cells are like those before them.
    if (open[0] === number && plainWhole.test(cell)) {
      if (open.length > plainReaders.length) open = plainReaders;
      continue;
    }
    open = open.filter((reader) => reader.read(cell) !== undefined);
    if (open.length === 1) break;
  }
  return open[0] ?? text;
}

function* valuesOf(cells: Iterable<string>): Iterable<Value> {
  // Short whole numbers have no decimal places.
  for (const cell of cells) if (!plainWhole.test(cell)) yield readNumber(cell) ?? null;
}

const isNull = (cell: string): boolean => /^(?:null)?$/i.test(cell.trim());

const currencies = [
  '؋',
  '$',
  'ƒ',
  '៛',
  '¥',
  '₡',
  '₱',
  '£',
  '€',
  '¢',
  '﷼',
  '₪',
  '₩',
  '₭',
  '₮',
  '₦',
  '฿',
  '₤',
  '₫',
];

function readNumber(cell: string): Value | undefined {
  if (isNull(cell)) return null;
  let digits = stripped(cell.trim(), '%');
  const isNegative = digits.startsWith('-');
  if (isNegative) digits = digits.slice(1);
  for (const sign of currencies) digits = stripped(digits, sign);
  digits = asciiDigits(digits.replaceAll(',', '').trim().replaceAll('_', ''));
  if (!/^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,6})?|inf(?:inity)?|nan\d*)$/i.test(digits))
    return undefined;
  const value = Decimal.parse(digits.replace(/nan\d*$/i, 'nan'));
  if (!isNegative) return value;
  if (value.special === undefined) return new Decimal(-value.coefficient, value.exponent);
  const opposite = { NaN: 'NaN', Infinity: '-Infinity', '-Infinity': 'Infinity' } as const;
  return new Decimal(0n, 0, opposite[value.special]);
}

/** Python's `str.strip(char)`. */
function stripped(cell: string, char: string): string {
  let [start, end] = [0, cell.length];
  while (start < end && cell[start] === char) start += 1;
  while (end > start && cell[end - 1] === char) end -= 1;
  return cell.slice(start, end);
}

/** Digits of any script are digits to Python. Each script has its ten in a row, from nought on. */
function asciiDigits(cell: string): string {
  return cell.replace(/[^\0-\x7f]/gu, (char) => {
    if (!/\p{Nd}/u.test(char)) return char;
    const point = char.codePointAt(0) ?? 0;
    let zero = point;
    while (point - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
    return String(point - zero);
  });
}

/** What Python's decimals keep. */
const precision = 28;

/** How many digits the number has that count, and its exponent, after rounding to what Python keeps. */
function rounded(value: Decimal): { readonly digits: number; readonly exponent: number } {
  let digits = String(value.coefficient < 0n ? -value.coefficient : value.coefficient);
  let { exponent } = value;
  if (digits.length > precision) {
    const cut = digits.length - precision;
    const [kept, rest] = [BigInt(digits.slice(0, precision)), digits.slice(precision)];
    const half = `5${'0'.repeat(cut - 1)}`;
    const isUp = rest > half || (rest === half && kept % 2n === 1n);
    digits = String(isUp ? kept + 1n : kept);
    exponent += cut;
  }
  const plain = digits.replace(/0+$/, '');
  if (plain === '') return { digits: 1, exponent: 0 };
  return { digits: plain.length, exponent: exponent + digits.length - plain.length };
}

function readBoolean(cell: string): Value | undefined {
  const word = cell.replaceAll(',', '').trim().toLowerCase();
  if (word === '' || word === 'null') return null;
  return word === 'true' ? true : word === 'false' ? false : undefined;
}

function readDate(cell: string): Value | undefined {
  const [, year, month, day] = /^(\d{4})-(\d{1,2})-(\d{2}| ?\d)$/.exec(cell) ?? [];
  return day === undefined ? undefined : dayOf(Number(year), Number(month), Number(day));
}

function readSpaced(cell: string): Value | undefined {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})\s+(\d{1,2}):(\d{1,2}):(\d{1,2})$/.exec(cell);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
  return new PyDateTime(year, month, day, hour, minute, second);
}

/** ISO 8601: a day, `T`, a time, each in any of the standard's forms. */
function readIso(cell: string): Value | undefined {
  const parts = cell.split('T');
  const [date = '', time = ''] = parts;
  if (parts.length !== 2) return undefined;
  const day = isoDay(date);
  const clock = isoClock(time);
  if (day === undefined || clock === undefined) return undefined;
  return new PyDateTime(
    day.year,
    day.month,
    day.day,
    clock.hour,
    clock.minute,
    clock.second,
    clock.micro,
    clock.zone,
  );
}

function isoDay(text: string): PyDate | undefined {
  const plain =
    /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ??
    /^(\d{4})(\d{2})(\d{2})$/.exec(text) ??
    /^(\d{4})-(\d{2})$/.exec(text) ??
    /^(\d{4})(\d{2})$/.exec(text) ??
    /^(\d{4})$/.exec(text);
  if (plain) return dayOf(Number(plain[1]), Number(plain[2] ?? 1), Number(plain[3] ?? 1));
  const ordinal = /^(\d{4})-?(\d{3})$/.exec(text);
  if (ordinal) return dayAfter(Number(ordinal[1]), Number(ordinal[2]) - 1);
  const week = /^(\d{4})-W(\d{2})(?:-(\d))?$/.exec(text) ?? /^(\d{4})W(\d{2})(\d)?$/.exec(text);
  if (!week) return undefined;
  const first = new Date(Date.UTC(Number(week[1]), 0, 1));
  const weekday = first.getUTCDay() || 7;
  const weeks = Number(week[2]) - (weekday <= 4 ? 1 : 0);
  return dayAfter(Number(week[1]), weeks * 7 - weekday + Number(week[3] || 1));
}

function isoClock(text: string): PyTime | undefined {
  const match =
    /^(\d{2})(?:(:?)(\d{2})(?:\2(\d{2}))?)?([.,]\d+)?(Z|[+-]\d{2}(?::?\d{2})?)?$/.exec(text) ?? undefined;
  if (!match) return undefined;
  const [, hour = '', , minute, second, fraction, zone = ''] = match;
  if (Number(hour) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined;
  // A fraction is of the smallest unit that is there.
  const unit = second !== undefined ? 1e6 : minute !== undefined ? 60e6 : 3600e6;
  const micros = fraction === undefined ? 0 : Math.floor(Number(`0${fraction.replace(',', '.')}`) * unit);
  const total = Number(minute ?? 0) * 60e6 + Number(second ?? 0) * 1e6 + micros;
  const part = (size: number, of: number): string => String(Math.floor(total / size) % of).padStart(2, '0');
  const micro = String(total % 1e6).padStart(6, '0');
  return parseIsoTime(`${hour}:${part(60e6, 60)}:${part(1e6, 60)}.${micro}${zone}`);
}

function dayAfter(year: number, days: number): PyDate | undefined {
  if (year < 1) return undefined;
  const date = new Date(Date.UTC(year, 0, 1) + days * 86_400_000);
  return dayOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
}

function dayOf(year: number, month: number, day: number): PyDate | undefined {
  return isDay(year, month, day) ? new PyDate(year, month, day) : undefined;
}

function isDay(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (days[month - 1] ?? 0);
}
