/** DuckDB's errors with codes of ours: the engine's words stay, the kind becomes something to switch on. */
import {
  type BoathouseError,
  defineErrors,
  type ErrorKind,
  type ErrorsOf,
  isBoathouseError,
  secrets,
} from '../base/index.ts';

interface EngineDetails {
  readonly message: string;
  /** DuckDB's own name for the kind: `Binder Error`. */
  readonly engineKind: string;
  /** The statement, without registered secrets. */
  readonly sql?: string | undefined;
}

type Engine = ErrorKind<EngineDetails>;

type Kinds = {
  parser: Engine;
  binder: Engine;
  catalog: Engine;
  conversion: Engine;
  constraint: Engine;
  'out-of-range': Engine;
  'invalid-input': Engine;
  io: Engine;
  'no-space': Engine;
  http: Engine;
  permission: Engine;
  'out-of-memory': Engine;
  transaction: Engine;
  interrupted: Engine;
  'not-implemented': Engine;
  dependency: Engine;
  internal: Engine;
  failed: Engine;
  'file-locked': ErrorKind<{ path: string; message: string }>;
  'extension-unavailable': ErrorKind<{ extension: string; reason: string; directory: string | undefined }>;
  'session-busy': ErrorKind<{ doing: string }>;
  'session-closed': ErrorKind<Record<string, never>>;
  'too-many-rows': ErrorKind<{ rowsMax: number }>;
  'unsupported-value': ErrorKind<{ what: string }>;
  'unsupported-arrow': ErrorKind<{ what: string }>;
  'bad-arrow': ErrorKind<{ problem: string }>;
};

const engine = (sqlState: string, more: Partial<Engine> = {}): Engine => ({
  message: (d) => d.message,
  sqlState,
  httpStatus: 400,
  exitCode: 1,
  ...more,
});

const kinds: Kinds = {
  parser: engine('42601'),
  binder: engine('42703'),
  catalog: engine('42P01'),
  conversion: engine('22P02'),
  constraint: engine('23000', { httpStatus: 409 }),
  'out-of-range': engine('22003'),
  'invalid-input': engine('22023'),
  io: engine('58030', { httpStatus: 500 }),
  'no-space': engine('53100', {
    httpStatus: 507,
    exitCode: 2,
    hint: () =>
      'Free space on the disk that the message names (or on the temporary folder, where big queries spill) and run the command again; what was there before is untouched.',
  }),
  http: engine('58000', { httpStatus: 502, retryable: true }),
  permission: engine('42501', { httpStatus: 403 }),
  'out-of-memory': engine('53200', {
    httpStatus: 507,
    hint: () =>
      'Raise `memory_limit`, lower `threads`, or set `preserve_insertion_order` to false in the settings of the target.',
  }),
  transaction: engine('40001', { httpStatus: 409, retryable: true }),
  interrupted: engine('57014', { httpStatus: 499, exitCode: 130 }),
  'not-implemented': engine('0A000'),
  dependency: engine('2BP01'),
  internal: engine('XX000', { httpStatus: 500, exitCode: 2 }),
  failed: engine('XX000', { httpStatus: 500 }),
  'file-locked': {
    message: (d) => `${d.path} is open in another process: ${d.message}`,
    hint: () => 'Close the other process, or open the published catalog file, which no run ever locks.',
    sqlState: '55006',
    httpStatus: 423,
    retryable: true,
  },
  'extension-unavailable': {
    message: (d) => `DuckDB's extension '${d.extension}' is needed and can't be had: ${d.reason}`,
    hint: (d) =>
      `Put ${d.extension}.duckdb_extension below ${d.directory ?? 'a folder'} as v<DuckDB's version>/<platform>/${d.extension}.duckdb_extension` +
      `${d.directory === undefined ? ' and name that folder in BOATHOUSE_EXTENSION_DIR' : ''}, or run once with access to extensions.duckdb.org.`,
    sqlState: '58P01',
    exitCode: 1,
  },
  'session-busy': {
    message: (d) => `the session is still ${d.doing}; a second statement would end it silently`,
    hint: () => 'Read the stream to its end or close it first, or use another session.',
  },
  'session-closed': { message: () => 'the session, or its database, is closed' },
  'too-many-rows': {
    message: (d) => `the result has more than ${d.rowsMax} rows`,
    hint: () => 'Add a LIMIT, or stream the result.',
    httpStatus: 413,
    exitCode: 1,
  },
  'unsupported-value': {
    message: (d) => `${d.what} can't be given to DuckDB`,
    sqlState: '22023',
    exitCode: 1,
  },
  'bad-arrow': {
    message: (d) => `the bytes are no whole Arrow IPC stream: ${d.problem}`,
    hint: () =>
      'Give all the bytes of one stream or file, as an Arrow writer makes them. Nothing was written.',
    sqlState: '22023',
    httpStatus: 400,
    exitCode: 1,
  },
  'unsupported-arrow': {
    message: (d) => `${d.what} has no counterpart in Arrow`,
    sqlState: '0A000',
    exitCode: 1,
  },
};

/** The errors of this layer. */
export const duckdbErrors: ErrorsOf<Kinds> = defineErrors('duckdb', kinds);

type EngineCode = {
  [K in keyof Kinds]: Kinds[K] extends Engine ? (Engine extends Kinds[K] ? K : never) : never;
}[keyof Kinds];

