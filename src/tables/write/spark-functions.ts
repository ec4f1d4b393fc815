/**
 * Spark's functions in DuckDB's words, where both can be made to give the same.
 *
 * Source: Spark SQL reference, "Built-in Functions".
 */
import { type DataType, type PrimitiveName, primitive } from '../../delta/index.ts';
import { quoteLiteral } from '../../duckdb/index.ts';
import type { SparkValue } from './spark-values.ts';

/** The SQL for a call; undefined when these arguments aren't understood. */
export type SparkFunction = (values: readonly SparkValue[]) => SparkValue | undefined;

/** `engine(a, b, …)` for so many arguments. */
function plain(engine: string, least: number, most: number, result?: PrimitiveName): SparkFunction {
  return (values) => {
    if (values.length < least || values.length > most) return undefined;
    return typed(`${engine}(${values.map(({ sql }) => sql).join(', ')})`, result, values[0]);
  };
}

/** Built from the arguments' SQL. Of the first argument's type unless told. */
function made(
  least: number,
  most: number,
  result: PrimitiveName | undefined,
  make: (...args: string[]) => string | undefined,
): SparkFunction {
  return (values) => {
    if (values.length < least || values.length > most) return undefined;
    const sql = make(...values.map(({ sql }) => sql));
    return sql === undefined ? undefined : typed(sql, result, values[0]);
  };
}

/** A part of a date or a time: instants are looked at in UTC. */
function part(make: (value: string) => string): SparkFunction {
  return ([value, more]) =>
    value === undefined || more !== undefined ? undefined : typed(make(wallClock(value)), 'integer');
}

function typed(sql: string, result: PrimitiveName | undefined, first?: SparkValue): SparkValue {
  const type: DataType | undefined = result === undefined ? first?.type : primitive(result);
  return { sql, type };
}

/** A date or wall-clock time; text is taken as one. */
function wallClock({ sql, type }: SparkValue): string {
  const name = type?.kind === 'primitive' ? type.name : undefined;
  if (name === 'timestamp') return `timezone('UTC', ${sql})`;
  return name === 'string' ? `CAST(${sql} AS TIMESTAMP)` : sql;
}

function asDate(value: SparkValue): string {
  return `CAST(${wallClock(value)} AS DATE)`;
}

const year = part((value) => `year(${value})`);
const month = part((value) => `month(${value})`);
const day = part((value) => `day(${value})`);
const length = plain('length', 1, 1, 'integer');
const substring = made(2, 3, 'string', (text, start, count) => {
  const from = `CASE WHEN (${start}) = 0 THEN 1 ELSE (${start}) END`;
  return count === undefined
    ? `substring(${text}, ${from})`
    : `CASE WHEN (${count}) <= 0 THEN '' ELSE substring(${text}, ${from}, ${count}) END`;
});
const nvl = plain('coalesce', 2, 2);
const locate = made(2, 2, 'integer', (part, text) => `instr(${text}, ${part})`);
const power = plain('pow', 2, 2, 'double');
const matches = plain('regexp_matches', 2, 2, 'boolean');
const branch = made(3, 3, undefined, (condition, a, b) => `(CASE WHEN ${condition} THEN ${a} ELSE ${b} END)`);
const ceiling = made(1, 1, 'long', (value) => `CAST(ceil(${value}) AS BIGINT)`);
const now = made(0, 0, 'timestamp', () => 'now()');
const today = made(0, 0, 'date', () => "CAST(timezone('UTC', now()) AS DATE)");

const dateFormat: SparkFunction = ([value, pattern, more]) => {
  const format = pattern === undefined ? undefined : strftimePattern(pattern.sql);
  if (value === undefined || format === undefined || more !== undefined) return undefined;
  const time = value.type?.kind === 'primitive' && value.type.name === 'date' ? value.sql : wallClock(value);
  return typed(`strftime(${time}, ${quoteLiteral(format)})`, 'string');
};

