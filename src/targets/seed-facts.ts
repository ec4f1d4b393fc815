/** A seed's file, read far enough to plan: its delimiter, and its columns with their types. */
import { readFile } from 'node:fs/promises';
import { type AgateTable, csvTable, type ManifestNode } from '../compiler/index.ts';
import { parseCsv } from './csv.ts';
import { targetErrors } from './errors.ts';
import { mapping, text } from './node-config.ts';
import type { SeedFacts } from './plan-input.ts';
import { inferSeedType } from './seed-types.ts';

/**
 * What the CSV file of a seed holds. `column_types` wins over what its cells look like.
 *
 * @throws targets.unreadable-seed with the line where there is one.
 */
export async function readSeedFacts(node: ManifestNode, file: string): Promise<Omit<SeedFacts, 'quote'>> {
  const delimiter = text(node, 'delimiter') ?? ',';
  const { header, rows } = parseCsv(await readText(file), delimiter, file);
  // As dbt has it, a name in other letters than the file's names no column.
  const given = new Map(
    Object.entries(mapping(node, 'column_types')).map(([name, type]) => [name, String(type)]),
  );
  const columns = header.map((name, index) => ({
    name,
    type: given.get(name) ?? inferSeedType(rows.map((row) => row[index] ?? '')),
  }));
  const isRagged = rows.some(({ length }) => length > 0 && length < header.length);
  return { file, delimiter, columns, rows: rows.length, isRagged };
}

/**
 * The rows of a seed's file as values: what the macros of dbt that load seeds are given.
 *
 * @throws targets.unreadable-seed with the line where there is one.
 */
export async function readSeedTable(node: ManifestNode, file: string): Promise<AgateTable> {
  const { header, rows } = parseCsv(await readText(file), text(node, 'delimiter') ?? ',', file);
  return csvTable(header, rows, new Set(Object.keys(mapping(node, 'column_types'))));
}

async function readText(file: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw targetErrors['unreadable-seed']({ file, problem }, { cause, location: { file } });
  }
  try {
    // Python reads every line's end as one newline, within cells, too.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r\n?/g, '\n');
  } catch (cause) {
    const line = lineOfBadByte(bytes);
    throw targetErrors['unreadable-seed'](
      { file, problem: 'it is not UTF-8 text' },
      { cause, location: { file, line }, hint: 'Save the file as UTF-8.' },
    );
  }
}

/** The first line that doesn't decode. */
function lineOfBadByte(bytes: Uint8Array): number {
  let line = 1;
  let start = 0;
  for (let at = 0; at <= bytes.length; at += 1) {
    if (at < bytes.length && bytes[at] !== 10) continue;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, at));
    } catch {
      return line;
    }
    line += 1;
    start = at + 1;
  }
  return 1;
}
