/** The CSV of unit test fixtures: a header and rows, every value a text, as Python's csv module reads them. */
import type { Plain } from './manifest.ts';

/** Rows by column name; a value that is missing or empty is null. Pure. */
export function parseCsv(text: string): Plain[] {
  const [header = [], ...records] = recordsOf(text);
  return records
    .filter((record) => record.length > 1 || record[0] !== '')
    .map((record) => {
      const row: Plain = {};
      header.forEach((name, i) => {
        const value = record[i];
        row[name] = value === undefined || value === '' ? null : value;
      });
      return row;
    });
}

function recordsOf(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let value = '';
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i] as string;
    if (quoted) {
      if (char !== '"') value += char;
      else if (text[i + 1] === '"') {
        value += '"';
        i += 1;
      } else quoted = false;
    } else if (char === '"' && value === '') quoted = true;
    else if (char === ',') {
      record.push(value);
      value = '';
    } else if (char === '\n' || char === '\r') {
      if (char === '\r' && text[i + 1] === '\n') i += 1;
      record.push(value);
      records.push(record);
      [record, value] = [[], ''];
    } else value += char;
  }
  record.push(value);
  records.push(record);
  return records;
}