/** The value keeps its type: a date cut to a month is an instant in Spark. */
const dateTrunc: SparkFunction = ([unit, value, more]) => {
  if (unit === undefined || value === undefined || more !== undefined) return undefined;
  const word = unitWord(unit.sql);
  if (word === undefined) return undefined;
  const isNtz = value.type?.kind === 'primitive' && value.type.name === 'timestamp_ntz';
  const cut = `date_trunc('${word}', CAST(${wallClock(value)} AS TIMESTAMP))`;
  return isNtz ? typed(cut, 'timestamp_ntz') : typed(`timezone('UTC', ${cut})`, 'timestamp');
};

const truncDate: SparkFunction = ([value, unit, more]) => {
  const word = unit === undefined ? undefined : unitWord(unit.sql);
  if (value === undefined || word === undefined || more !== undefined) return undefined;
  return typed(`CAST(date_trunc('${word}', ${asDate(value)}) AS DATE)`, 'date');
};

const toDate: SparkFunction = ([value, pattern, more]) => {
  if (value === undefined || more !== undefined) return undefined;
  if (pattern === undefined) return typed(asDate(value), 'date');
  const format = strptimeFormat(pattern.sql);
  if (format === undefined) return undefined;
  return typed(`CAST(strptime(${value.sql}, ${quoteLiteral(format)}) AS DATE)`, 'date');
};

const toTimestamp: SparkFunction = ([value, pattern, more]) => {
  if (value === undefined || more !== undefined) return undefined;
  const format = pattern === undefined ? undefined : strptimeFormat(pattern.sql);
  if (pattern !== undefined && format === undefined) return undefined;
  const isInstant = value.type?.kind === 'primitive' && value.type.name === 'timestamp';
  if (isInstant) return value;
  const clock =
    format === undefined
      ? `CAST(${value.sql} AS TIMESTAMP)`
      : `strptime(${value.sql}, ${quoteLiteral(format)})`;
  return typed(`timezone('UTC', ${clock})`, 'timestamp');
};

const shiftDays =
  (sign: string): SparkFunction =>
  ([value, days, more]) =>
    value === undefined || days === undefined || more !== undefined
      ? undefined
      : typed(`(${asDate(value)} ${sign} CAST(${days.sql} AS INTEGER))`, 'date');

const daysBetween: SparkFunction = ([end, start, more]) =>
  end === undefined || start === undefined || more !== undefined
    ? undefined
    : typed(`(${asDate(end)} - ${asDate(start)})`, 'integer');

const round: SparkFunction = (values) => {
  const [value, places] = values;
  if (value === undefined || values.length > 2) return undefined;
  return typed(
    places === undefined ? `round(${value.sql})` : `round(${value.sql}, ${places.sql})`,
    undefined,
    value,
  );
};

/** Null when a part is null, unlike the engine's own. */
const concat: SparkFunction = (values) => {
  const [first] = values;
  if (first === undefined) return typed("''", 'string');
  if (first.type?.kind === 'array')
    return typed(`list_concat(${values.map(({ sql }) => sql).join(', ')})`, undefined, first);
  return typed(`(${values.map(({ sql }) => `CAST(${sql} AS VARCHAR)`).join(' || ')})`, 'string');
};

