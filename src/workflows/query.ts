/** `query`: SQL over what has been published, as rows or as a file; and statements on Delta tables. */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isBoathouseError, systemRandom } from '../base/index.ts';
import { arrowIpcStream, quoteIdentifier, quoteLiteral } from '../duckdb/index.ts';
import type { DeltaStatement } from '../tables/index.ts';
import { workflowErrors } from './errors.ts';
import { cellOf } from './grid.ts';
import {
  answer,
  placedIn,
  type QueryResult,
  type Question,
  readQuestion,
  resolveQuestion,
} from './question.ts';
import { openReader, type Reader, type ReaderOptions } from './reader.ts';
import { runStatementIn, type StatementOptions } from './statement.ts';
import { systemProblem } from './target-folder.ts';
import { csvRow, jsonRow, withOwnNames } from './text-rows.ts';

/** What to ask, and whom. */
export interface QueryOptions extends StatementOptions {
  /**
   * One statement that reads, or that is about a Delta table. Jinja is rendered first, in the project:
   * `select * from {{ ref('orders') }}`.
   */
  readonly sql: string;
  /** Rows at most; 10,000 unless given. */
  readonly limit?: number | undefined;
}

/** Formats that `exportQuery` writes. */
export type ExportFormat = 'csv' | 'json' | 'ndjson' | 'parquet' | 'arrow';

/** Where the rows go. */
export interface ExportOptions extends Omit<QueryOptions, 'limit'> {
  readonly format: ExportFormat;
  /** A file, replaced only once it is complete. Needed for parquet. */
  readonly output?: string | undefined;
  /** Receives the bytes when there is no `output`; awaited, so that a slow reader slows the query. */
  readonly write?: ((piece: string | Uint8Array) => void | Promise<void>) | undefined;
}

/** What was written. */
export interface ExportResult {
  /** Undefined for arrow, whose rows aren't looked at one by one. */
  readonly rowCount: number | undefined;
  /** Absolute; undefined when the rows went to `write`. */
  readonly path: string | undefined;
}

/**
 * The rows of `options.sql`, in memory, up to the limit. MERGE, OPTIMIZE and the like on Delta tables are run, see
 * `runStatement`, and give the rows that Spark gives.
 *
 * @throws workflows.no-catalog when a name is asked for and nothing has been published, workflows.not-a-query, workflows.several-statements, duckdb.* with what the
 * engine says of the SQL; tables.*, delta.*
 */
export async function query(options: QueryOptions): Promise<QueryResult> {
  const { reader, question, sql } = await prepare(options);
  try {
    return await answer(reader, question, sql, { ...options, limit: options.limit ?? 10_000 });
  } catch (error) {
    throw placedIn(await reader.explain(error), question);
  } finally {
    await reader.close();
  }
}

/**
 * Writes the rows of `options.sql`, however many, a chunk at a time.
 *
 * @throws workflows.needs-output, workflows.write-failed, workflows.no-catalog, duckdb.*
 */
export async function exportQuery(options: ExportOptions): Promise<ExportResult> {
  const path = options.output === undefined ? undefined : resolve(options.output);
  if (options.format === 'parquet' && path === undefined) {
    throw workflowErrors['needs-output']({ format: options.format });
  }
  const { reader, question, sql } = await prepare(options);
  const { statement, written } = question;
  const draft = path === undefined ? undefined : `${path}.${systemRandom.uuid()}.tmp`;
  try {
    const rowCount =
      statement === undefined
        ? await writeRows(reader, sql, options, draft)
        : await writeOutcome(reader, statement, { ...options, written }, draft);
    if (path !== undefined && draft !== undefined) await rename(draft, path);
    return { rowCount, path };
  } catch (error) {
    if (draft !== undefined) await rm(draft, { force: true });
    const cause = placedIn(await reader.explain(error), question);
    if (isBoathouseError(cause) || path === undefined) throw cause;
    const problem = systemProblem(cause instanceof Error ? cause.message : String(cause));
    throw workflowErrors['write-failed']({ path, problem }, { cause });
  } finally {
    await reader.close();
  }
}

interface Prepared {
  readonly reader: Reader;
  readonly question: Question;
  readonly sql: string;
}

async function prepare(
  options: ReaderOptions & { readonly sql: string; readonly format?: ExportFormat },
): Promise<Prepared> {
  const question = await readQuestion(options.sql, options);
  if (question.statement !== undefined && (options.format === 'parquet' || options.format === 'arrow')) {
    throw workflowErrors['not-for-statements']({ format: options.format });
  }
  const reader = await openReader({ ...options, needsCatalog: false });
  try {
    return { reader, question, sql: await resolveQuestion(reader, question) };
  } catch (error) {
    const cause = await reader.explain(error);
    await reader.close();
    throw cause;
  }
}

