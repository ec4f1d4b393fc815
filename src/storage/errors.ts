/** What can go wrong with bytes by path. */
import { defineErrors, type ErrorKind, type ErrorsOf } from '../base/index.ts';

type Kinds = {
  'not-found': ErrorKind<{ path: string; uri: string }>;
  'outside-root': ErrorKind<{ path: string; uri: string; problem: string }>;
  'bad-path': ErrorKind<{ path: string; problem: string }>;
  unfinished: ErrorKind<{ path: string; uri: string }>;
  'no-space': ErrorKind<{ path: string; uri: string }>;
  'no-permission': ErrorKind<{ path: string; uri: string; doing: string }>;
  'not-a-file': ErrorKind<{ path: string; uri: string }>;
  unreachable: ErrorKind<{ path: string; uri: string; doing: string; problem: string }>;
  'unsupported-scheme': ErrorKind<{ uri: string; scheme: string }>;
  'no-local-path': ErrorKind<{ path: string; uri: string }>;
};

const kinds: Kinds = {
  'not-found': {
    message: (d) => `${d.path} is not there (in ${d.uri})`,
    hint: () => 'Check the path. If another program cleans up this folder, run the command again.',
    sqlState: '58P01',
    httpStatus: 404,
  },
  'outside-root': {
    message: (d) => `${d.path} leads outside ${d.uri}: ${d.problem}`,
    hint: () =>
      'A table may only name files inside its own folder. Copy the file into the folder, or replace the link by what it points to.',
    sqlState: '42501',
    httpStatus: 403,
  },
  'bad-path': {
    message: (d) => `'${d.path}' is not a path inside a folder: ${d.problem}`,
    hint: () =>
      'Paths inside a folder are relative, with / between names, and name one file; a URI is file:///absolute/path with %-escapes.',
    httpStatus: 400,
  },
  unfinished: {
    message: (d) => `${d.path} in ${d.uri} is empty or unfinished: its writer is still at work, or died`,
    hint: (d) =>
      `Try again in a moment. If no writer is running, it died half-way: delete ${d.path}, nothing in it was ever committed.`,
    httpStatus: 503,
    retryable: true,
  },
  'no-space': {
    message: (d) => `no space left for ${d.path} in ${d.uri}`,
    hint: () =>
      'Free space on the disk (or raise the quota) and run the command again; nothing was committed.',
    sqlState: '53100',
    httpStatus: 507,
  },
  'no-permission': {
    message: (d) => `not allowed to ${d.doing} ${d.path} in ${d.uri}`,
    hint: (d) =>
      `Check who owns the folder and its permissions (ls -ld), and that it isn't mounted read-only; this process needs to ${d.doing} there.`,
    sqlState: '42501',
    httpStatus: 403,
  },
  'not-a-file': {
    message: (d) => `${d.path} in ${d.uri} is a folder, or lies below a file; a file was expected`,
    hint: () => 'Move what stands in the way, or choose another location.',
    httpStatus: 409,
  },
  unreachable: {
    message: (d) => `could not ${d.doing} ${d.path} in ${d.uri}: ${d.problem}`,
    hint: () =>
      'The storage did not answer as it should. Check that the disk or mount is there, and try again.',
    sqlState: '58030',
    httpStatus: 503,
    retryable: true,
  },
  'unsupported-scheme': {
    message: (d) => `${d.uri}: storage of kind '${d.scheme}' is not supported`,
    hint: () =>
      'Supported: a plain path, file:// and s3:// (S3 and what speaks its protocol; for Google Cloud Storage and R2 give their S3 endpoint).',
    sqlState: '0A000',
    httpStatus: 400,
  },
  'no-local-path': {
    message: (d) => `${d.path} in ${d.uri} has no path that DuckDB could open`,
    hint: () => 'Use a folder as storage: memory: keeps bytes inside this process only.',
    sqlState: '0A000',
  },
};

/** The errors of the storage layer. */
export const storageErrors: ErrorsOf<Kinds> = defineErrors('storage', kinds);
