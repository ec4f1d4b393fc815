/**
 * Holding statements of people to reading.
 *
 * A published catalog is attached read-only, so the engine keeps its tables as they are. But COPY, ATTACH,
 * EXPORT and the like reach files beside it, and a `query` that quietly writes is no query. What a
 * statement does is told by its first word.
 */
import { quoteLiteral } from '../duckdb/index.ts';
import { workflowErrors } from './errors.ts';

/** First words of statements that change something, here or outside. Words that begin none are the engine's to name. */
const changing = new Set([
  ...['insert', 'update', 'delete', 'merge', 'truncate', 'create', 'alter', 'drop', 'comment', 'vacuum'],
  ...['copy', 'export', 'import', 'attach', 'detach', 'use', 'install', 'load', 'force', 'set', 'reset'],
  ...['begin', 'start', 'commit', 'end', 'rollback', 'abort', 'checkpoint', 'analyze'],
  ...['prepare', 'execute', 'deallocate'],
]);

/**
 * Refuses `sql` unless it is one statement that reads. What is no statement at all is left to the engine.
 *
 * @param ask the first value of a query's first row; asked only where a semicolon stands inside.
 * @param allowed `session` lets through what changes nothing but this session: settings, and relations that end with it.
 * @throws workflows.not-a-query, workflows.several-statements
 */
export async function refuseWrites(
  sql: string,
  ask: (question: string) => Promise<unknown>,
  allowed: Allowed = 'reads',
): Promise<void> {
  const words = firstWords(sql);
  const word = words.split(/\s/, 1)[0] ?? '';
  if (changing.has(word.toLowerCase()) && !(allowed === 'session' && ofSession.test(words))) {
    throw workflowErrors['not-a-query']({ statement: word.toUpperCase() });
  }
  if (!/;\s*\S/.test(sql)) return;
  if (isSeveral(await ask(`SELECT json_serialize_sql(${quoteLiteral(sql)})`))) {
    throw workflowErrors['several-statements']({});
  }
}

/** Statements that are let through. */
export type Allowed = 'reads' | 'session';

const ofSession = /^(?:(?:set|reset|use)\b(?!\s+global\b)|create\s+(?:or\s+replace\s+)?temp(?:orary)?\b)/i;

/** What follows from the word on that says what the statement does: of `explain analyze copy …` it is `copy …`. Pure. */
function firstWords(sql: string): string {
  let at = 0;
  let explained = false;
  for (;;) {
    at = skipNoise(sql, at);
    const word = /^\w+/.exec(sql.slice(at))?.[0] ?? '';
    if (/^explain$/i.test(word) || (explained && /^analyze$/i.test(word))) at += word.length;
    else if (explained && sql[at] === '(' && sql.includes(')', at)) at = sql.indexOf(')', at) + 1;
    else return word === '' ? '' : sql.slice(at);
    explained = true;
  }
}

/** Where the next word begins, behind blanks, semicolons and comments, which nest. Pure. */
function skipNoise(sql: string, from: number): number {
  let at = from;
  for (let depth = 0; at < sql.length; ) {
    if (sql.startsWith('/*', at)) {
      depth += 1;
      at += 2;
    } else if (depth > 0 && sql.startsWith('*/', at)) {
      depth -= 1;
      at += 2;
    } else if (depth > 0 || /[\s;]/.test(sql[at]!)) at += 1;
    else if (sql.startsWith('--', at)) at = (sql.indexOf('\n', at) + 1 || sql.length + 1) - 1;
    else break;
  }
  return at;
}

/** What the engine can't take apart has a statement in it that is no SELECT; mistakes it will tell itself. */
function isSeveral(answer: unknown): boolean {
  const parsed = JSON.parse(String(answer)) as {
    readonly statements?: readonly unknown[];
    readonly error_type?: string;
  };
  return (parsed.statements?.length ?? 0) > 1 || parsed.error_type === 'not implemented';
}