async function writeRows(
  reader: Reader,
  sql: string,
  options: ExportOptions,
  draft: string | undefined,
): Promise<number | undefined> {
  if (options.format === 'parquet') {
    const rows = await exactForParquet(reader, sql);
    const copy = `COPY (${rows}\n) TO ${quoteLiteral(draft ?? '')} (FORMAT parquet)`;
    return (await reader.session.run(copy, undefined, { signal: options.signal })).rowsChanged;
  }
  const sink = draft === undefined ? toCallback(options.write) : toFile(draft);
  const stream = reader.session.stream(sql, undefined, { signal: options.signal });
  let rowCount: number | undefined = 0;
  try {
    if (options.format === 'arrow') {
      rowCount = undefined;
      for await (const piece of arrowIpcStream(stream)) await sink.write(piece);
    } else {
      const given = await stream.columns();
      const columns = options.format === 'csv' ? given : withOwnNames(given);
      if (options.format === 'csv') await sink.write(`${csvRow(columns.map((column) => column.name))}\n`);
      if (options.format === 'json') await sink.write('[');
      for await (const batch of stream.batches()) {
        const lines: string[] = [];
        for (let row = 0; row < batch.rowCount; row += 1) {
          const cells = columns.map((column, i) => cellOf(batch.columns[i]![row]!, column));
          const before = options.format === 'json' ? (rowCount === 0 ? '\n' : ',\n') : '';
          lines.push(
            `${before}${options.format === 'csv' ? csvRow(cells.map((c) => c.text)) : jsonRow(columns, cells)}`,
          );
          if (options.format !== 'json') lines.push('\n');
          rowCount += 1;
        }
        await sink.write(lines.join(''));
      }
      if (options.format === 'json') await sink.write(rowCount === 0 ? ']\n' : '\n]\n');
    }
  } finally {
    await stream.close();
    await sink.end();
  }
  return rowCount;
}

async function writeOutcome(
  reader: Reader,
  statement: DeltaStatement,
  options: ExportOptions & { readonly written: string },
  draft: string | undefined,
): Promise<number> {
  const { columns: given, rows } = await runStatementIn(reader, statement, options);
  const sink = draft === undefined ? toCallback(options.write) : toFile(draft);
  try {
    const columns = withOwnNames(given);
    const lines =
      options.format === 'csv'
        ? [csvRow(given.map(({ name }) => name)), ...rows.map((row) => csvRow(row.map(({ text }) => text)))]
        : rows.map((row) => jsonRow(columns, row));
    const isList = options.format === 'json';
    await sink.write(isList ? `[${lines.map((line, i) => `${i === 0 ? '' : ','}\n${line}`).join('')}` : '');
    await sink.write(isList ? `${lines.length === 0 ? '' : '\n'}]\n` : lines.map((l) => `${l}\n`).join(''));
  } finally {
    await sink.end();
  }
  return rows.length;
}

/** Parquet has no HUGEINT, and the engine would write doubles: sums of integers keep their digits as decimals. */
async function exactForParquet(reader: Reader, sql: string): Promise<string> {
  const wide = (await reader.session.describe(sql)).filter(({ type }) => /^U?HUGEINT$/.test(type));
  if (wide.length === 0) return sql;
  const casts = wide.map(({ name }) => {
    const column = quoteIdentifier(name);
    return `CAST(${column} AS DECIMAL(38, 0)) AS ${column}`;
  });
  return `SELECT * REPLACE (${casts.join(', ')}) FROM (${sql}\n)`;
}

interface Sink {
  write(piece: string | Uint8Array): Promise<void>;
  end(): Promise<void>;
}

function toCallback(write: ExportOptions['write']): Sink {
  return { write: async (piece) => write?.(piece), end: async () => {} };
}

function toFile(path: string): Sink {
  const file = createWriteStream(path, { flags: 'wx' });
  let failure: Error | undefined;
  file.on('error', (error) => {
    failure = error;
  });
  return {
    write: (piece) =>
      new Promise((done, fail) => {
        if (failure !== undefined) fail(failure);
        else file.write(piece, (error) => (error ? fail(error) : done()));
      }),
    end: () =>
      new Promise((done, fail) => {
        if (failure !== undefined) fail(failure);
        else file.end(() => (failure === undefined ? done() : fail(failure)));
      }),
  };
}
