/** What can go wrong with a table, as opposed to its log (`delta`) or the engine (`duckdb`). */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  'already-exists': ErrorKind<{ table: string; version: number }>;
  'schema-mismatch': ErrorKind<{ table: string; problems: readonly string[]; canMerge: boolean }>;
  'partition-mismatch': ErrorKind<{ table: string; wanted: readonly string[]; actual: readonly string[] }>;
  'bad-partition-column': ErrorKind<{ column: string; problem: string }>;
  'unsupported-type': ErrorKind<{ column: string; type: string; cast: string }>;
  'duplicate-column': ErrorKind<{ column: string }>;
  'mixed-types': ErrorKind<{ column: string; row: number; expected: string; found: string }>;
  'bad-row': ErrorKind<{ row: number; problem: string }>;
  'bad-option': ErrorKind<{ option: string; value: string; expected: string }>;
  'bad-rows': ErrorKind<{ found: string }>;
  'no-columns': ErrorKind<{ what: string }>;
  'unknown-format': ErrorKind<{ source: string }>;
  'no-files': ErrorKind<{ source: string }>;
  'unreadable-source': ErrorKind<{ source: string; problem: string }>;
  'download-failed': ErrorKind<{ url: string; problem: string }>;
  'damaged-file': ErrorKind<{ table: string; file: string; problem: string }>;
  'bad-delta-scan': ErrorKind<{ problem: string }>;
  'pinned-table': ErrorKind<{ table: string; version: number }>;
};

const kinds: Kinds = {
  'already-exists': {
    message: (d) => `${d.table} is a table already, at version ${d.version}`,
    hint: () => "Choose mode 'append', 'overwrite' or 'ignore'.",
    sqlState: '42P07',
    httpStatus: 409,
    exitCode: 1,
  },
  'schema-mismatch': {
    message: (d) => `the rows don't fit ${d.table}: ${d.problems.join('; ')}`,
    hint: (d) =>
      d.canMerge
        ? "Add the new columns with schemaMode 'merge' (--schema-mode merge), or replace the table's schema with mode 'overwrite' and schemaMode 'overwrite'."
        : "Cast the columns in the query, or replace the table's schema with mode 'overwrite' and schemaMode 'overwrite'.",
    sqlState: '42804',
    httpStatus: 409,
    exitCode: 1,
  },
  'partition-mismatch': {
    message: (d) => `${d.table} is partitioned by (${d.actual.join(', ')}), not by (${d.wanted.join(', ')})`,
    hint: () =>
      "Leave partitionBy out to keep the table's partitioning, or change it with mode 'overwrite' and schemaMode 'overwrite'.",
    sqlState: '42P16',
    exitCode: 1,
  },
  'bad-partition-column': {
    message: (d) => `can't partition by '${d.column}': ${d.problem}`,
    sqlState: '42703',
    exitCode: 1,
  },
  'unsupported-type': {
    message: (d) => `column '${d.column}' is ${d.type}, which Delta has no type for`,
    hint: (d) => `Cast it in the query: ${d.cast}.`,
    sqlState: '0A000',
    exitCode: 1,
  },
  'duplicate-column': {
    message: (d) => `the rows have two columns named '${d.column}' (letter case doesn't count)`,
    hint: () => 'Rename one of them.',
    sqlState: '42701',
    exitCode: 1,
  },
  'mixed-types': {
    message: (d) => `row ${d.row}: '${d.column}' is ${d.found}, and was ${d.expected} in the rows before`,
    hint: () => 'Give the rows one type per column.',
    sqlState: '42804',
    exitCode: 1,
  },
  'bad-row': {
    message: (d) => `row ${d.row} can't be written: ${d.problem}`,
    hint: () => 'A row is an object: column names and their values. Nothing was written.',
    sqlState: '22023',
    httpStatus: 400,
    exitCode: 1,
  },
  'bad-option': {
    message: (d) => `${d.option} is '${d.value}'; expected ${d.expected}`,
    hint: () => 'Nothing was written.',
    sqlState: '22023',
    httpStatus: 400,
    exitCode: 1,
  },
  'bad-rows': {
    message: (d) => `the rows to write are ${d.found}`,
    hint: () =>
      "Give an array or an (async) iterable of objects, an Arrow table, the bytes of an Arrow IPC stream, or { sql: 'select …' }.",
    sqlState: '22023',
    httpStatus: 400,
    exitCode: 1,
  },
  'no-columns': {
    message: (d) => `${d.what} has no columns: there is nothing to read or write`,
    exitCode: 1,
  },
  'unknown-format': {
    message: (d) => `can't tell what ${d.source} holds from its name`,
    hint: () => 'Say so: --format csv, json, ndjson or parquet.',
    exitCode: 1,
  },
  'no-files': {
    message: (d) => `no file matches ${d.source}`,
    hint: () => 'Check the path; a pattern needs quotes, or the shell expands it.',
    sqlState: '58P01',
    exitCode: 1,
  },
  'unreadable-source': {
    message: (d) => `${d.source} can't be read: ${d.problem}`,
    exitCode: 1,
  },
  'download-failed': {
    message: (d) => `${d.url} can't be downloaded: ${d.problem}`,
    retryable: true,
    exitCode: 1,
  },
  'damaged-file': {
    message: (d) => `the data file ${d.file} of ${d.table} is damaged: ${d.problem}`,
    hint: () =>
      'Restore the named file from a copy, or read a version of the table that does not need it; the other files are not affected.',
    sqlState: 'XX001',
  },
  'pinned-table': {
    message: (d) =>
      `${d.table} was opened at version ${d.version}, and versions of the past can't be changed`,
    hint: () => 'Open the table without a version or timestamp; to go back to that version, restore it.',
    sqlState: '25006',
    httpStatus: 409,
    exitCode: 1,
  },
  'bad-delta-scan': {
    message: (d) => `delta_scan: ${d.problem}`,
    hint: () => "Write delta_scan('path/to/table') or delta_scan('path/to/table', version => 3).",
    sqlState: '42601',
    exitCode: 1,
  },
};

/** The errors of this layer. */
export const tablesErrors: ErrorsOf<Kinds> = defineErrors('tables', kinds);
