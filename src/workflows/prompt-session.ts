/** Statements one after another, over one reader that stays open: what `boathouse open` talks to. */
import { quoteLiteral } from '../duckdb/index.ts';
import { splitStatements } from '../tables/index.ts';
import type { Grid } from './grid.ts';
import { answer, placedIn, type QueryResult, readQuestion, resolveQuestion, rowsOf } from './question.ts';
import { openReader, type Reader } from './reader.ts';
import type { StatementOptions } from './statement.ts';

/** What one statement is given beside its text. */
export interface AskOptions extends Pick<StatementOptions, 'onProgress' | 'signal'> {
  /** Rows at most. */
  readonly limit: number;
}

/** An open prompt. */
export interface PromptSession {
  /** The published catalog, absolute; undefined where nothing has been published. */
  readonly catalog: string | undefined;
  /**
   * Runs one statement. Settings and temporary relations stay until the prompt closes or is refreshed. What
   * changes a Delta table that the catalog shows refreshes it.
   *
   * @throws as `query`
   */
  ask(sql: string, options: AskOptions): Promise<QueryResult>;
  /** The relations whose name, with or without its schema, is like `pattern`. */
  relations(pattern?: string): Promise<Grid>;
  /** Opens what is published now. Settings and temporary relations are gone afterwards. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens what `options` name, as `query` does.
 *
 * @throws as `query`
 */
export async function openPrompt(options: StatementOptions): Promise<PromptSession> {
  const open = (): Promise<Reader> => openReader({ ...options, needsCatalog: false });
  let reader = await open();
  const refresh = async (): Promise<void> => {
    const next = await open();
    await reader.close();
    reader = next;
  };
  return {
    get catalog() {
      return reader.catalog;
    },
    ask: async (sql, given) => {
      const question = await readQuestion(sql, options);
      try {
        const resolved = await resolveQuestion(reader, question, 'session');
        const answered = await answer(reader, question, resolved, { ...options, ...given });
        if (answered.outcome?.generation !== undefined) await refresh();
        return answered;
      } catch (error) {
        throw placedIn(await reader.explain(error), question);
      }
    },
    relations: async (pattern = '%') =>
      await rowsOf(reader, relationsLike(pattern), { limit: Number.MAX_SAFE_INTEGER }),
    refresh,
    close: () => reader.close(),
  };
}

/** The whole statements at the beginning of `text`, and what follows the last semicolon. Pure. */
export function takeStatements(text: string): {
  readonly statements: readonly string[];
  readonly rest: string;
} {
  // A semicolon inside a string or a comment splits nothing, so the text is whole where a word behind it would begin one more.
  const statements = splitStatements(text);
  const isWhole = splitStatements(`${text}\nx`).length > statements.length;
  if (isWhole) return { statements, rest: '' };
  const last = statements.at(-1);
  return {
    statements: statements.slice(0, -1),
    rest: last === undefined ? text : text.slice(text.lastIndexOf(last)),
  };
}

function relationsLike(pattern: string): string {
  const like = quoteLiteral(pattern.replaceAll('*', '%'));
  return `SELECT database_name AS "database", schema_name AS "schema", name, kind FROM (
      SELECT database_name, schema_name, table_name AS name, 'table' AS kind FROM duckdb_tables() WHERE NOT internal
      UNION ALL
      SELECT database_name, schema_name, view_name, 'view' FROM duckdb_views() WHERE NOT internal)
    WHERE name ILIKE ${like} OR schema_name || '.' || name ILIKE ${like}
    ORDER BY ALL`;
}
