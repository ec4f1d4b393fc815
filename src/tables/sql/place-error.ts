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
  const place = parts
    .flatMap(piecesOf)
    .sort((a, b) => b.text.length - a.text.length)
    .map((piece) => within(text, offset, piece))
    .find((one) => one !== undefined);
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

/** A part that ran as it was written, or a stretch of one between tables that ran as something else. */
interface Piece {
  readonly part: string;
  readonly text: string;
  /** Where the text begins in the part. */
  readonly start: number;
}

function piecesOf(part: string): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (const { index, 0: table } of part.matchAll(replacedTables)) {
    pieces.push({ part, text: part.slice(start, index), start });
    start = index + table.length;
  }
  return [...pieces, { part, text: part.slice(start), start }].filter(({ text }) => text.trim() !== '');
}

const replacedTables =
  /(?:\bdelta\s*\.\s*(?:'[^']*'|`[^`]*`|"[^"]*")|\b(?:delta_scan|table_changes)\s*\([^)]*\))(?:\s+(?:for\s+)?(?:version|timestamp)\s+as\s+of\s+(?:\d+|'[^']*'))?/gi;

/** Where in the piece's part the offset is, if the piece stands there; its end when only white space lies between. */
function within(
  text: string,
  offset: number,
  piece: Piece,
): { readonly part: string; readonly at: number; readonly isEnd: boolean } | undefined {
  const { part, start } = piece;
  const { length } = piece.text;
  for (
    let from = text.indexOf(piece.text);
    from >= 0 && from <= offset;
    from = text.indexOf(piece.text, from + 1)
  ) {
    // A short part may stand inside of a word.
    if (isInWord(text, from) || isInWord(text, from + length)) continue;
    const at = offset - from;
    if (at < length) return { part, at: start + at, isEnd: false };
    if (/^\s*$/.test(text.slice(from + length, offset))) {
      return { part, at: start + length, isEnd: start + length === part.length };
    }
  }
  return undefined;
}

function isInWord(text: string, at: number): boolean {
  return /\w/.test(text[at - 1] ?? '') && /\w/.test(text[at] ?? '');
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
