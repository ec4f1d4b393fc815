/** What people type, understood: Jinja rendered, Delta statements told from what the engine runs, tables resolved. */
import {
  changesSomething,
  type DeltaStatement,
  parseStatement,
  placedInQuery,
  splitStatements,
} from '../tables/index.ts';
import { workflowErrors } from './errors.ts';
import { type Cell, cellOf, type Grid } from './grid.ts';
import { type Allowed, refuseWrites } from './only-reads.ts';
import type { Reader, ReaderOptions } from './reader.ts';
import { runStatementIn, type StatementOptions, type StatementOutcome } from './statement.ts';

/** One statement. */
export interface Question {
  /** As it was typed, with Jinja rendered. */
  readonly written: string;
  /** What is for a Delta table and not for the engine. */
  readonly statement: DeltaStatement | undefined;
}

/**
 * Renders and parses `sql`; opens nothing unless there is Jinja in it.
 *
 * @throws workflows.several-statements, workflows.past-is-read-only, tables.* of a statement that makes no sense
 */
export async function readQuestion(sql: string, options: ReaderOptions): Promise<Question> {
  const text = sql.trim().replace(/;+\s*$/, '');
  const written = /\{[{%#]/.test(text) ? await renderInProject(text, options) : text;
  const texts = splitStatements(written);
  const statement = parseStatement(texts[0] ?? '');
  if (statement !== undefined && texts.length > 1) throw workflowErrors['several-statements']({});
  if (options.asOf !== undefined && statement !== undefined && changesSomething(statement)) {
    throw workflowErrors['past-is-read-only']({ at: options.asOf });
  }
  return { written, statement };
}

/**
 * What the engine runs for `question`: it reads, and says where its Delta tables are.
 *
 * @throws workflows.not-a-query, workflows.several-statements
 */
export async function resolveQuestion(
  reader: Reader,
  { written, statement }: Question,
  allowed: Allowed = 'reads',
): Promise<string> {
  if (statement !== undefined) return written;
  await refuseWrites(written, (question) => reader.session.value(question), allowed);
  return await reader.resolve(written);
}

/** Rows, and what a statement on a Delta table did beside giving them. */
export interface QueryResult extends Grid {
  /** Undefined for what only reads. */
  readonly outcome: StatementOutcome | undefined;
}

/**
 * The answer to `question`, up to `limit` rows.
 *
 * @param sql what `resolveQuestion` made of it.
 */
export async function answer(
  reader: Reader,
  question: Question,
  sql: string,
  options: StatementOptions & { readonly limit: number },
): Promise<QueryResult> {
  const { statement, written } = question;
  if (statement === undefined) return { ...(await rowsOf(reader, sql, options)), outcome: undefined };
  const outcome = await runStatementIn(reader, statement, { ...options, written });
  const { columns, rows } = outcome;
  const { limit } = options;
  return { columns, rows: rows.slice(0, limit), truncated: rows.length > limit, outcome };
}

/** The rows that the engine gives for `sql`, up to `limit`. */
export async function rowsOf(
  reader: Reader,
  sql: string,
  { limit, signal }: { readonly limit: number; readonly signal?: AbortSignal | undefined },
): Promise<Grid> {
  const stream = reader.session.stream(sql, undefined, { signal });
  const columns = await stream.columns();
  const rows: (readonly Cell[])[] = [];
  let truncated = false;
  for await (const row of stream) {
    if (rows.length >= limit) {
      truncated = true;
      break;
    }
    rows.push(row.map((value, i) => cellOf(value, columns[i]!)));
  }
  return { columns: columns.map(({ name, type }) => ({ name, type })), rows, truncated };
}

/** `error` with its place in what was typed. Statements on Delta tables have told it themselves. */
export function placedIn(error: unknown, { written, statement }: Question): unknown {
  return statement === undefined ? placedInQuery(error, written) : error;
}

async function renderInProject(text: string, options: ReaderOptions): Promise<string> {
  const { openProject } = await import('./project-session.ts');
  const session = await openProject('query', { ...options, logPath: null });
  const target = await session.openTarget({ writes: false });
  try {
    await target.prepare([]);
    const connection = await target.session('query');
    return await session.compilation.compileInline(text, {
      session: connection,
      warehouse: target.warehouse,
    });
  } finally {
    await target.close();
    session.close();
  }
}
