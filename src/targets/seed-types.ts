/**
 * The types of a seed's columns, by the rules dbt users know.
 *
 * For each column the first of these that every cell fits: whole number, number, date
 * (`2025-01-31`), timestamp (`2025-01-31 10:00:00`, or ISO 8601 with a `T`), `true`/`false`, text. Empty cells and
 * `null` fit everything. A column of only those is a whole number.
 */

/** The DuckDB type of a column with these cells. Pure. */
export function inferSeedType(cells: Iterable<string>): string {
  const open = new Set<Guess>(guesses);
  let isWide = false;
  for (const cell of cells) {
    const trimmed = cell.trim();
    if (trimmed === '' || trimmed.toLowerCase() === 'null') continue;
    for (const guess of open) if (!guess.fits(trimmed)) open.delete(guess);
    if (open.size === 0) return 'VARCHAR';
    isWide ||= !isSmall(trimmed);
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

const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

const wholeNumber: Guess = {
  type: 'INTEGER',
  // `5.0` counts as whole: trailing zeros carry no precision.
  fits: (cell) => /^[+-]?\d+(?:\.0*)?$/.test(cell) && cell.replace(/\..*/, '').length <= 19,
};

const guesses: readonly Guess[] = [
  wholeNumber,
  { type: 'DOUBLE', fits: (cell) => number.test(cell) || /^[+-]?(?:nan|inf(?:inity)?)$/i.test(cell) },
  { type: 'DATE', fits: (cell) => isDate(cell) },
  // A column is written in one of the two forms or is text: dbt tries them one after the other.
  { type: 'TIMESTAMP', fits: (cell) => isTimestamp(cell, spaced) },
  { type: 'TIMESTAMP', fits: (cell) => isTimestamp(cell, iso) },
  { type: 'BOOLEAN', fits: (cell) => /^(?:true|false)$/i.test(cell) },
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
const iso =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?$/;

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
