/** The tokens of SQL, as far as calls with constants need them. */

/** A word, a constant or a sign. */
export interface Token {
  /** A string's text is its value. */
  readonly kind: 'word' | 'string' | 'number' | 'symbol';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The tokens of `sql`, comments and white space left out. A string's text is its value. What can't be
 * told apart (an unclosed string) runs to the end: the engine reports it.
 */
export function tokenize(sql: string): Token[] {
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
