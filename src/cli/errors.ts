/** What can be wrong with a command line. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  'unsupported-option': ErrorKind<{ option: string; why: string }>;
  'unsupported-command': ErrorKind<{ command: string; why: string }>;
  'bad-value': ErrorKind<{ option: string; value: string; expected: string }>;
  'nothing-to-do': ErrorKind<{ problem: string }>;
};

const kinds: Kinds = {
  'unsupported-option': {
    message: (d) => `${d.option} is not supported: ${d.why}`,
    hint: (d) => `Leave ${d.option} out.`,
  },
  'unsupported-command': { message: (d) => `boathouse ${d.command} is not supported: ${d.why}` },
  'bad-value': { message: (d) => `${d.option}: '${d.value}' is not ${d.expected}` },
  'nothing-to-do': { message: (d) => d.problem },
};

/** The command line's errors, by phrase. */
export const cliErrors: ErrorsOf<Kinds> = defineErrors('cli', kinds);
