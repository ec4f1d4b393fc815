/**
 * Delta tables in queries by their places, and at versions of the past, made into calls of `delta_scan`.
 *
 * `delta.'path'` is no name to the engine, and `t VERSION AS OF 3` no grammar of its.
 */
import { quoteLiteral } from '../../duckdb/index.ts';
import { type Token, tokenize } from './tokens.ts';

/**
 * `sql` with `delta.'path'`, and with any table followed by `[FOR] VERSION AS OF n`, `[FOR] TIMESTAMP AS OF '…'`,
 * `AT (VERSION => n)` or `AT (TIMESTAMP => '…')`, as `delta_scan('…', …)`. Everything else stays as it is.
 *
 * @param place where the table of a name is; asked only for names that are followed by a version.
 */
export async function rewriteTimeTravel(
  sql: string,
  place: (parts: readonly string[]) => Promise<string>,
): Promise<string> {
  if (!/\bdelta\s*\.|\bas\s+of\b|\bat\s*\(/i.test(sql)) return sql;
  const tokens = tokenize(sql);
  let out = '';
  let copied = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    const found = tableAt(tokens, at);
    if (found === undefined) continue;
    const travel = travelAt(tokens, found.next);
    if (found.uri === undefined && travel === undefined) {
      at = found.next - 1;
      continue;
    }
    const uri = found.uri ?? (await place(found.parts));
    const start = (tokens[at] as Token).start;
    const end = (tokens[(travel?.next ?? found.next) - 1] as Token).end;
    out += `${sql.slice(copied, start)}delta_scan(${[quoteLiteral(uri), ...(travel ? [travel.argument] : [])].join(', ')})`;
    copied = end;
    at = (travel?.next ?? found.next) - 1;
  }
  return out + sql.slice(copied);
}

/** A table as it stands among tokens. */
export interface Found {
  readonly uri: string | undefined;
  readonly parts: readonly string[];
  /** The token after the table. */
  readonly next: number;
}

/** A table by place anywhere, or any dotted name; the latter counts only where a version follows. */
export function tableAt(tokens: readonly Token[], at: number): Found | undefined {
  const first = tokens[at];
  if (first?.kind !== 'word' && first?.kind !== 'quoted') return undefined;
  const before = tokens[at - 1];
  if (before?.text === '.' && before.kind === 'symbol') return undefined;
  const path = tokens[at + 2];
  const isPlace =
    first.kind === 'word' &&
    first.text.toLowerCase() === 'delta' &&
    tokens[at + 1]?.text === '.' &&
    (path?.kind === 'string' ||
      (path?.kind === 'quoted' && isIntroduced(before) && looksLikePath(path.text)));
  if (isPlace) return { uri: path?.text, parts: [], next: at + 3 };
  const parts = [first.text];
  let next = at + 1;
  while (tokens[next]?.text === '.' && /^(?:word|quoted)$/.test(tokens[next + 1]?.kind ?? '')) {
    parts.push((tokens[next + 1] as Token).text);
    next += 2;
  }
  return { uri: undefined, parts, next };
}

/** A table stands after one of these words, or in a list after a comma. */
function isIntroduced(before: Token | undefined): boolean {
  return before === undefined || /^(?:from|join|using|into|table|update|,)$/i.test(before.text);
}

/** `delta."orders"` may be a table of a schema called delta; a place has a slash, or a scheme before it. */
function looksLikePath(text: string): boolean {
  return text.includes('/') || text.includes('\\');
}

/** The version of the past that stands at `start`, as an argument of `delta_scan`, if one does. */
export function travelAt(
  tokens: readonly Token[],
  start: number,
): { readonly argument: string; readonly next: number } | undefined {
  const word = (ahead: number): string => {
    const token = tokens[start + ahead];
    return token?.kind === 'word' ? token.text.toLowerCase() : (token?.text ?? '');
  };
  if (word(0) === 'at' && word(1) === '(' && word(3) === '=>' && word(5) === ')') {
    return argument(word(2), tokens[start + 4], start + 6);
  }
  const skip = word(0) === 'for' ? 1 : 0;
  const what = word(skip).replace('system_version', 'version').replace('system_time', 'timestamp');
  if (word(skip + 1) !== 'as' || word(skip + 2) !== 'of') return undefined;
  const typed = word(skip + 3) === 'timestamp' && tokens[start + skip + 4]?.kind === 'string' ? 1 : 0;
  return argument(what, tokens[start + skip + 3 + typed], start + skip + 4 + typed);
}

function argument(
  what: string,
  value: Token | undefined,
  next: number,
): { readonly argument: string; readonly next: number } | undefined {
  if (what === 'version' && value?.kind === 'number') return { argument: `version => ${value.text}`, next };
  if (what === 'timestamp' && value?.kind === 'string') {
    return { argument: `timestamp => ${quoteLiteral(value.text)}`, next };
  }
  return undefined;
}
