/** What can be wrong with a command line. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  usage: ErrorKind<{ problem: string }>;
  'unsupported-option': ErrorKind<{ option: string; why: string }>;
  'bad-value': ErrorKind<{ option: string; value: string; expected: string }>;
  'nothing-to-do': ErrorKind<{ problem: string }>;
  'unwritable-output': ErrorKind<{ problem: string }>;
};

const kinds: Kinds = {
  usage: {
    message: (d) => d.problem,
    hint: () => 'See `boathouse --help`, and `boathouse <command> --help`.',
  },
  'unwritable-output': { message: (d) => `Standard output can't be written: ${d.problem}` },
  'unsupported-option': {
    message: (d) => `${d.option} is not supported: ${d.why}`,
    hint: (d) => `Leave ${d.option} out.`,
  },
  'bad-value': { message: (d) => `${d.option}: '${d.value}' is not ${d.expected}` },
  'nothing-to-do': { message: (d) => d.problem },
};

/** The command line's errors, by phrase. */
export const cliErrors: ErrorsOf<Kinds> = defineErrors('cli', kinds);
