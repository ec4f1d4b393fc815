/** What can be wrong with a table's definition, and with what is asked of it. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'bad-schema-text': ErrorKind<{ text: string; at: number; problem: string }>;
  'bad-column-spec': ErrorKind<{ table: string; column: string; problem: string; hint?: string }>;
  'no-such-column': ErrorKind<{ table: string; column: string; near: string | undefined }>;
  'column-exists': ErrorKind<{ table: string; column: string }>;
  'unknown-property': ErrorKind<{ table: string; key: string; near: string | undefined }>;
  'bad-property': ErrorKind<{ table: string; key: string; value: string; expected: string }>;
  'internal-property': ErrorKind<{ table: string; key: string; instead: string }>;
  'no-such-property': ErrorKind<{ table: string; key: string; near: string | undefined }>;
  'needs-column-mapping': ErrorKind<{ table: string; column: string; doing: 'rename' | 'drop' }>;
  'column-in-use': ErrorKind<{ table: string; column: string; doing: string; by: readonly string[] }>;
  'cannot-change-type': ErrorKind<{
    table: string;
    column: string;
    from: string;
    to: string;
    problem: string;
    hint: string;
  }>;
  'rows-break-constraint': ErrorKind<{ table: string; constraint: string; expression: string; row: string }>;
  'rows-lack-value': ErrorKind<{ table: string; column: string; row: string }>;
  'constraint-exists': ErrorKind<{ table: string; constraint: string; expression: string }>;
  'no-such-constraint': ErrorKind<{ table: string; constraint: string; near: string | undefined }>;
  'bad-clustering': ErrorKind<{ table: string; problem: string }>;
  'bad-protocol-upgrade': ErrorKind<{ table: string; problem: string }>;
  'not-compatible': ErrorKind<{ table: string; feature: string; problems: readonly string[] }>;
  'feature-in-history': ErrorKind<{ table: string; feature: string; version: number; retention: string }>;
  'files-are-gone': ErrorKind<{ table: string; version: number; files: readonly string[]; count: number }>;
  'vacuum-under-way': ErrorKind<{ table: string; version: number; since: string }>;
  'cannot-convert': ErrorKind<{ folder: string; problem: string; hint: string }>;
  'mixed-schemas': ErrorKind<{ folder: string; problems: readonly string[] }>;
  'cannot-clone': ErrorKind<{ table: string; target: string; problem: string }>;
};

const near = (name: string | undefined): string | undefined =>
  name === undefined ? undefined : `Did you mean '${name}'?`;

const kinds: Kinds = {
  'bad-schema-text': {
    message: (d) => `the columns can't be understood at '${excerpt(d.text, d.at)}': ${d.problem}`,
    hint: () => "Write them as SQL does: id BIGINT NOT NULL COMMENT 'the key', day DATE.",
    sqlState: '42601',
    httpStatus: 400,
    exitCode: 1,
  },
  'bad-column-spec': {
    message: (d) => `column '${d.column}' of ${d.table}: ${d.problem}`,
    hint: (d) => d.hint,
    sqlState: '42611',
    httpStatus: 400,
    exitCode: 1,
  },
  'no-such-column': {
    message: (d) => `${d.table} has no column '${d.column}'`,
    hint: (d) => near(d.near),
    sqlState: '42703',
    httpStatus: 404,
    exitCode: 1,
  },
  'column-exists': {
    message: (d) => `${d.table} has a column '${d.column}' already (letter case doesn't count)`,
    sqlState: '42701',
    httpStatus: 409,
    exitCode: 1,
  },
  'unknown-property': {
    message: (d) => `${d.key} is no property of Delta tables (in ${d.table})`,
    hint: (d) =>
      near(d.near) ?? "Properties of your own must not begin with 'delta.', which belongs to the format.",
    sqlState: '42616',
    httpStatus: 400,
    exitCode: 1,
  },
  'bad-property': {
    message: (d) => `the property ${d.key} of ${d.table} can't be '${d.value}': it has to be ${d.expected}`,
    hint: () => 'Nothing was changed.',
    sqlState: '22023',
    httpStatus: 400,
    exitCode: 1,
  },
  'internal-property': {
    message: (d) => `the property ${d.key} of ${d.table} is kept by writers and can't be set`,
    hint: (d) => d.instead,
    sqlState: '42616',
    httpStatus: 400,
    exitCode: 1,
  },
  'no-such-property': {
    message: (d) => `${d.table} has no property ${d.key}, so it can't be unset`,
    hint: (d) => near(d.near) ?? 'IF EXISTS (ifExists: true) leaves it at that.',
    sqlState: '42704',
    httpStatus: 404,
    exitCode: 1,
  },
  'needs-column-mapping': {
    message: (d) =>
      `can't ${d.doing} column '${d.column}' of ${d.table}: its files know columns by their names`,
    hint: () => "Turn on column mapping first: set the property delta.columnMapping.mode to 'name'.",
    sqlState: '0A000',
    httpStatus: 409,
    exitCode: 1,
  },
  'column-in-use': {
    message: (d) => `can't ${d.doing} column '${d.column}' of ${d.table}: ${d.by.join(', ')} rests on it`,
    hint: () => 'Drop or change what rests on it first.',
    sqlState: '2BP01',
    httpStatus: 409,
    exitCode: 1,
  },
  'cannot-change-type': {
    message: (d) => `column '${d.column}' of ${d.table} can't change from ${d.from} to ${d.to}: ${d.problem}`,
    hint: (d) => d.hint,
    sqlState: '42846',
    httpStatus: 409,
    exitCode: 1,
  },
  'rows-break-constraint': {
    message: (d) =>
      `${d.table} has rows that break the constraint '${d.constraint}', ${d.expression}, so it can't be added: ${d.row}`,
    hint: () => 'Correct or delete such rows first. Nothing was changed.',
    sqlState: '23514',
    httpStatus: 409,
    exitCode: 1,
  },
  'rows-lack-value': {
    message: (d) => `column '${d.column}' of ${d.table} can't be made NOT NULL: it is null in ${d.row}`,
    hint: () => 'Give the column a value in every row first. Nothing was changed.',
    sqlState: '23502',
    httpStatus: 409,
    exitCode: 1,
  },
  'constraint-exists': {
    message: (d) => `${d.table} has a constraint '${d.constraint}' already: ${d.expression}`,
    hint: () => 'Drop it first, or choose another name.',
    sqlState: '42710',
    httpStatus: 409,
    exitCode: 1,
  },
  'no-such-constraint': {
    message: (d) => `${d.table} has no constraint '${d.constraint}'`,
    hint: (d) => near(d.near) ?? 'IF EXISTS (ifExists: true) leaves it at that.',
    sqlState: '42704',
    httpStatus: 404,
    exitCode: 1,
  },
  'bad-clustering': {
    message: (d) => `${d.table} can't be clustered so: ${d.problem}`,
    sqlState: '42P16',
    httpStatus: 409,
    exitCode: 1,
  },
  'bad-protocol-upgrade': {
    message: (d) => `the protocol of ${d.table} can't be upgraded so: ${d.problem}`,
    sqlState: '22023',
    httpStatus: 409,
    exitCode: 1,
  },
  'not-compatible': {
    message: (d) => `${d.table} can't have ${d.feature}: ${d.problems.join('; ')}`,
    hint: () => 'Nothing was changed. Meet what it requires first.',
    sqlState: '55000',
    httpStatus: 409,
    exitCode: 1,
  },
  'feature-in-history': {
    message: (d) =>
      `can't drop the feature ${d.feature} of ${d.table} yet: versions from ${d.version} on still need it`,
    hint: (d) =>
      `Nothing in the current version needs it any more. Drop it again with truncateHistory once those versions are older than ${d.retention} (delta.dropFeatureTruncateHistory.retentionDuration): the log before is then removed.`,
    sqlState: '55000',
    httpStatus: 409,
    exitCode: 1,
  },
  'files-are-gone': {
    message: (d) =>
      `${d.table} can't be restored to version ${d.version}: ${d.count} of its files are gone (${d.files.join(', ')}${d.count > d.files.length ? ', …' : ''})`,
    hint: () => 'They were vacuumed, or removed by hand. Restore a later version.',
    sqlState: '58P01',
    httpStatus: 409,
    exitCode: 1,
  },
  'vacuum-under-way': {
    message: (d) =>
      `${d.table} can't be restored to version ${d.version}: a vacuum that began at ${d.since} may be deleting its files`,
    hint: () =>
      'Run it again when the vacuum has ended. One that was killed is taken for ended a day after it began.',
    sqlState: '55006',
    httpStatus: 409,
    exitCode: 1,
    retryable: true,
  },
  'cannot-convert': {
    message: (d) => `${d.folder} can't become a Delta table: ${d.problem}`,
    hint: (d) => d.hint,
    sqlState: '55000',
    httpStatus: 409,
    exitCode: 1,
  },
  'mixed-schemas': {
    message: (d) => `the files of ${d.folder} don't have one schema: ${d.problems.join('; ')}`,
    hint: () => 'Rewrite the files named so that a column has one type everywhere. Nothing was changed.',
    sqlState: '42804',
    httpStatus: 409,
    exitCode: 1,
  },
  'cannot-clone': {
    message: (d) => `${d.table} can't be cloned to ${d.target}: ${d.problem}`,
    sqlState: '55000',
    httpStatus: 409,
    exitCode: 1,
  },
};

/** The text around a place in it. */
function excerpt(text: string, at: number): string {
  const part = text
    .substring(Math.max(0, at - 12), at + 20)
    .replace(/\s+/g, ' ')
    .trim();
  return part === '' ? 'the end' : part;
}

/** The errors of making, changing, copying and restoring tables. */
export const alterErrors: ErrorsOf<Kinds> = defineErrors('tables', kinds);
