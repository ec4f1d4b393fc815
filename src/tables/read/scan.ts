/** Delta tables in users' SQL: `delta_scan('…')` resolved by us, so that it needs no extension. */
import { assertReadable, type Predicate, readSnapshot, type Snapshot } from '../../delta/index.ts';
import { openStorage, type Storage } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { duckdbParquetRows } from '../parquet-rows.ts';
import { type RelationColumn, relationColumns } from './relation.ts';
import { scanFiles } from './scan-files.ts';

/** A table as SQL, pinned to a version. */
export interface DeltaRelation {
  /** A SELECT over exactly the version's files; see `scanFiles`. */
  readonly sql: string;
  readonly version: number;
  /** The table's folder as a URI. */
  readonly uri: string;
  readonly columns: readonly RelationColumn[];
}

/**
 * The table at `uri` as SQL: the latest version unless one is given.
 *
 * @throws delta.not-a-table, delta.no-such-version, delta.unsupported-feature, storage.unsupported-scheme
 */
export async function openDeltaRelation(
  uri: string,
  options: { readonly version?: number; readonly storageOptions?: Readonly<Record<string, string>> } = {},
): Promise<DeltaRelation> {
  const storage = openStorage(uri, options.storageOptions);
  const { version } = options;
  const snapshot = await readSnapshot(storage, {
    rows: duckdbParquetRows,
    ...(version === undefined ? {} : { version }),
  });
  return relationOf(snapshot, storage);
}

/**
 * `snapshot` as SQL, its deletion vectors read.
 *
 * @param predicate files that can't hold a row for which it is true are left out.
 * @throws delta.unsupported-feature, delta.bad-deletion-vector
 */
export async function relationOf(
  snapshot: Snapshot,
  storage: Storage,
  predicate?: Predicate,
): Promise<DeltaRelation> {
  assertReadable(storage.uri, snapshot.protocol, snapshot);
  const scan = await scanFiles(snapshot, storage, predicate === undefined ? {} : { predicate });
  return {
    sql: scan.sql,
    version: snapshot.version,
    uri: storage.uri,
    columns: relationColumns(snapshot),
  };
}

/**
 * `sql` with every call of `delta_scan('uri' [, version => n])` replaced by what `open` gives for it, in
 * parentheses. Comments, strings and quoted names are left alone, and so is everything else: text
 * without such a call comes back as it is.
 *
 * @throws tables.bad-delta-scan when an argument isn't a constant, or isn't known.
 */
export async function rewriteDeltaScans(
  sql: string,
  open: (uri: string, version?: number) => Promise<string>,
): Promise<string> {
  if (!/delta_scan/i.test(sql)) return sql;
  const tokens = tokenize(sql);
  let out = '';
  let copied = 0;
  for (let index = 0; index < tokens.length; index += 1) {
    const call = parseCall(tokens, index);
    if (call === undefined) continue;
    const relation = await open(call.uri, call.version);
    out += `${sql.slice(copied, call.start)}(${relation})`;
    copied = call.end;
    index = call.lastIndex;
  }
  return out + sql.slice(copied);
}

interface Token {
  readonly kind: 'word' | 'string' | 'number' | 'symbol';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

interface Call {
  readonly uri: string;
  readonly version: number | undefined;
  readonly start: number;
  readonly end: number;
  readonly lastIndex: number;
}

/** The call that begins at token `index`, if one does. */
function parseCall(tokens: readonly Token[], index: number): Call | undefined {
  const name = tokens[index];
  if (name?.kind !== 'word' || name.text.toLowerCase() !== 'delta_scan') return undefined;
  if (tokens[index + 1]?.text !== '(' || tokens[index - 1]?.text === '.') return undefined;
  const path = tokens[index + 2];
  if (path?.kind !== 'string') {
    throw tablesErrors['bad-delta-scan']({ problem: 'the first argument must be a string constant' });
  }
  let version: number | undefined;
  let at = index + 3;
  while (tokens[at]?.text === ',') {
    const [key, sign, value] = [tokens[at + 1], tokens[at + 2], tokens[at + 3]];
    const isNamed =
      key?.kind === 'word' && (sign?.text === '=>' || sign?.text === ':=' || sign?.text === '=');
    if (!isNamed || key.text.toLowerCase() !== 'version' || value?.kind !== 'number') {
      const shown = key === undefined ? 'the end' : `'${key.text}'`;
      throw tablesErrors['bad-delta-scan']({
        problem: `only version => <number> may follow the path, not ${shown}`,
      });
    }
    version = Number(value.text);
    at += 4;
  }
  const close = tokens[at];
  if (close?.text !== ')')
    throw tablesErrors['bad-delta-scan']({ problem: 'the closing parenthesis is missing' });
  return { uri: path.text, version, start: name.start, end: close.end, lastIndex: at };
}

/**
 * The tokens of `sql`, comments and white space left out. A string's text is its value. What can't be
 * told apart (an unclosed string) runs to the end: the engine reports it.
 */
function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    const start = at;
    const rest = sql.slice(at, at + 2);
    if (/\s/.test(sql[at] as string)) {
      at += 1;
    } else if (rest === '--') {
      at = indexOr(sql, '\n', at);
    } else if (rest === '/*') {
      at = endOfComment(sql, at);
    } else if (sql[at] === "'" || /^[eE]'$/.test(rest)) {
      const escapes = sql[at] !== "'";
      const body = at + (escapes ? 2 : 1);
      at = endOfQuoted(sql, body, "'", escapes);
      const raw = sql.slice(body, at - 1);
      const text = escapes ? raw.replace(/\\(.)/gs, '$1') : raw;
      tokens.push({ kind: 'string', text: text.replaceAll("''", "'"), start, end: at });
    } else if (sql[at] === '"') {
      at = endOfQuoted(sql, at + 1, '"', false);
      tokens.push({ kind: 'symbol', text: '""', start, end: at });
    } else {
      at = pushPlain(sql, at, tokens);
    }
  }
  return tokens;
}

/** A dollar-quoted string, a word, a number or a sign. */
function pushPlain(sql: string, start: number, tokens: Token[]): number {
  sticky.lastIndex = start;
  const match = sticky.exec(sql);
  const { dollar, word, number } = match?.groups ?? {};
  if (dollar !== undefined) {
    const body = start + dollar.length;
    const close = sql.indexOf(dollar, body);
    const end = close < 0 ? sql.length : close + dollar.length;
    tokens.push({ kind: 'string', text: sql.slice(body, close < 0 ? sql.length : close), start, end });
    return end;
  }
  const text = match?.[0] ?? (sql[start] as string);
  const kind = word !== undefined ? 'word' : number !== undefined ? 'number' : 'symbol';
  tokens.push({ kind, text, start, end: start + text.length });
  return start + text.length;
}

const sticky =
  /(?<dollar>\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<number>\d+)|=>|:=/uy;

function endOfQuoted(sql: string, from: number, quote: string, escapes: boolean): number {
  for (let at = from; at < sql.length; at += 1) {
    if (escapes && sql[at] === '\\') at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return sql.length;
}

/** Block comments nest, as in PostgreSQL. */
function endOfComment(sql: string, from: number): number {
  let depth = 0;
  for (let at = from; at < sql.length; at += 1) {
    const pair = sql.slice(at, at + 2);
    if (pair === '/*') depth += 1;
    else if (pair === '*/') depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return sql.length;
}

function indexOr(sql: string, text: string, from: number): number {
  const index = sql.indexOf(text, from);
  return index < 0 ? sql.length : index;
}
