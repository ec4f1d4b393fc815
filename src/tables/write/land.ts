/** Files into a Delta table: CSV, JSON, NDJSON, Parquet; a path, a pattern, a URL, standard input. */
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { isBoathouseError } from '../../base/index.ts';
import { type OptionValue, optionSql, quoteLiteral, type Session } from '../../duckdb/index.ts';
import { openStorage } from '../../storage/index.ts';
import { tablesErrors } from '../errors.ts';
import { globSafe } from '../read/locate-file.ts';
import { withOwnDatabase, withTemporaryFolder } from '../scratch.ts';
import { adaptInferred } from './adapt.ts';
import { readIfThere } from './begin-write.ts';
import { csvDialect, findMisfit } from './land-csv.ts';
import { download, type FileFormat, formatOfName, sniffFormat, spool } from './land-source.ts';
import type { WriteOptions, WriteResult } from './write-options.ts';
import { writeQueryToDelta } from './write-query.ts';

/** What landing takes beside the write's own options. */
export interface LandOptions extends WriteOptions {
  /** Told from the name, or the first bytes, unless given. */
  readonly format?: FileFormat;
  /** Given to DuckDB's reader as they are: `delim`, `header`, `dateformat`, `columns` … */
  readonly readerOptions?: Readonly<Record<string, OptionValue>>;
  /** What `-` reads; the process's standard input unless given. */
  readonly stdin?: Readable;
  /** How the bucket of an `s3://` source is opened; as the table's unless given. */
  readonly sourceOptions?: Readonly<Record<string, string>>;
  /** How URLs are fetched; Node's own unless given. */
  readonly fetch?: typeof fetch;
  /** DuckDB's memory limit while landing. */
  readonly memoryLimit?: string;
  readonly threads?: number;
}

/** What landing did. */
export interface LandResult extends WriteResult {
  readonly format: FileFormat;
}

/**
 * Writes the rows of `source` to the Delta table at `tableUri`, streaming: memory doesn't grow with the
 * files. Several files are put together by column name.
 *
 * @param source a path, a glob pattern, an `http(s)://` URL, or `-`.
 * @throws tables.no-files, tables.unknown-format, tables.unreadable-source with the file's line,
 * tables.download-failed, and what `writeQueryToDelta` throws.
 */
export function landFiles(source: string, tableUri: string, options: LandOptions = {}): Promise<LandResult> {
  return withTemporaryFolder(async (folder) => {
    const local = await fetchSource(source, folder, options);
    const given = options.readerOptions ?? {};
    const database = {
      tempDirectory: folder,
      // The order of rows isn't part of a table; keeping it would buffer whole row groups per thread.
      // Text that becomes a time must not depend on where the process runs.
      settings: { preserve_insertion_order: false, TimeZone: 'UTC' },
      ...(options.memoryLimit === undefined ? {} : { memoryLimit: options.memoryLimit }),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    };
    return withOwnDatabase(database, async (engine) => {
      await using session = await engine.session();
      try {
        const dialect = local.format === 'csv' ? await csvDialect(session, local.pattern, given) : {};
        const query = readerSql(local.pattern, local.format, { ...dialect, ...given });
        const fitted = await fitQuery(session, query, local.format, tableUri, options);
        return { ...(await writeQueryToDelta(session, fitted, tableUri, options)), format: local.format };
      } catch (error) {
        throw explain(await placed(session, error, local.pattern), source, local.pattern);
      }
    });
  });
}

interface LocalSource {
  readonly pattern: string;
  readonly format: FileFormat;
}

