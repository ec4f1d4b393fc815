/** What can go wrong with a run as a whole. What goes wrong with a node is that node's result. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  'bad-threads': ErrorKind<{ threads: unknown }>;
  'internal-error': ErrorKind<{ node: string; problem: string }>;
};

const kinds: Kinds = {
  'bad-threads': {
    message: (d) => `threads must be a whole number from 1 to 1024, not ${String(d.threads)}`,
    hint: () => 'Set it with --threads, or as `threads:` in the target of profiles.yml.',
  },
  'internal-error': {
    message: (d) => `${d.node}: ${d.problem}`,
    hint: () => 'This is a mistake in Boathouse. Please report it, with the output of --debug.',
    exitCode: 1,
  },
};

/** The runner's errors, by phrase. */
export const runnerErrors: ErrorsOf<Kinds> = defineErrors('runner', kinds);
