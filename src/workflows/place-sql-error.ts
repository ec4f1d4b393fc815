/**
 * Where an engine's complaint about SQL stands in the user's files.
 *
 * DuckDB counts lines in the statement that ran: the compiled SQL inside `create view … as (…)`. A
 * person wants the line that they wrote. So the place is moved to the model's own file when that line
 * stands there word for word, and to the compiled file otherwise.
 */
import type { SourceLocation } from '../base/index.ts';

/** The texts that a place may be in. */
export interface PlacedTexts {
  readonly sourceFile: string;
  readonly source: string;
  /** Where the compiled SQL was written; undefined when it wasn't. */
  readonly compiledFile: string | undefined;
  readonly compiled: string;
}

/** `location` in the source or the compiled file; as it is when its line comes from neither. Pure. */
export function placeSqlError(location: SourceLocation, texts: PlacedTexts): SourceLocation {
  const { line, column, text } = location;
  if (line === undefined || text === undefined) return location;
  const compiled = texts.compiled.trim();
  const start = compiled === '' ? -1 : text.indexOf(compiled);
  if (start < 0) return location;
  const before = text.slice(0, start).split('\n');
  const atLine = line - before.length + 1;
  const lines = compiled.split('\n');
  const written = lines[atLine - 1];
  if (written === undefined) return location;
  const shift = atLine === 1 ? before.at(-1)!.length : 0;
  const at = column === undefined || column <= shift ? {} : { column: column - shift };
  const sourceLines = texts.source.split('\n');
  const same = sourceLines.flatMap((candidate, i) =>
    candidate.trim() !== '' && candidate === written ? [i + 1] : [],
  );
  if (same.length === 1) {
    return { file: texts.sourceFile, line: same[0]!, ...at, text: texts.source };
  }
  if (texts.compiledFile === undefined) return { ...location, line: atLine, ...at, text: compiled };
  return { file: texts.compiledFile, line: atLine, ...at, text: compiled };
}
