/** What can be wrong with asking for a table's changes. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../../base/index.ts';

type Kinds = {
  'no-change-feed': ErrorKind<{ table: string; version: number }>;
  'bad-change-range': ErrorKind<{ table: string; problem: string }>;
  'bad-table-changes': ErrorKind<{ problem: string }>;
  'unreadable-change': ErrorKind<{ table: string; version: number; file: string }>;
};

const kinds: Kinds = {
  'no-change-feed': {
    message: (d) =>
      `${d.table} kept no change data feed at version ${d.version}: delta.enableChangeDataFeed was not true`,
    hint: () =>
      'Ask for versions after the feed was turned on; describing the history shows when table properties were set.',
    sqlState: '55000',
    httpStatus: 409,
    exitCode: 1,
  },
  'bad-change-range': {
    message: (d) => `the changes of ${d.table} can't be told: ${d.problem}`,
    hint: () => 'A range begins with a version or a time, and ends at the same or a later one.',
    sqlState: '22023',
    exitCode: 1,
  },
  'bad-table-changes': {
    message: (d) => `table_changes: ${d.problem}`,
    hint: () =>
      "Write table_changes('path/to/table', 3) or table_changes('path/to/table', 3, 5); times work as well.",
    sqlState: '42601',
    exitCode: 1,
  },
  'unreadable-change': {
    message: (d) =>
      `version ${d.version} of ${d.table} removed ${d.file} without saying which partition it was of, and the version before can't be read`,
    hint: () => 'Ask for changes after that version.',
    sqlState: 'XX001',
  },
};

/** The errors of change feeds. */
export const feedErrors: ErrorsOf<Kinds> = defineErrors('tables', kinds);
