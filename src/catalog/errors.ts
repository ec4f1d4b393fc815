/** The errors of the catalog. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  'corrupt-generation': ErrorKind<{ path: string; problem: string }>;
  'newer-format': ErrorKind<{ path: string; found: string }>;
  'publish-contended': ErrorKind<{ catalog: string; attempts: number }>;
  'lease-timeout': ErrorKind<{ lease: string; holder: string; waitedMs: number }>;
  'lease-lost': ErrorKind<{ lease: string; holder: string }>;
  'no-such-generation': ErrorKind<{
    catalog: string;
    wanted: string;
    oldest: number | undefined;
    newest: number | undefined;
  }>;
  'bad-branch-name': ErrorKind<{ name: string }>;
  'no-branch': ErrorKind<{ name: string; known: readonly string[] }>;
  'branch-exists': ErrorKind<{ name: string; isLeaving: boolean }>;
  'unreadable-file': ErrorKind<{ path: string; problem: string }>;
  'unwritable-file': ErrorKind<{ path: string; problem: string }>;
};

const kinds: Kinds = {
  'corrupt-generation': {
    message: (d) => `${d.path}: not a generation of the catalog: ${d.problem}`,
    hint: () => 'Remove that file: the generation before it becomes the newest one.',
  },
  'newer-format': {
    message: (d) => `${d.path} has format ${d.found}, which this Boathouse does not know`,
    hint: () => 'A newer Boathouse writes this catalog. Update this one.',
  },
  'publish-contended': {
    message: (d) => `${d.catalog}: ${d.attempts} attempts to publish lost to other runs`,
    hint: () => 'Run the command again.',
    sqlState: '40001',
    httpStatus: 409,
    retryable: true,
  },
  'lease-timeout': {
    message: (d) => `waited ${Math.round(d.waitedMs / 1000)} s for ${d.lease}, held by ${d.holder}`,
    hint: () =>
      'Two runs that keep tables inside the same DuckDB file take turns. Wait for the other one, or raise --lock-timeout.',
    sqlState: '55P03',
    httpStatus: 409,
    retryable: true,
  },
  'lease-lost': {
    message: (d) => `${d.lease} was taken over by ${d.holder} while this run was not heard of`,
    hint: () =>
      'This process stood still for so long that it was taken for dead. Nothing was published; run again.',
    sqlState: '55P03',
    httpStatus: 409,
    retryable: true,
  },
  'no-such-generation': {
    message: (d) => `${d.catalog} has no generation ${d.wanted}`,
    hint: (d) =>
      d.newest === undefined
        ? 'Nothing has been published yet: run `boathouse build`.'
        : `It has ${d.oldest} to ${d.newest}: see \`boathouse log\`. Older ones have been swept.`,
    sqlState: '42704',
    httpStatus: 404,
    exitCode: 1,
  },
  'bad-branch-name': {
    message: (d) => `'${d.name}' can't be a branch's name`,
    hint: () =>
      'Use up to 64 lower-case letters, digits, `-`, `_` and `.`, beginning with a letter or a digit; `main` is what branches start from.',
    exitCode: 1,
  },
  'no-branch': {
    message: (d) => `There is no branch '${d.name}'`,
    hint: (d) =>
      `${d.known.length === 0 ? 'There are none' : `There are ${d.known.join(', ')}`}: make one with \`boathouse branch create ${d.name}\`.`,
    httpStatus: 404,
    exitCode: 1,
  },
  'branch-exists': {
    message: (d) =>
      d.isLeaving
        ? `The branch '${d.name}' was deleted, and its files are kept for those who still read them`
        : `There is a branch '${d.name}' already`,
    hint: (d) =>
      d.isLeaving
        ? `Remove them with \`boathouse branch delete ${d.name} --now\`, or choose another name.`
        : `Delete it with \`boathouse branch delete ${d.name}\`, or choose another name.`,
    httpStatus: 409,
    exitCode: 1,
  },
  'unreadable-file': {
    message: (d) => `${d.path} can't be opened as a DuckDB database: ${d.problem}`,
    hint: () =>
      'Move the file away to begin with an empty catalog, or open it with the DuckDB that wrote it.',
  },
  'unwritable-file': {
    message: (d) => `${d.path} can't be replaced: ${d.problem}`,
    hint: () => 'Check that the folder exists and that you may write to it, and that the disk has room.',
  },
};

/** The errors of this layer. */
export const catalogErrors: ErrorsOf<Kinds> = defineErrors('catalog', kinds);
