/** What can go wrong in a template. Messages follow Jinja's and Python's, so that advice found online fits. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  syntax: ErrorKind<{ problem: string }>;
  undefined: ErrorKind<{ problem: string }>;
  'type-error': ErrorKind<{ problem: string }>;
  'value-error': ErrorKind<{ problem: string }>;
  'key-error': ErrorKind<{ key: string }>;
  'index-error': ErrorKind<{ problem: string }>;
  'zero-division': ErrorKind<{ problem: string }>;
  forbidden: ErrorKind<{ problem: string }>;
  limit: ErrorKind<{ what: string; max: number }>;
  unsupported: ErrorKind<{ what: string }>;
  'async-in-sync': ErrorKind<{ name: string }>;
  'stray-return': ErrorKind<Record<never, never>>;
};

const kinds: Kinds = {
  syntax: { message: (d) => d.problem, exitCode: 2, sqlState: '42601', httpStatus: 400 },
  undefined: { message: (d) => d.problem, exitCode: 1 },
  'type-error': { message: (d) => d.problem, exitCode: 1 },
  'value-error': { message: (d) => d.problem, exitCode: 1 },
  'key-error': { message: (d) => `there is no key ${d.key}`, exitCode: 1 },
  'index-error': { message: (d) => d.problem, exitCode: 1 },
  'zero-division': { message: (d) => d.problem, exitCode: 1 },
  forbidden: {
    message: (d) => d.problem,
    hint: () => 'Templates run in a sandbox: only documented attributes and methods can be used.',
    exitCode: 1,
  },
  limit: {
    message: (d) => `${d.what} is more than a template may use (at most ${d.max})`,
    hint: () => 'Look for a macro that calls itself without end, or a loop that grows what it loops over.',
    exitCode: 1,
  },
  unsupported: {
    message: (d) => `${d.what} is not supported: templates have no other template files to load`,
    hint: () => 'Call a macro instead: every macro of the project and its packages is in scope.',
    exitCode: 1,
  },
  'async-in-sync': {
    message: (d) => `${d.name} needs the database, which is not available here`,
    hint: () => 'Guard it with {% if execute %}.',
    exitCode: 1,
  },
  'stray-return': {
    message: () => 'return() was called outside of a macro',
    hint: () => 'Only a macro can return a value; a model is the text it renders.',
    exitCode: 1,
  },
};

/** The errors of templates. */
export const jinjaErrors: ErrorsOf<Kinds> = defineErrors('jinja', kinds);
