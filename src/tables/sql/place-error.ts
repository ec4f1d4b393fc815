/**
 * Where an engine's complaint stands in the statement that the user wrote.
 *
 * The engine counts in the SQL that ran, in which the user's conditions and values are parts. Pure.
 */
import { BoathouseError, isBoathouseError, type SourceLocation } from '../../base/index.ts';

/**
 * `error` at its place in `written`, when it is the engine's and that place is known; without a place otherwise, so
 * that nobody is shown SQL that isn't theirs.
 *
 * @param parts conditions, values and queries of the statement, as written.
 * @param written the whole statement.
 */
export function placedInStatement(error: unknown, parts: readonly string[], written?: string): unknown {
  const ran = engineLocation(error);
  if (ran === undefined || !isBoathouseError(error)) return error;
  const { text, offset } = ran;
  const found = [...parts].sort((a, b) => b.length - a.length).map((part) => within(text, offset, part));
  const place = found.find((one) => one !== undefined);
  if (place === undefined) {
    // A statement that ran as it was written keeps its place.
    return text === written ? error : moved(error, { file: '<sql>' });
  }
  const start = written === undefined ? -1 : written.indexOf(place.part);
  const shown = start < 0 ? place.part : (written as string);
  const message = place.isEnd ? error.message.replace(/at or near "[^"]*"/, 'at the end') : error.message;
  return moved(error, locationAt(shown, Math.max(start, 0) + place.at), message);
}

/**
 * As `placedInStatement`, for a query that ran with other text in the place of its tables: what stands before the
 * first of them and after the last is found again.
 */
export function placedInQuery(error: unknown, written: string): unknown {
  const ran = engineLocation(error);
  if (ran === undefined || !isBoathouseError(error) || ran.text === written) return error;
  const { text, offset } = ran;
  const most = Math.min(text.length, written.length);
  let before = 0;
  while (before < most && text[before] === written[before]) before += 1;
  let after = 0;
  while (after < most - before && text.at(-1 - after) === written.at(-1 - after)) after += 1;
  if (offset >= text.length - after)
    return moved(error, locationAt(written, written.length - (text.length - offset)));
  return moved(error, locationAt(written, Math.min(offset, before)));
}

function engineLocation(error: unknown): { readonly text: string; readonly offset: number } | undefined {
  if (!isBoathouseError(error) || !error.code.startsWith('duckdb.')) return undefined;
  const { text, line, column } = error.location ?? {};
  if (text === undefined || line === undefined) return undefined;
  const before = text.split('\n').slice(0, line - 1);
  return { text, offset: before.reduce((sum, one) => sum + one.length + 1, 0) + (column ?? 1) - 1 };
}

/** Where in `part` the offset is, if `part` stands there; its end when only white space lies between. */
function within(
  text: string,
  offset: number,
  part: string,
): { readonly part: string; readonly at: number; readonly isEnd: boolean } | undefined {
  if (part === '') return undefined;
  for (let from = text.indexOf(part); from >= 0 && from <= offset; from = text.indexOf(part, from + 1)) {
    const at = offset - from;
    if (at < part.length) return { part, at, isEnd: false };
    if (/^\s*$/.test(text.slice(from + part.length, offset))) return { part, at: part.length, isEnd: true };
  }
  return undefined;
}

function locationAt(text: string, offset: number): SourceLocation {
  const before = text.slice(0, offset).split('\n');
  return { file: '<sql>', line: before.length, column: (before.at(-1) ?? '').length + 1, text };
}

function moved(
  error: BoathouseError,
  location: SourceLocation,
  message: string = error.message,
): BoathouseError {
  const { code, details, cause, hint, sqlState, httpStatus, exitCode, retryable } = error;
  const kind = { message: () => message, sqlState, httpStatus, exitCode, retryable };
  return new BoathouseError(code, kind, details, { location, cause, hint });
}
