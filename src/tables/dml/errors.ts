/** What can go wrong with a DELETE, UPDATE or MERGE before anything is written. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'not-an-expression': ErrorKind<{ what: string; sql: string; problem: string }>;
  'bad-merge': ErrorKind<{ table: string; problem: string }>;
  'merge-duplicate-match': ErrorKind<{ table: string; key: string; sourceRows: number }>;
  'no-such-column': ErrorKind<{ table: string; column: string; what: string; known: readonly string[] }>;
  'source-lacks-column': ErrorKind<{ table: string; columns: readonly string[]; what: string }>;
  'assigned-twice': ErrorKind<{ table: string; column: string; what: string }>;
  'assignment-type': ErrorKind<{ table: string; column: string; from: string; to: string; what: string }>;
  'assignment-value': ErrorKind<{ table: string; column: string; from: string; to: string; value: string }>;
  'nothing-to-set': ErrorKind<{ table: string }>;
  'computed-column': ErrorKind<{ table: string; column: string; kind: string }>;
};

const kinds: Kinds = {
  'not-an-expression': {
    message: (d) => `${d.what} is not an SQL expression: ${d.problem} (${d.sql})`,
    hint: () => 'Give one expression, as it would stand in a SELECT. Nothing was written.',
    sqlState: '42601',
    httpStatus: 400,
    exitCode: 1,
  },
  'bad-merge': {
    message: (d) => `the merge into ${d.table} makes no sense: ${d.problem}`,
    hint: () => 'Nothing was written.',
    sqlState: '42601',
    httpStatus: 400,
    exitCode: 1,
  },
  'merge-duplicate-match': {
    message: (d) =>
      `the merge into ${d.table} is ambiguous: ${d.sourceRows} rows of the source match one row of the table (${d.key})`,
    hint: () =>
      'Make the source unique by what the rows are matched on: keep the row that is to win. Nothing was written.',
    sqlState: '21000',
    httpStatus: 409,
    exitCode: 1,
  },
  'no-such-column': {
    message: (d) => `${d.what} names '${d.column}', which ${d.table} doesn't have`,
    hint: (d) => `The columns are ${d.known.join(', ')}. Schema evolution adds columns that the source has.`,
    sqlState: '42703',
    httpStatus: 400,
    exitCode: 1,
  },
  'source-lacks-column': {
    message: (d) =>
      `${d.what} takes every column of ${d.table}, and the source has no ${d.columns.join(', ')}`,
    hint: () =>
      'Add the columns to the source, name those that are to be set, or allow schema evolution, which leaves the others as they are.',
    sqlState: '42703',
    httpStatus: 400,
    exitCode: 1,
  },
  'assigned-twice': {
    message: (d) => `${d.what} gives '${d.column}' of ${d.table} two values`,
    hint: () =>
      'Letter case makes no difference between columns, and a struct is set whole or by its members.',
    sqlState: '42701',
    httpStatus: 400,
    exitCode: 1,
  },
  'assignment-type': {
    message: (d) =>
      `${d.what} gives '${d.column}' of ${d.table}, which is ${d.to}, a value of type ${d.from}`,
    hint: (d) => `Cast the value to ${d.to}. Nothing was written.`,
    sqlState: '42804',
    httpStatus: 400,
    exitCode: 1,
  },
  'assignment-value': {
    message: (d) =>
      `'${d.column}' of ${d.table} is ${d.to}, and the value ${d.value} of type ${d.from} doesn't fit in it`,
    hint: () => 'Nothing was written. TRY_CAST makes such values null.',
    sqlState: '22018',
    httpStatus: 400,
    exitCode: 1,
  },
  'nothing-to-set': {
    message: (d) => `the update of ${d.table} sets no column`,
    hint: () => "Name at least one: { set: { price: 'price * 2' } }.",
    sqlState: '42601',
    httpStatus: 400,
    exitCode: 1,
  },
  'computed-column': {
    message: (d) => `'${d.column}' of ${d.table} is ${d.kind}, so it can't be set`,
    hint: () => 'Leave it out: the table computes it. Nothing was written.',
    sqlState: '428C9',
    httpStatus: 400,
    exitCode: 1,
  },
};

/** The errors of changes to rows. */
export const dmlErrors: ErrorsOf<Kinds> = defineErrors('tables', kinds);