/** The functions by their names in small letters. */
export const sparkFunctions: ReadonlyMap<string, SparkFunction> = new Map<string, SparkFunction>([
  ['upper', plain('upper', 1, 1, 'string')],
  ['ucase', plain('upper', 1, 1, 'string')],
  ['lower', plain('lower', 1, 1, 'string')],
  ['lcase', plain('lower', 1, 1, 'string')],
  ['length', length],
  ['len', length],
  ['char_length', length],
  ['character_length', length],
  ['trim', plain('trim', 1, 1, 'string')],
  ['ltrim', plain('ltrim', 1, 1, 'string')],
  ['rtrim', plain('rtrim', 1, 1, 'string')],
  ['substring', substring],
  ['substr', substring],
  ['left', plain('left', 2, 2, 'string')],
  ['right', plain('right', 2, 2, 'string')],
  ['lpad', made(2, 3, 'string', (text, size, fill = "' '") => `lpad(${text}, ${size}, ${fill})`)],
  ['rpad', made(2, 3, 'string', (text, size, fill = "' '") => `rpad(${text}, ${size}, ${fill})`)],
  ['replace', made(2, 3, 'string', (text, from, to = "''") => `replace(${text}, ${from}, ${to})`)],
  ['reverse', plain('reverse', 1, 1)],
  ['repeat', plain('repeat', 2, 2, 'string')],
  ['concat', concat],
  ['concat_ws', plain('concat_ws', 1, 100, 'string')],
  ['split_part', plain('split_part', 3, 3, 'string')],
  ['instr', plain('instr', 2, 2, 'integer')],
  ['locate', locate],
  ['position', locate],
  ['startswith', plain('starts_with', 2, 2, 'boolean')],
  ['endswith', plain('ends_with', 2, 2, 'boolean')],
  ['contains', plain('contains', 2, 2, 'boolean')],
  ['rlike', matches],
  ['regexp', matches],
  ['regexp_like', matches],
  [
    'regexp_replace',
    made(3, 3, 'string', (text, from, to) => `regexp_replace(${text}, ${from}, ${to}, 'g')`),
  ],
  [
    'regexp_extract',
    made(2, 3, 'string', (text, from, group = '1') => `regexp_extract(${text}, ${from}, ${group})`),
  ],
  ['ascii', plain('ascii', 1, 1, 'integer')],
  ['chr', plain('chr', 1, 1, 'string')],
  ['md5', plain('md5', 1, 1, 'string')],
  ['hex', plain('hex', 1, 1, 'string')],
  ['unhex', plain('unhex', 1, 1, 'binary')],
  ['uuid', made(0, 0, 'string', () => 'CAST(uuid() AS VARCHAR)')],
  ['abs', plain('abs', 1, 1)],
  ['ceil', ceiling],
  ['ceiling', ceiling],
  ['floor', made(1, 1, 'long', (value) => `CAST(floor(${value}) AS BIGINT)`)],
  ['round', round],
  ['bround', plain('round_even', 2, 2)],
  ['sqrt', plain('sqrt', 1, 1, 'double')],
  ['exp', plain('exp', 1, 1, 'double')],
  ['ln', plain('ln', 1, 1, 'double')],
  ['log10', plain('log10', 1, 1, 'double')],
  ['log2', plain('log2', 1, 1, 'double')],
  [
    'log',
    made(1, 2, 'double', (base, value) => (value === undefined ? `ln(${base})` : `log(${base}, ${value})`)),
  ],
  ['pow', power],
  ['power', power],
  ['sign', plain('sign', 1, 1, 'double')],
  ['signum', plain('sign', 1, 1, 'double')],
  ['mod', made(2, 2, undefined, (a, b) => `(${a} % nullif(${b}, 0))`)],
  ['pmod', made(2, 2, undefined, (a, b) => `(((${a} % nullif(${b}, 0)) + ${b}) % nullif(${b}, 0))`)],
  ['greatest', plain('greatest', 2, 100)],
  ['least', plain('least', 2, 100)],
  ['coalesce', plain('coalesce', 1, 100)],
  ['nvl', nvl],
  ['ifnull', nvl],
  ['nvl2', made(3, 3, undefined, (a, b, c) => `(CASE WHEN ${a} IS NOT NULL THEN ${b} ELSE ${c} END)`)],
  ['nullif', plain('nullif', 2, 2)],
  ['if', branch],
  ['iff', branch],
  ['isnull', made(1, 1, 'boolean', (value) => `(${value} IS NULL)`)],
  ['isnotnull', made(1, 1, 'boolean', (value) => `(${value} IS NOT NULL)`)],
  ['isnan', made(1, 1, 'boolean', (value) => `coalesce(isnan(${value}), false)`)],
  ['year', year],
  ['quarter', part((value) => `quarter(${value})`)],
  ['month', month],
  ['day', day],
  ['dayofmonth', day],
  ['dayofyear', part((value) => `dayofyear(${value})`)],
  ['dayofweek', part((value) => `(dayofweek(${value}) + 1)`)],
  ['weekday', part((value) => `(isodow(${value}) - 1)`)],
  ['weekofyear', part((value) => `weekofyear(${value})`)],
  ['hour', part((value) => `hour(CAST(${value} AS TIMESTAMP))`)],
  ['minute', part((value) => `minute(CAST(${value} AS TIMESTAMP))`)],
  ['second', part((value) => `second(CAST(${value} AS TIMESTAMP))`)],
  [
    'date',
    ([value, more]) => (value === undefined || more !== undefined ? undefined : typed(asDate(value), 'date')),
  ],
  ['to_date', toDate],
  ['to_timestamp', toTimestamp],
  ['date_format', dateFormat],
  ['date_trunc', dateTrunc],
  ['trunc', truncDate],
  ['date_add', shiftDays('+')],
  ['dateadd', shiftDays('+')],
  ['date_sub', shiftDays('-')],
  ['datediff', daysBetween],
  ['date_diff', daysBetween],
  ['last_day', ([value]) => value && typed(`last_day(${asDate(value)})`, 'date')],
  ['make_date', plain('make_date', 3, 3, 'date')],
  [
    'unix_timestamp',
    ([value, more]) =>
      value === undefined || more !== undefined
        ? undefined
        : typed(`CAST(floor(epoch(${value.sql})) AS BIGINT)`, 'long'),
  ],
  ['timestamp_seconds', made(1, 1, 'timestamp', (value) => `to_timestamp(${value})`)],
  [
    'timestamp_millis',
    made(1, 1, 'timestamp', (value) => `timezone('UTC', epoch_ms(CAST(${value} AS BIGINT)))`),
  ],
  [
    'timestamp_micros',
    made(1, 1, 'timestamp', (value) => `timezone('UTC', make_timestamp(CAST(${value} AS BIGINT)))`),
  ],
  ['current_date', today],
  ['curdate', today],
  ['current_timestamp', now],
  ['now', now],
  ['size', plain('len', 1, 1, 'integer')],
  ['cardinality', plain('len', 1, 1, 'integer')],
  ['array_contains', plain('list_contains', 2, 2, 'boolean')],
  ['array', made(0, 100, undefined, (...items) => `[${items.join(', ')}]`)],
]);

