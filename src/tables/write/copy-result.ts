/** What `COPY … (RETURN_STATS)` says about the files it wrote. */
import { assert } from '../../base/index.ts';
import { MapValue, type ResultTable, type SqlValue } from '../../duckdb/index.ts';

/** Bounds and counts of one leaf column, as text. */
export type ColumnStats = ReadonlyMap<string, string>;

/** A file that a COPY wrote. */
export interface WrittenFile {
  /** Absolute. */
  readonly file: string;
  readonly rows: number;
  readonly sizeBytes: number;
  /** By the names that lead to a leaf: `["s", "a"]`; parts of lists are called `element`, of maps `key` and `value`. */
  readonly columns: readonly { readonly path: readonly string[]; readonly stats: ColumnStats }[];
  /** Partition column by column; null for null. */
  readonly partition: ReadonlyMap<string, string | null>;
}

/** The files of a COPY's result. Pure. */
export function parseCopyResult(result: ResultTable): WrittenFile[] {
  const index = (name: string): number => {
    const found = result.columns.findIndex((column) => column.name === name);
    assert(found >= 0, `COPY returns ${name}`);
    return found;
  };
  const [file, count, size, stats, keys] = [
    index('filename'),
    index('count'),
    index('file_size_bytes'),
    index('column_statistics'),
    index('partition_keys'),
  ];
  return result.rows.map((row) => ({
    file: row[file] as string,
    rows: Number(row[count]),
    sizeBytes: Number(row[size]),
    columns: entries(row[stats]).map(([path, values]) => ({
      path: parsePath(path as string),
      stats: new Map(entries(values).map(([key, value]) => [key as string, value as string])),
    })),
    partition: new Map(entries(row[keys]).map(([key, value]) => [key as string, value as string | null])),
  }));
}

function entries(value: SqlValue | undefined): readonly (readonly [SqlValue, SqlValue])[] {
  return value instanceof MapValue ? value.entries : [];
}

/** `"s"."a""b"` as its names. Pure. */
export function parsePath(text: string): string[] {
  return Array.from(text.matchAll(/"((?:[^"]|"")*)"/g), ([, name = '']) => name.replaceAll('""', '"'));
}
