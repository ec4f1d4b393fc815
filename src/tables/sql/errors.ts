/** What can be wrong with a statement about Delta tables. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'bad-statement': ErrorKind<{ statement: string; problem: string; expected: string }>;
  'not-delta': ErrorKind<{ name: string; statement: string; kind: string }>;
  'unknown-table': ErrorKind<{ name: string; known: readonly string[] }>;
};

const kinds: Kinds = {
  'bad-statement': {
    message: (d) => `${d.statement}: ${d.problem}`,
    hint: (d) => `The statement goes: ${d.expected}`,
    sqlState: '42601',
    httpStatus: 400,
    exitCode: 1,
  },
  'not-delta': {
    message: (d) => `${d.name} is ${d.kind}, and ${d.statement} needs a Delta table`,
    hint: () => "Name a Delta table of the catalog, or one by its place: delta.'path/to/table'.",
    sqlState: '42809',
    httpStatus: 400,
    exitCode: 1,
  },
  'unknown-table': {
    message: (d) => `there is no table ${d.name}`,
    hint: (d) =>
      d.known.length > 0
        ? `Tables there are: ${d.known.join(', ')}. One outside the catalog is named by its place: delta.'path/to/table'.`
        : "Name it by its place: delta.'path/to/table'.",
    sqlState: '42P01',
    httpStatus: 404,
    exitCode: 1,
  },
};

/** Errors of statements about Delta tables. */
export const statementErrors: ErrorsOf<Kinds> = defineErrors('tables', kinds);
