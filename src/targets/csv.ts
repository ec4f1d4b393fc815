/**
 * CSV as Python's `csv` module reads it: what a seed's columns are inferred from.
 *
 * Only the inference reads the file here; DuckDB loads the rows.
 */
import { targetErrors } from './errors.ts';

/** A parsed file: its header, and the cells of every row, as many as the header has. */
export interface CsvFile {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Parses a whole CSV file.
 *
 * Rows without any cell are skipped; a row with fewer cells than the header is filled with empty
 * ones. Quotes are `"`, doubled inside.
 *
 * @param file named in errors.
 * @throws targets.unreadable-seed at the line where it goes wrong.
 */
export function parseCsv(text: string, delimiter: string, file: string): CsvFile {
  const records = [...readRecords(text.replace(/^\uFEFF/, ''), delimiter, file)];
  const [head, ...body] = records;
  if (head === undefined) {
    throw targetErrors['unreadable-seed'](
      { file, problem: 'it is empty; a seed needs at least a header' },
      { location: { file, line: 1 } },
    );
  }
  const header = head.cells;
  const seen = new Set<string>();
  for (const name of header) {
    if (name.trim() === '') throw located(file, head.line, 'a column has no name');
    if (seen.has(name.toLowerCase())) throw located(file, head.line, `two columns are called '${name}'`);
    seen.add(name.toLowerCase());
  }
  const rows = body.map(({ cells, line }) => {
    if (cells.length > header.length) {
      throw located(
        file,
        line,
        `a row has ${cells.length} cells, and the header names ${header.length} columns`,
      );
    }
    return [...cells, ...Array<string>(header.length - cells.length).fill('')];
  });
  return { header, rows };
}

interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

function* readRecords(text: string, delimiter: string, file: string): Iterable<CsvRecord> {
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const startLine = line;
    const cells: string[] = [];
    for (;;) {
      const cell = readCell(text, at, delimiter);
      if (cell === undefined) throw located(file, startLine, 'a quote is opened and never closed');
      cells.push(cell.value);
      line += cell.lines;
      at = cell.end;
      if (text.startsWith(delimiter, at)) {
        at += delimiter.length;
        continue;
      }
      break;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    line += 1;
    if (cells.length > 1 || cells[0] !== '') yield { cells, line: startLine };
  }
}

function readCell(
  text: string,
  from: number,
  delimiter: string,
): { value: string; end: number; lines: number } | undefined {
  if (text[from] !== '"') {
    let end = from;
    while (end < text.length && text[end] !== '\n' && text[end] !== '\r' && !text.startsWith(delimiter, end))
      end += 1;
    return { value: text.slice(from, end), end, lines: 0 };
  }
  let value = '';
  let at = from + 1;
  for (;;) {
    const close = text.indexOf('"', at);
    if (close < 0) return undefined;
    value += text.slice(at, close);
    at = close + 1;
    if (text[at] !== '"') break;
    value += '"';
    at += 1;
  }
  // What follows the closing quote up to the delimiter belongs to the cell, as Python has it.
  const rest = readCell(text, at, delimiter);
  const tail = text[at] === '"' ? '' : (rest?.value ?? '');
  return { value: value + tail, end: at + tail.length, lines: value.split('\n').length - 1 };
}

function located(file: string, line: number, problem: string): Error {
  return targetErrors['unreadable-seed']({ file, problem }, { location: { file, line } });
}
