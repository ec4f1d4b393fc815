/**
 * Reads of a table inside the very statement that changes it.
 *
 * The statement is planned on one state of the table, and planned again on a newer one when it lost to another
 * writer. What it reads of the table has to be that same state, not what the engine's view of it shows.
 */
import { isBoathouseError } from '../../base/index.ts';
import { quoteIdentifier } from '../../duckdb/index.ts';
import { openStorage } from '../../storage/index.ts';
import type { TableRef } from './statement.ts';
import type { StatementContext } from './statement-context.ts';
import { tableAt, travelAt } from './time-travel.ts';
import { type Token, tokenize } from './tokens.ts';

/** The query with each read of the table replaced by a relation of one of its states. */
export type WithOwnReads = (relation: string) => string;

/**
 * How to put a state of the table `uri` in place of its reads in `query`; undefined when there are none.
 *
 * Reads of a version of the past are no reads of its state. A name counts where a table is named: after FROM,
 * JOIN or INTO's USING, or a comma in their list; a CTE hides a table of its name.
 */
export async function ownReads(
  query: string,
  uri: string,
  context: Pick<StatementContext, 'locate'>,
): Promise<WithOwnReads | undefined> {
  const tokens = tokenize(query);
  const hidden = cteNames(tokens);
  const places: { readonly start: number; readonly end: number; readonly alias: string | undefined }[] = [];
  let inList = false;
  for (let at = 0; at < tokens.length; at += 1) {
    const word = wordOf(tokens[at]);
    if (word === 'from' || word === 'join' || word === 'using') {
      inList = true;
      continue;
    }
    if (!inList) continue;
    const found = readAt(tokens, at);
    if (found === undefined || travelAt(tokens, found.next) !== undefined) {
      inList = word === ',' || word === '(';
      continue;
    }
    const { table, next } = found;
    const isHidden = table.kind === 'name' && table.parts.length === 1 && hidden.has(lower(table.parts[0]));
    if (!isHidden && (await isOwn(table, uri, context))) {
      places.push({
        start: (tokens[at] as Token).start,
        end: (tokens[next - 1] as Token).end,
        alias: isAlias(tokens[next]) || table.kind === 'path' ? undefined : table.parts.at(-1),
      });
    }
    at = next - 1;
    // A comma may come after an alias.
    inList = nextInList(tokens, next);
  }
  if (places.length === 0) return undefined;
  return (relation) => {
    let out = '';
    let copied = 0;
    for (const { start, end, alias } of places) {
      const as = alias === undefined ? '' : ` AS ${quoteIdentifier(alias)}`;
      out += `${query.slice(copied, start)}(${relation})${as}`;
      copied = end;
    }
    return out + query.slice(copied);
  };
}

async function isOwn(
  table: TableRef,
  uri: string,
  context: Pick<StatementContext, 'locate'>,
): Promise<boolean> {
  try {
    return openStorage(await context.locate(table, 'a query')).uri === uri;
  } catch (error) {
    // Whatever else the engine may know by that name, or no table at all, as in `extract(year FROM day)`.
    if (isBoathouseError(error)) return false;
    throw error;
  }
}

/** A table by name, by place, or as `delta_scan('place')`, at its newest version. */
function readAt(
  tokens: readonly Token[],
  at: number,
): { readonly table: TableRef; readonly next: number } | undefined {
  const [name, open, path, close] = tokens.slice(at, at + 4);
  if (wordOf(name) === 'delta_scan' && open?.text === '(') {
    const isPlain = path?.kind === 'string' && close?.text === ')';
    return isPlain ? { table: { kind: 'path', uri: path.text }, next: at + 4 } : undefined;
  }
  const found = tableAt(tokens, at);
  if (found === undefined) return undefined;
  if (found.uri !== undefined) return { table: { kind: 'path', uri: found.uri }, next: found.next };
  // A function of tables is none.
  if (tokens[found.next]?.text === '(') return undefined;
  return { table: { kind: 'name', parts: found.parts }, next: found.next };
}

function cteNames(tokens: readonly Token[]): ReadonlySet<string> {
  const names = new Set<string>();
  tokens.forEach((token, at) => {
    const isDefined =
      (token.kind === 'word' || token.kind === 'quoted') &&
      wordOf(tokens[at + 1]) === 'as' &&
      /^(?:\(|materialized|not)$/.test(wordOf(tokens[at + 2]));
    if (isDefined) names.add(lower(token.text));
  });
  return names;
}

function nextInList(tokens: readonly Token[], next: number): boolean {
  const skip = wordOf(tokens[next]) === 'as' ? 2 : isAlias(tokens[next]) ? 1 : 0;
  return wordOf(tokens[next + skip]) === ',';
}

const notAliases = new Set(
  'where group order having limit offset join inner left right full outer cross natural asof positional anti semi on using union except intersect window qualify tablesample pivot unpivot set when select lateral at for version timestamp'.split(
    ' ',
  ),
);

function isAlias(token: Token | undefined): boolean {
  return token?.kind === 'quoted' || (token?.kind === 'word' && !notAliases.has(lower(token.text)));
}

function wordOf(token: Token | undefined): string {
  return token === undefined || token.kind === 'quoted' || token.kind === 'string' ? '' : lower(token.text);
}

function lower(text: string | undefined): string {
  return (text ?? '').toLowerCase();
}
