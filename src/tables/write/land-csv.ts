/**
 * How a CSV file is to be read, when nobody said.
 *
 * The engine's own guess looks for the reading that fits most rows. A row with a field too many then
 * moves the guess: it skips the header and the good rows, or takes every line as one column, and says
 * nothing. A guess is believed here only when no row of data was skipped for it and no header swallowed
 * its own delimiters. Otherwise the first line with fields is the header, and a row that doesn't fit it is an error
 * with its line.
 */
import { type OptionValue, quoteLiteral, type Session } from '../../duckdb/index.ts';
import { tablesErrors } from '../errors.ts';
import { globSafe } from '../read/locate-file.ts';

/** Options of `read_csv` that decide how lines become fields; with one of them given, nothing is guessed here. */
const deciding = [
  'delim',
  'sep',
  'skip',
  'header',
  'columns',
  'names',
  'column_names',
  'auto_detect',
  'comment',
  'null_padding',
  'strict_mode',
  'ignore_errors',
  'store_rejects',
];

/** Lines looked at for the header: titles and comments above it are short. */
const headLinesMax = 50;

/** More files than this are read as the engine sees fit: each costs a look. */
const filesMax = 100;

/**
 * What `read_csv` has to be told to read the files of `pattern` without losing a row.
 *
 * @throws duckdb.* at the line of a row that doesn't fit the header; tables.unreadable-source for an empty file.
 */
export async function csvDialect(
  session: Session,
  pattern: string,
  given: Readonly<Record<string, OptionValue>>,
): Promise<Readonly<Record<string, OptionValue>>> {
  if (deciding.some((option) => option in given)) return {};
  const files = await filesOf(session, pattern);
  if (files.length > filesMax) return {};
  const dialects = new Map<string, Readonly<Record<string, OptionValue>>>();
  for (const file of files) {
    const dialect = await dialectOf(session, file);
    dialects.set(JSON.stringify(dialect), dialect);
  }
  const [only, ...others] = dialects.values();
  return only === undefined || others.length > 0 ? {} : only;
}

/**
 * Looks for a row that doesn't fit its file's header, for when the engine only says that it can't make sense
 * of a file. Reads every file to its end.
 *
 * @throws duckdb.* at the line of such a row.
 */
export async function findMisfit(session: Session, pattern: string): Promise<void> {
  for (const file of (await filesOf(session, pattern)).slice(0, filesMax)) {
    const path = literalPattern(file);
    const head = planHead(await headLines(session, path));
    if (head !== undefined) await countFields(session, path, head);
  }
}

async function filesOf(session: Session, pattern: string): Promise<readonly string[]> {
  const sql = `SELECT file FROM glob(${quoteLiteral(pattern)}) LIMIT ${filesMax + 1}`;
  return (await session.query(sql)).rows.map(([file]) => String(file));
}

const literalPattern = (file: string): string => quoteLiteral(globSafe(file));

async function dialectOf(session: Session, file: string): Promise<Readonly<Record<string, OptionValue>>> {
  const path = literalPattern(file);
  const lines = await headLines(session, path);
  if (lines.every((line) => line.trim() === '')) {
    throw tablesErrors['unreadable-source'](
      { source: file, problem: 'it is empty; there has to be a header at least' },
      { location: { file } },
    );
  }
  const guess = await guessed(session, path);
  if (guess !== undefined && isBelievable(guess, lines)) {
    return guess.columns.length > 1 ? { delim: guess.delimiter, skip: guess.skip, header: guess.header } : {};
  }
  const head = planHead(lines);
  if (head === undefined) return {};
  await countFields(session, path, head);
  return { delim: head.delim, skip: head.skip, header: true, quote: '"', escape: '"' };
}

/** Reads every row as text, which finds the first one that has other fields than the header. */
async function countFields(session: Session, path: string, { skip, delim, names }: Head): Promise<void> {
  const columns = names.map((_, i) => `'c${i}': 'VARCHAR'`).join(', ');
  const strict = `auto_detect = false, delim = ${quoteLiteral(delim)}, quote = '"', escape = '"', skip = ${skip}, header = true`;
  await session.query(`SELECT count(*) FROM read_csv(${path}, ${strict}, columns = {${columns}})`);
}

interface Guess {
  readonly delimiter: string;
  readonly skip: number;
  readonly header: boolean;
  readonly columns: readonly string[];
}

/** The engine's guess; undefined when it has none. */
async function guessed(session: Session, path: string): Promise<Guess | undefined> {
  const sql = `SELECT Delimiter, SkipRows, HasHeader, list_transform(Columns, lambda c: c.name) FROM sniff_csv(${path})`;
  const row = await session.query(sql).then(
    ({ rows }) => rows[0],
    () => undefined,
  );
  if (row === undefined) return undefined;
  const [delimiter, skip, header, columns] = row;
  return {
    delimiter: String(delimiter),
    skip: Number(skip),
    header: header === true,
    columns: Array.isArray(columns) ? columns.map(String) : [],
  };
}

function isBelievable({ delimiter, skip, header, columns }: Guess, lines: readonly string[]): boolean {
  const skipped = lines.slice(0, skip);
  if (skip > 0 && (!header || skip >= lines.length - 1)) return skipped.every((line) => line.trim() === '');
  if (skipped.some((line) => line.includes(delimiter))) return false;
  return columns.length > 1 || bestDelimiter(columns[0] ?? '') === undefined;
}

interface Head {
  /** Lines before the header. */
  readonly skip: number;
  readonly delim: string;
  readonly names: readonly string[];
}

/** The first line that is neither blank nor a comment, as a header. Pure. */
function planHead(lines: readonly string[]): Head | undefined {
  const skip = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('#'));
  const line = lines[skip];
  if (line === undefined) return undefined;
  const delim = bestDelimiter(line) ?? ',';
  return { skip, delim, names: outsideQuotes(line).split(delim) };
}

const candidates = [',', ';', '\t', '|'];

/** The candidate that stands in `line` most often, outside quotes; undefined when none does. */
function bestDelimiter(line: string): string | undefined {
  const bare = outsideQuotes(line);
  const counts = candidates.map((delim) => [delim, bare.split(delim).length - 1] as const);
  const [delim, count] = counts.reduce((best, next) => (next[1] > best[1] ? next : best));
  return count === 0 ? undefined : delim;
}

const outsideQuotes = (line: string): string => line.replaceAll(/"(?:[^"]|"")*"/g, '');

/** The first lines as they stand, compressed files too. */
async function headLines(session: Session, path: string): Promise<readonly string[]> {
  const raw = `columns = {'line': 'VARCHAR'}, auto_detect = false, delim = '\\x01', quote = '', escape = '', header = false, null_padding = true, ignore_errors = true`;
  const sql = `SELECT line FROM read_csv(${path}, ${raw}) LIMIT ${headLinesMax}`;
  const { rows } = await session.query(sql);
  return rows.map(([line]) => (line === null ? '' : String(line).replace(/^\uFEFF/, '')));
}
