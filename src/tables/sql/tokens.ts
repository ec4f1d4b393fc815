/**
 * SQL as tokens, each with its place: enough to find where a statement's parts begin and end.
 *
 * Expressions are never looked into: they are handed on as the text between two tokens. What can't be told
 * apart (an unclosed string) runs to the end, and the engine reports it.
 */

/** A token. `text` is as written, except that strings and quoted names are given without their quotes. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol';
  readonly text: string;
  /** Offsets in the SQL, the end excluded. */
  readonly start: number;
  readonly end: number;
}

/** The tokens of `sql`; comments and white space are left out. Pure. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < sql.length) {
    const pair = sql.slice(at, at + 2);
    if (/\s/.test(sql[at] as string)) at += 1;
    else if (pair === '--') at = indexOr(sql, '\n', at);
    else if (pair === '/*') at = endOfComment(sql, at);
    else {
      const token = tokenAt(sql, at);
      tokens.push(token);
      at = token.end;
    }
  }
  return tokens;
}

function tokenAt(sql: string, start: number): Token {
  const quote = sql[start] as string;
  if (/^[eE]'/.test(sql.slice(start, start + 2))) {
    const end = endOfQuoted(sql, start + 2, "'", true);
    const text = unquoted(sql, start + 2, end, "'").replace(/\\(.)/gs, '$1');
    return { kind: 'string', text, start, end };
  }
  if (quote === "'" || quote === '"' || quote === '`') {
    const end = endOfQuoted(sql, start + 1, quote, false);
    const kind = quote === "'" ? 'string' : 'quoted';
    return { kind, text: unquoted(sql, start + 1, end, quote), start, end };
  }
  plain.lastIndex = start;
  const match = plain.exec(sql);
  const { dollar, word, number } = match?.groups ?? {};
  if (dollar !== undefined) {
    const close = sql.indexOf(dollar, start + dollar.length);
    const end = close < 0 ? sql.length : close + dollar.length;
    return {
      kind: 'string',
      text: sql.slice(start + dollar.length, close < 0 ? sql.length : close),
      start,
      end,
    };
  }
  const text = match?.[0] ?? quote;
  const kind = word !== undefined ? 'word' : number !== undefined ? 'number' : 'symbol';
  return { kind, text, start, end: start + text.length };
}

const plain =
  /(?<dollar>\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$)|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|=>|:=|<=|>=|<>|!=|::|->>|->|\|\|/uy;

function unquoted(sql: string, from: number, end: number, quote: string): string {
  const isClosed = end <= sql.length && sql[end - 1] === quote && end > from;
  return sql.slice(from, isClosed ? end - 1 : end).replaceAll(quote + quote, quote);
}

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