const units: Readonly<Record<string, string>> = {
  year: 'year',
  yyyy: 'year',
  yy: 'year',
  quarter: 'quarter',
  month: 'month',
  mon: 'month',
  mm: 'month',
  week: 'week',
  day: 'day',
  dd: 'day',
  hour: 'hour',
  minute: 'minute',
  second: 'second',
  millisecond: 'milliseconds',
  microsecond: 'microseconds',
};

/** The unit in a literal; undefined when it isn't a literal, or not known. */
function unitWord(literal: string): string | undefined {
  return units[literalText(literal)?.toLowerCase() ?? ''];
}

function literalText(sql: string): string | undefined {
  return /^'(?:[^']|'')*'$/.test(sql) ? sql.slice(1, -1).replaceAll("''", "'") : undefined;
}

/** Spark's pattern letters as strftime's, where both are fixed in width. */
function strftimePattern(literal: string): string | undefined {
  const pattern = literalText(literal);
  if (pattern === undefined) return undefined;
  let format = '';
  for (const [token] of pattern.matchAll(/([A-Za-z])\1*|'[^']*'|[^A-Za-z']+/g)) {
    const known = letters[token];
    if (known !== undefined) format += known;
    else if (token.startsWith("'"))
      format += (token === "''" ? "'" : token.slice(1, -1)).replaceAll('%', '%%');
    else if (/^[A-Za-z]/.test(token)) return undefined;
    else format += token.replaceAll('%', '%%');
  }
  return format;
}

const strptimeFormat = strftimePattern;

const letters: Readonly<Record<string, string>> = {
  yyyy: '%Y',
  y: '%-Y',
  yy: '%y',
  MM: '%m',
  M: '%-m',
  dd: '%d',
  d: '%-d',
  HH: '%H',
  H: '%-H',
  hh: '%I',
  mm: '%M',
  m: '%-M',
  ss: '%S',
  s: '%-S',
  SSS: '%g',
  SSSSSS: '%f',
  a: '%p',
  EEEE: '%A',
  EEE: '%a',
  E: '%a',
  MMMM: '%B',
  MMM: '%b',
  DDD: '%j',
};
