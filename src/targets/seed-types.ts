/**
 * The types of a seed's columns: those that dbt infers (see `csvTypeOf`), as long as DuckDB can load the cells as those.
 *
 * Where it can't, dbt's load fails. Here the column is then what its cells are to DuckDB: the first of whole number,
 * number, date (`2025-01-31`), timestamp (`2025-01-31 10:00:00`, or ISO 8601 with a `T`), `true`/`false`, text.
 */
import { csvColumnType, csvTypeOf } from '../compiler/index.ts';

/** The DuckDB type of a column with these cells. Pure. */
export function inferSeedType(cells: readonly string[]): string {
  const type = csvTypeOf(cells);
  const wanted = duckdbTypes[csvColumnType(type, cells)] ?? 'VARCHAR';
  const loads = loading[wanted];
  if (loads === undefined || cells.every((cell) => isNothing(cell) || loads(cell))) return wanted;
  return guessedType(cells);
}

const duckdbTypes: Readonly<Record<string, string>> = {
  integer: 'INTEGER',
  float8: 'DOUBLE',
  date: 'DATE',
  'timestamp without time zone': 'TIMESTAMP',
  boolean: 'BOOLEAN',
};

/** What DuckDB takes for a value of the type, of what dbt takes for one. */
const loading: Readonly<Record<string, (cell: string) => boolean>> = {
  INTEGER: (cell) =>
    /^\s*[+-]?[\d_]+(?:\.\d*)?(?:e\+?\d+)?\s*$/i.test(cell) && isSmall(cell.replaceAll('_', '')),
  DOUBLE: (cell) => {
    const trimmed = cell.trim().replaceAll('_', '');
    return notFinite.test(trimmed) || (number.test(trimmed) && Number.isFinite(Number(trimmed)));
  },
  TIMESTAMP: (cell) => isTimestamp(cell.trim(), spaced) || isTimestamp(cell.trim(), iso),
  BOOLEAN: (cell) => boolean.test(cell),
};

function isNothing(cell: string): boolean {
  return cell === '' || /^(?:null)?$/i.test(cell.trim());
}

function guessedType(cells: readonly string[]): string {
  const open = new Set<Guess>(guesses);
  let isWide = false;
  for (const cell of cells) {
    if (isNothing(cell)) continue;
    for (const guess of open)
      if (!guess.fits(guess.type === 'BOOLEAN' ? cell : cell.trim())) open.delete(guess);
    if (open.size === 0) return 'VARCHAR';
    isWide ||= !isSmall(cell);
  }
  const [first] = open;
  // INTEGER is what dbt makes; a number beyond it would fail to load, so the column is wider then.
  if (first === wholeNumber && isWide) return 'BIGINT';
  return first?.type ?? 'VARCHAR';
}

interface Guess {
  readonly type: string;
  fits(cell: string): boolean;
}

const notFinite = /^[+-]?(?:nan|inf(?:inity)?)$/i;
const boolean = /^(?:true|false)$/i;
const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

const wholeNumber: Guess = {
  type: 'INTEGER',
  // `5.0` counts as whole: trailing zeros carry no precision.
  fits: (cell) => /^[+-]?\d+(?:\.0*)?$/.test(cell) && cell.replace(/\..*/, '').length <= 19,
};

const guesses: readonly Guess[] = [
  wholeNumber,
  { type: 'DOUBLE', fits: (cell) => number.test(cell) || notFinite.test(cell) },
  { type: 'DATE', fits: (cell) => isDate(cell) },
  // A column is written in one of the two forms or is text: dbt tries them one after the other.
  { type: 'TIMESTAMP', fits: (cell) => isTimestamp(cell, spaced) },
  { type: 'TIMESTAMP', fits: (cell) => isTimestamp(cell, iso) },
  { type: 'BOOLEAN', fits: (cell) => boolean.test(cell) },
];

function isSmall(cell: string): boolean {
  const value = Number(cell);
  return value >= -2147483648 && value <= 2147483647;
}

function isDate(cell: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(cell) ?? [];
  return day !== undefined && isCalendarDay(Number(year), Number(month), Number(day));
}

const spaced = /^(\d{4})-(\d{1,2})-(\d{1,2}) +(\d{1,2}):(\d{1,2}):(\d{1,2})$/;
const iso = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?$/;

function isTimestamp(cell: string, form: RegExp): boolean {
  const match = form.exec(cell);
  if (!match) return false;
  const [, year, month, day, hour, minute = '0', second = '0'] = match;
  const isTime = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  return isTime && isCalendarDay(Number(year), Number(month), Number(day));
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
