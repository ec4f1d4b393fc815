/** The tests that an entry lists: on its columns first, then on itself, each with its place. */
import { isPlainDict } from '../project/index.ts';
import type { Plain } from './manifest.ts';
import { pythonStr } from './python-repr.ts';

/** One listed test. */
export interface ListedTest {
  readonly written: unknown;
  readonly columnName: string | null;
  readonly columnTags: readonly string[];
  /** From the entry. */
  readonly path: readonly (string | number)[];
}

/**
 * Every test of `data`, columns before the whole. Both spellings, `data_tests` and `tests`, are read.
 *
 * @param path where `data` stands in its entry.
 * @param quoteColumns whether the columns' names are quoted unless they say otherwise.
 */
export function* testsOf(
  data: Plain,
  path: readonly (string | number)[],
  quoteColumns: boolean,
  columns: unknown = data['columns'],
): Iterable<ListedTest> {
  if (Array.isArray(columns)) {
    for (const [index, column] of columns.entries()) {
      if (!isPlainDict(column) || column['name'] === undefined) continue;
      const name = pythonStr(column['name']);
      const quoted = column['quote'] === true || (column['quote'] == null && quoteColumns);
      const config = isPlainDict(column['config']) ? column['config'] : {};
      const columnTags = [...new Set([...textsOf(column['tags']), ...textsOf(config['tags'])])];
      for (const [key, at, written] of listed(column)) {
        yield {
          written,
          columnName: quoted ? `"${name}"` : name,
          columnTags,
          path: [...path, 'columns', index, key, at],
        };
      }
    }
  }
  for (const [key, at, written] of listed(data)) {
    yield { written, columnName: null, columnTags: [], path: [...path, key, at] };
  }
}

function* listed(data: Plain): Iterable<[string, number, unknown]> {
  for (const key of ['data_tests', 'tests']) {
    const list = data[key];
    if (Array.isArray(list)) for (const [index, test] of list.entries()) yield [key, index, test];
  }
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.map(pythonStr) : [];
}
