/** What can go wrong with a Delta table's log. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  'bad-deletion-vector': ErrorKind<{ table: string; file: string; problem: string }>;
  'not-a-table': ErrorKind<{ table: string }>;
  'corrupt-log': ErrorKind<{ table: string; problem: string }>;
  'bad-schema': ErrorKind<{ problem: string }>;
  'bad-partition-value': ErrorKind<{ value: string; type: string; column?: string; file?: string }>;
  'no-such-version': ErrorKind<{ table: string; wanted: string; first: number; last: number }>;
  'unsupported-feature': ErrorKind<{
    table: string;
    doing: 'read' | 'write' | 'create';
    features: readonly string[];
  }>;
  'commit-conflict': ErrorKind<{ table: string; version: number; conflicts: readonly string[] }>;
  'append-only': ErrorKind<{ table: string }>;
  'cannot-drop-feature': ErrorKind<{ table: string; feature: string; problem: string }>;
  'unknown-row-count': ErrorKind<{ table: string; file: string }>;
  'broken-promise': ErrorKind<{ table: string; feature: string; problem: string }>;
  'outside-table': ErrorKind<{ table: string; path: string }>;
};

const kinds: Kinds = {
  'bad-deletion-vector': {
    message: (d) => `the deletion vector of ${d.file} in ${d.table} is damaged: ${d.problem}`,
    hint: () => 'Nothing was read, since deleted rows would come back. Restore the named file from a copy.',
    sqlState: 'XX001',
  },
  'not-a-table': {
    message: (d) => `${d.table} is not a Delta table: it has no _delta_log with commits`,
    hint: () => 'Check the path. A table is created by the first write to it.',
    sqlState: '42P01',
    httpStatus: 404,
  },
  'corrupt-log': {
    message: (d) => `the log of ${d.table} is damaged: ${d.problem}`,
    hint: () =>
      'Nothing was read. Restore the named file from a copy, or read an earlier version of the table that does not need it.',
    sqlState: 'XX001',
  },
  'bad-schema': {
    message: (d) => `the table's schema can't be understood: ${d.problem}`,
    hint: () =>
      'The schema stands in the last metaData action of the log. Was it written by another program?',
    sqlState: 'XX001',
  },
  'bad-partition-value': {
    message: (d) =>
      `'${clipped(d.value)}' is not a partition value of type ${d.type}${d.file === undefined ? '' : `: the log has it for column '${d.column}' of ${d.file}`}`,
    hint: () => 'See "Partition Value Serialization" in the Delta protocol for how a value is spelled.',
    sqlState: '22P02',
  },
  'no-such-version': {
    message: (d) => `${d.table} can't be read as of ${d.wanted}: it has versions ${d.first} to ${d.last}`,
    hint: () => 'Versions before the first were removed by log clean-up, or never were.',
    sqlState: '22023',
    httpStatus: 404,
  },
  'unsupported-feature': {
    message: (d) => `can't ${d.doing} ${d.table}: it needs ${d.features.join(', ')}`,
    hint: (d) =>
      d.doing === 'read'
        ? 'No row was read, since it could be wrong. Read the table with a program that knows the feature, or rewrite it without.'
        : 'Nothing was written, since it could break the table. Turn the feature off, or write with a program that knows it.',
    sqlState: '0A000',
    httpStatus: 501,
  },
  'commit-conflict': {
    message: (d) =>
      `${d.table}: version ${d.version} was taken by a writer that changed the same data (${d.conflicts.join('; ')})`,
    hint: () => 'Run the command again. If it keeps losing, give the two writers disjoint partitions.',
    sqlState: '40001',
    httpStatus: 409,
    retryable: true,
  },
  'append-only': {
    message: (d) => `${d.table} is append-only (delta.appendOnly is true): rows can't be removed or replaced`,
    hint: () => "Append instead, or set the table's property delta.appendOnly to false.",
    sqlState: '55000',
    httpStatus: 409,
  },
  'cannot-drop-feature': {
    message: (d) => `can't drop the feature ${d.feature} of ${d.table}: ${d.problem}`,
    hint: () =>
      'Turn the feature off first (its property, or the columns that use it), and rewrite the files that need it: purge deletion vectors, rewrite widened columns.',
    sqlState: '55000',
    httpStatus: 409,
    exitCode: 1,
  },
  'unknown-row-count': {
    message: (d) => `can't delete rows of ${d.file} in ${d.table} by position: its row count isn't known`,
    hint: () => 'The file has no statistics. Rewrite it (optimize), and try again.',
    sqlState: '55000',
  },
  'broken-promise': {
    message: (d) => `${d.table} has ${d.feature}, which this commit would break: ${d.problem}`,
    hint: () => 'Nothing was committed. Turn the feature off, or change what is asked for so that it holds.',
    sqlState: '55000',
    httpStatus: 409,
    exitCode: 1,
  },
  'outside-table': {
    message: (d) => `${d.table} names a file outside its own folder: ${d.path}`,
    hint: () =>
      'Nothing was read. Files elsewhere are named by absolute URIs; a path that climbs out of the folder is refused.',
    sqlState: '0A000',
  },
};

/** A value in a message: its beginning tells which one is meant. */
function clipped(value: string): string {
  return value.length > 100 ? `${value.slice(0, 100)}…` : value;
}

/** The errors of the Delta layer. */
export const deltaErrors: ErrorsOf<Kinds> = defineErrors('delta', kinds);
