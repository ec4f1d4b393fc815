/**
 * CSV as Python's `csv` module reads it: what a seed's columns are inferred from.
 *
 * Only the inference reads the file here; DuckDB loads the rows.
 */
import { targetErrors } from './errors.ts';

/** A parsed file: the names of its columns, and the cells of every row, as many as the header has or fewer. */
export interface CsvFile {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Parses a whole CSV file.
 *
 * A line without anything is a row without cells. Quotes are `"`, doubled inside.
 *
 * @param file named in errors.
 * @throws targets.unreadable-seed at the line where it goes wrong.
 */
export function parseCsv(text: string, delimiter: string, file: string): CsvFile {
  const records = [...readRecords(text.replace(/^\uFEFF/, ''), delimiter, file)];
  const first = records.findIndex(({ cells }) => cells.length > 0);
  const [head, ...body] = first < 0 ? [] : records.slice(first);
  if (head === undefined) {
    throw targetErrors['unreadable-seed'](
      { file, problem: 'it is empty; a seed needs at least a header' },
      { location: { file, line: 1 } },
    );
  }
  const header = columnNames(head.cells);
  const seen = new Set<string>();
  for (const name of header) {
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
    return cells;
  });
  return { header, rows };
}

/** Names as dbt has them: a column without one gets a letter, and one whose name is taken a number. */
function columnNames(cells: readonly string[]): string[] {
  const taken = new Set<string>();
  return cells.map((cell, index) => {
    const name =
      cell === '' ? 'abcdefghijklmnopqrstuvwxyz'.charAt(index % 26).repeat(Math.floor(index / 26) + 1) : cell;
    let unique = name;
    for (let count = 2; taken.has(unique); count += 1) unique = `${name}_${count}`;
    taken.add(unique);
    return unique;
  });
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
    const start = at;
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
    const isBlank = at === start;
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    line += 1;
    yield { cells: isBlank ? [] : cells, line: startLine };
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
