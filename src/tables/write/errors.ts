/** What can be wrong with rows, as a table's own rules see it. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'constraint-violated': ErrorKind<{ table: string; constraint: string; expression: string; row: string }>;
  'missing-value': ErrorKind<{ table: string; column: string; row: string }>;
  'generated-value-differs': ErrorKind<{ table: string; column: string; expression: string; row: string }>;
  'row-outside-predicate': ErrorKind<{ table: string; predicate: string; row: string }>;
  'identity-given': ErrorKind<{ table: string; column: string }>;
  'identity-exhausted': ErrorKind<{ table: string; column: string }>;
  'bad-expression': ErrorKind<{ expression: string; problem: string }>;
  'unrepresentable-value': ErrorKind<{ table: string; column: string; value: string; type: string }>;
};

const kinds: Kinds = {
  'constraint-violated': {
    message: (d) => `a row breaks the constraint '${d.constraint}' of ${d.table}, ${d.expression}: ${d.row}`,
    hint: () => 'Nothing was written. Correct or leave out such rows, or drop the constraint.',
    sqlState: '23514',
    httpStatus: 409,
    exitCode: 1,
  },
  'missing-value': {
    message: (d) => `column '${d.column}' of ${d.table} must not be null, and is in this row: ${d.row}`,
    hint: () => 'Nothing was written. Give the column a value in every row.',
    sqlState: '23502',
    httpStatus: 409,
    exitCode: 1,
  },
  'generated-value-differs': {
    message: (d) =>
      `column '${d.column}' of ${d.table} is generated as ${d.expression}, and this row has another value: ${d.row}`,
    hint: (d) => `Nothing was written. Leave '${d.column}' out of the rows: it is computed.`,
    sqlState: '428C9',
    httpStatus: 409,
    exitCode: 1,
  },
  'row-outside-predicate': {
    message: (d) => `a row is not among those replaced in ${d.table}, ${d.predicate}: ${d.row}`,
    hint: () =>
      'Nothing was written. Every row has to match replaceWhere, or it would come beside what it replaces.',
    sqlState: '23514',
    httpStatus: 409,
    exitCode: 1,
  },
  'identity-given': {
    message: (d) =>
      `column '${d.column}' of ${d.table} is GENERATED ALWAYS AS IDENTITY: its values can't be given`,
    hint: (d) => `Leave '${d.column}' out of the rows.`,
    sqlState: '428C9',
    httpStatus: 409,
    exitCode: 1,
  },
  'identity-exhausted': {
    message: (d) => `column '${d.column}' of ${d.table} has no identity values left within 64 bits`,
    sqlState: '2200H',
    exitCode: 1,
  },
  'bad-expression': {
    message: (d) => `the expression ${d.expression} can't be evaluated: ${d.problem}`,
    hint: () =>
      'It stands in the table and is SQL as Spark has it. Write the table with Spark, or change the expression.',
    sqlState: '0A000',
    exitCode: 1,
  },
  'unrepresentable-value': {
    message: (d) => `column '${d.column}' of ${d.table} is ${d.type}, which can't hold ${d.value}`,
    hint: () => 'Nothing was written. Delta has no infinite dates or times: write null, or a far date.',
    sqlState: '22008',
    exitCode: 1,
  },
};

/** The errors of writing rows. */
export const writeErrors: ErrorsOf<Kinds> = defineErrors('tables', kinds);
