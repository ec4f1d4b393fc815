/**
 * Holding statements of people to reading.
 *
 * A published catalog is attached read-only, so the engine keeps its tables as they are. But COPY, ATTACH,
 * EXPORT and the like reach files beside it, and a `query` that quietly writes is no query. What a
 * statement does is told by its first word.
 */
import { quoteLiteral } from '../duckdb/index.ts';
import { workflowErrors } from './errors.ts';

/** First words of statements that give rows and change nothing outside. */
const reading = new Set([
  ...[
    'select',
    'with',
    'from',
    'values',
    'table',
    'pivot',
    'unpivot',
    'describe',
    'desc',
    'show',
    'summarize',
  ],
  ...['explain', 'pragma', 'call', '('],
]);

/**
 * Refuses `sql` unless it is one statement that reads. An empty text is left to the engine.
 *
 * @param ask the first value of a query's first row; asked only where a semicolon stands inside.
 * @throws workflows.not-a-query, workflows.several-statements
 */
export async function refuseWrites(sql: string, ask: (question: string) => Promise<unknown>): Promise<void> {
  const word = firstWord(sql);
  if (word !== '' && !reading.has(word.toLowerCase())) {
    throw workflowErrors['not-a-query']({ statement: word.toUpperCase() });
  }
  if (!/;\s*\S/.test(sql)) return;
  if (isSeveral(await ask(`SELECT json_serialize_sql(${quoteLiteral(sql)})`))) {
    throw workflowErrors['several-statements']({});
  }
}

/** The word that says what the statement does: of `explain analyze copy …` it is `copy`. Pure. */
function firstWord(sql: string): string {
  let rest = sql;
  for (;;) {
    rest = rest.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|;)+/, '');
    const explained = /^explain\b(?:\s+analyze\b)?(?:\s*\([^)]*\))?(?=\s+\w)/i.exec(rest);
    if (explained === null) break;
    rest = rest.slice(explained[0].length);
  }
  return /^(?:\w+|\()/.exec(rest)?.[0] ?? '';
}

/** What the engine can't take apart has a statement in it that is no SELECT; mistakes it will tell itself. */
function isSeveral(answer: unknown): boolean {
  const parsed = JSON.parse(String(answer)) as {
    readonly statements?: readonly unknown[];
    readonly error_type?: string;
  };
  return (parsed.statements?.length ?? 0) > 1 || parsed.error_type === 'not implemented';
}