const codeOf: Readonly<Record<string, EngineCode>> = {
  Parser: 'parser',
  Syntax: 'parser',
  Binder: 'binder',
  Catalog: 'catalog',
  Conversion: 'conversion',
  'Mismatch Type': 'conversion',
  Constraint: 'constraint',
  'Out of Range': 'out-of-range',
  Decimal: 'out-of-range',
  'Invalid Input': 'invalid-input',
  'Invalid type': 'invalid-input',
  'Parameter Not Resolved': 'invalid-input',
  'Parameter Not Allowed': 'invalid-input',
  IO: 'io',
  Network: 'http',
  HTTP: 'http',
  Connection: 'http',
  Permission: 'permission',
  'Out of Memory': 'out-of-memory',
  TransactionContext: 'transaction',
  Transaction: 'transaction',
  INTERRUPT: 'interrupted',
  'Not implemented': 'not-implemented',
  Dependency: 'dependency',
  INTERNAL: 'internal',
  FATAL: 'internal',
  'Missing Extension': 'io',
  'Invalid Configuration': 'invalid-input',
};

/**
 * `error` of the engine as one of ours: same words, a code, and for a statement the line and column
 * that DuckDB's caret points at. An error that is ours already comes back as it is.
 *
 * @param sql the statement that failed: becomes the location's text, with registered secrets masked.
 */
export function fromEngine(error: unknown, sql?: string): BoathouseError {
  if (isBoathouseError(error)) return error;
  const raw = error instanceof Error ? error.message : String(error);
  const message = secrets.scrub(raw).trim();
  const [, engineKind = 'Error'] = /^([A-Za-z][A-Za-z ]*?) Error: /.exec(message) ?? [];
  const lock = /Could not set lock on file "([^"]*)"/.exec(message);
  if (lock) return duckdbErrors['file-locked']({ path: lock[1] ?? '', message }, { cause: error });
  const code = isDiskFull.test(message) ? 'no-space' : (codeOf[engineKind] ?? 'failed');
  const { text, position } = splitPosition(message, sql);
  const shown = sql === undefined ? undefined : secrets.scrub(sql);
  return duckdbErrors[code](
    { message: text, engineKind, sql: shown },
    {
      cause: error,
      hint: hintFor(message),
      ...(position && shown !== undefined ? { location: { file: '<sql>', text: shown, ...position } } : {}),
    },
  );
}

const isDiskFull = /No space left on device|Disk quota exceeded|There is not enough space on the disk/i;

/** What to do about trouble with a file or a store, which the engine names and leaves at that. */
function hintFor(message: string): string | undefined {
  const found = storeHints.find(([pattern]) => pattern.test(message));
  if (found !== undefined) return found[1];
  if (/Permission denied|Read-only file system/i.test(message))
    return 'Check who owns the file and its folder and their permissions (ls -ld), and that the disk is not mounted read-only.';
  if (/No files found that match the pattern|No such file or directory/i.test(message))
    return 'Check the path. A data file that a table names and that is gone was removed by another program (a vacuum?): restore it, or read a later version of the table.';
  if (
    /magic bytes|Snappy decompression|ZSTD decompression|TProtocolException|TTransportException|Failed to read (?:file|Parquet)|too small to be a Parquet file/i.test(
      message,
    )
  )
    return 'The file is damaged or no Parquet file. Restore it from a copy, or write it again.';
  return undefined;
}

/** In the words of httpfs, which makes up for nothing by itself. */
const storeHints: readonly (readonly [RegExp, string])[] = [
  [
    /RequestTimeTooSkewed|RequestInTheFuture/,
    "Set this machine's clock (timedatectl, chrony): DuckDB's httpfs signs with it as it is.",
  ],
  [
    /SSL peer certificate|SSL server verification failed|SSL CA cert/i,
    "Name the PEM file of the store's CA: lakehouse.ca_file in the profile, or AWS_CA_BUNDLE. `boathouse doctor` shows the certificate.",
  ],
  [
    /\(HTTP 40[13]\b|SignatureDoesNotMatch|InvalidAccessKeyId/,
    'Check the key, its secret and what they may do, and the clock. `boathouse doctor` goes through every step of the way.',
  ],
  [/\(HTTP 404\b/, 'Check the bucket and the path; the store has no such object.'],
  [
    /Could(?:n't| not) (?:resolve|connect to)|Connection error for HTTP/i,
    'Check that the store runs and that its endpoint is right; `boathouse doctor` goes through every step of the way.',
  ],
];

/** DuckDB's message without its `LINE n: …` excerpt, and the place the caret points at. */
function splitPosition(
  message: string,
  sql: string | undefined,
): { text: string; position: { line: number; column: number } | undefined } {
  const excerpt = /\n\nLINE (\d+): ([^\n]*)\n( *)\^/.exec(message);
  if (!excerpt) return { text: message, position: undefined };
  const [, number = '1', shown = '', indent = ''] = excerpt;
  const line = Number(number);
  const prefix = `LINE ${number}: `.length;
  let column = indent.length - prefix + 1;
  // A long line is cut to an excerpt between dots; find the excerpt in the statement's own line.
  const whole = sql?.split('\n')[line - 1];
  if (whole !== undefined && whole !== shown) {
    const visible = shown.replace(/^\.\.\./, '').replace(/\.\.\.$/, '');
    const start = whole.indexOf(visible);
    if (start > 0) column += start - (shown.startsWith('...') ? 3 : 0);
  }
  const text = message.slice(0, excerpt.index).trim();
  return { text, position: { line, column: Math.max(1, column) } };
}