async function fetchSource(source: string, folder: string, options: LandOptions): Promise<LocalSource> {
  if (source === '-') {
    const file = await spool(options.stdin ?? process.stdin, folder);
    return { pattern: file, format: options.format ?? (await sniffFormat(file)) };
  }
  if (/^https?:\/\//i.test(source)) {
    const got = await download(source, folder, options.fetch ?? fetch, options.signal);
    return { pattern: got.file, format: options.format ?? got.format ?? (await sniffFormat(got.file)) };
  }
  if (/^s3[an]?:\/\//i.test(source)) return await findInBucket(source, options);
  const isPlain = await stat(source).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isPlain && !/[*?[{]/.test(source)) throw tablesErrors['no-files']({ source });
  const format = options.format ?? formatOfName(source) ?? (isPlain ? await sniffFormat(source) : undefined);
  if (format === undefined) throw tablesErrors['unknown-format']({ source });
  return { pattern: isPlain ? globSafe(source) : source, format };
}

/** Opens the bucket, so that the engine finds its files, and looks whether there are any. */
async function findInBucket(source: string, options: LandOptions): Promise<LocalSource> {
  const [, bucket = source, key = ''] = /^(s3[an]?:\/\/[^/]+)\/?(.*)$/is.exec(source) ?? [];
  const storage = openStorage(bucket, options.sourceOptions ?? options.storageOptions);
  const beforeGlob = /^[^*?[]*/.exec(key)?.[0] ?? '';
  let isThere = false;
  if (beforeGlob === key) isThere = key !== '' && (await storage.stat(key)) !== undefined;
  else {
    for await (const _ of storage.list(beforeGlob)) {
      isThere = true;
      break;
    }
  }
  if (!isThere) throw tablesErrors['no-files']({ source });
  const format = options.format ?? formatOfName(source);
  if (format === undefined) throw tablesErrors['unknown-format']({ source });
  return { pattern: source, format };
}

function readerSql(
  pattern: string,
  format: FileFormat,
  readerOptions: Readonly<Record<string, OptionValue>>,
): string {
  const functions = {
    csv: 'read_csv',
    json: 'read_json',
    ndjson: 'read_json',
    parquet: 'read_parquet',
  } as const;
  const own: Record<string, string> = { union_by_name: 'true' };
  if (format === 'ndjson') own['format'] = "'newline_delimited'";
  if (format === 'csv') {
    // Types are decided from the whole file, not from its first rows: a late decimal point is no error then.
    own['sample_size'] = '-1';
  }
  for (const [key, value] of Object.entries(readerOptions)) {
    own[key] = typeof value === 'object' && !Array.isArray(value) ? structSql(value) : optionSql(value);
  }
  const list = Object.entries(own).map(([key, value]) => `${key} = ${value}`);
  return `SELECT * FROM ${functions[format]}(${quoteLiteral(pattern)}, ${list.join(', ')})`;
}

function structSql(value: OptionValue): string {
  const entries = Object.entries(value as Readonly<Record<string, OptionValue>>);
  return `{${entries.map(([key, item]) => `${quoteLiteral(key)}: ${optionSql(item)}`).join(', ')}}`;
}

/** Text formats only let types be guessed: the guess gives way to the table's own types. */
async function fitQuery(
  session: Session,
  query: string,
  format: FileFormat,
  tableUri: string,
  options: LandOptions,
): Promise<string> {
  const replaces = options.mode === 'overwrite' && options.schemaMode === 'overwrite';
  if (format === 'parquet' || replaces) return query;
  const snapshot = await readIfThere(openStorage(tableUri, options.storageOptions));
  if (snapshot === undefined) return query;
  return adaptInferred(query, await session.describe(query), snapshot);
}

/** The error of the row that is behind `error`, where the reader only says that it can't make sense of a CSV file. */
async function placed(session: Session, error: unknown, pattern: string): Promise<unknown> {
  if (!isBoathouseError(error) || !/when sniffing file/i.test(error.message)) return error;
  return await findMisfit(session, pattern).then(
    () => error,
    (found: unknown) => found,
  );
}

/** The reader's complaint with the place in the file. */
function explain(error: unknown, source: string, pattern: string): unknown {
  if (!isBoathouseError(error) || !error.code.startsWith('duckdb.')) return error;
  if (/No files found/i.test(error.message)) return tablesErrors['no-files']({ source }, { cause: error });
  const line = /(?:on|in) Line:? (\d+)/i.exec(error.message)?.[1];
  const isReader = line !== undefined || /CSV|JSON|Parquet|magic bytes/i.test(error.message);
  if (!isReader) return error;
  const file = /(?:file|File:?) "([^"]+)"/.exec(error.message)?.[1] ?? pattern;
  const [problem = ''] = error.message.split('\n\n');
  return tablesErrors['unreadable-source'](
    { source, problem },
    { cause: error, location: { file, ...(line === undefined ? {} : { line: Number(line) }) } },
  );
}
