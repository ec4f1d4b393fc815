/** What can go wrong with the upkeep of a table. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'bad-optimize': ErrorKind<{ table: string; problem: string }>;
  'retention-too-short': ErrorKind<{ table: string; hours: number; tableHours: number }>;
  'no-lite-vacuum': ErrorKind<{ table: string; first: number; vacuumed: number | undefined }>;
  'unreadable-lake': ErrorKind<{ path: string }>;
};

const kinds: Kinds = {
  'bad-optimize': {
    message: (d) => `${d.table} can't be optimized like that: ${d.problem}`,
    hint: () => 'Nothing was written.',
    sqlState: '42601',
    httpStatus: 400,
    exitCode: 1,
  },
  'retention-too-short': {
    message: (d) =>
      `vacuuming ${d.table} with ${d.hours} hours of retention is refused: the table keeps removed files for ${d.tableHours} hours`,
    hint: () =>
      'Versions of the past would become unreadable, and files of writers at work would go. Set the table property delta.deletedFileRetentionDuration, or say that retention needn’t be enforced (--force; enforceRetention: false). Nothing was deleted.',
    sqlState: '22023',
    httpStatus: 409,
    exitCode: 1,
  },
  'no-lite-vacuum': {
    message: (d) =>
      `${d.table} can't be vacuumed by its log alone: the log begins at version ${d.first}, and ${
        d.vacuumed === undefined
          ? 'no vacuum before it is known of'
          : `the last vacuum went up to version ${d.vacuumed}`
      }`,
    hint: () => 'Vacuum once with mode full, which lists the folder. Nothing was deleted.',
    sqlState: '55000',
    httpStatus: 409,
    exitCode: 1,
  },
  'unreadable-lake': {
    message: (d) => `${d.path} tells which files readers of the lake need, and it is damaged: it is not JSON`,
    hint: () =>
      'Nothing was deleted. Look with `boathouse log` which version of the lake it is. Where it can be done without, move the file away.',
    sqlState: '58030',
    httpStatus: 409,
    exitCode: 1,
  },
};

/** The errors of upkeep. */
export const maintainErrors: ErrorsOf<Kinds> = defineErrors('tables', kinds);
