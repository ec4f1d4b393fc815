/** Which of Delta's statements a text is, if it is one. Pure. */

import { Cursor } from './cursor.ts';
import { parseAlter, parseComment } from './parse-alter.ts';
import { parseCreate } from './parse-create.ts';
import {
  parseConvert,
  parseDescribe,
  parseOptimize,
  parseReorg,
  parseRestore,
  parseVacuum,
} from './parse-maintenance.ts';
import { parseDelete, parseInsert, parseMerge, parseTruncate, parseUpdate } from './parse-rows.ts';
import { printTable } from './print-table.ts';
import type { DeltaStatement, TableRef } from './statement.ts';
import { tokenize } from './tokens.ts';

/**
 * The statement that `sql` is, or undefined when it is for the engine: a query, a setting, or any statement that
 * doesn't begin as one of ours does. Whether a table that is named is a Delta table isn't looked at.
 *
 * @throws tables.bad-statement at line and column where it goes wrong.
 */
export function parseStatement(sql: string): DeltaStatement | undefined {
  const named = beforeVerb(sql);
  if (named !== undefined) return withNamedQueries(named, parseStatement(named.statement), sql);
  const words = tokenize(sql)
    .slice(0, 4)
    .map((token) => (token.kind === 'word' ? token.text.toLowerCase() : `<${token.text}>`));
  const [first = '', second = '', third = ''] = words;
  switch (first) {
    case 'merge':
      return parseMerge(sql);
    case 'update':
      return parseUpdate(sql);
    case 'delete':
      return parseDelete(sql);
    case 'truncate':
      return parseTruncate(sql);
    case 'insert':
      return parseInsert(sql);
    case 'optimize':
      return parseOptimize(sql);
    case 'reorg':
      return parseReorg(sql);
    case 'restore':
      return parseRestore(sql);
    case 'convert':
      return parseConvert(sql);
    case 'vacuum':
      // The engine's own VACUUM names no table, or says ANALYZE.
      return second === '' || second === 'analyze' || second === '<;>' ? undefined : parseVacuum(sql);
    case 'desc':
    case 'describe':
      return second === 'history' || second === 'detail' ? parseDescribe(sql) : undefined;
    case 'alter':
      return second === 'table' ? parseAlter(sql) : undefined;
    case 'comment':
      return third === 'table' || third === 'column' ? parseComment(sql) : undefined;
    case 'replace':
      return second === 'table' ? parseCreate(sql) : undefined;
    case 'create':
      return second === 'table' || (second === 'or' && words[3] === 'table') ? parseCreate(sql) : undefined;
    default:
      return undefined;
  }
}

interface NamedQueries {
  /** `WITH a AS (…), …` */
  readonly queries: string;
  /** What comes after, at the place it had. */
  readonly statement: string;
}

/** The common table expressions that stand before a statement which changes rows; undefined when there are none. */
function beforeVerb(sql: string): NamedQueries | undefined {
  let depth = 0;
  let closed = false;
  const tokens = tokenize(sql);
  if (tokens[0]?.kind !== 'word' || tokens[0].text.toLowerCase() !== 'with') return undefined;
  for (const token of tokens) {
    if (depth === 0 && closed && /^(?:merge|insert|update|delete)$/i.test(token.text)) {
      const queries = sql.slice(0, token.start).trim();
      return {
        queries,
        statement: sql.slice(0, token.start).replace(/[^\n]/g, ' ') + sql.slice(token.start),
      };
    }
    if (token.kind === 'symbol' && token.text === '(') depth += 1;
    closed = token.kind === 'symbol' && token.text === ')';
    if (closed) depth -= 1;
  }
  return undefined;
}

function withNamedQueries(
  { queries }: NamedQueries,
  statement: DeltaStatement | undefined,
  sql: string,
): DeltaStatement | undefined {
  switch (statement?.kind) {
    case 'insert':
      return { ...statement, query: `${queries} ${statement.query}` };
    case 'merge': {
      const { source } = statement;
      const read = source.kind === 'query' ? `(${source.sql}\n)` : printTable(source.table);
      const named =
        source.kind === 'table' && source.table.kind === 'name' ? source.table.parts.at(-1) : undefined;
      return {
        ...statement,
        source: { kind: 'query', sql: `${queries} SELECT * FROM ${read}` },
        sourceAlias: statement.sourceAlias ?? named,
      };
    }
    default: {
      const at = new Cursor(
        sql,
        statement?.kind.toUpperCase() ?? 'WITH',
        'WITH … INSERT INTO … | WITH … MERGE INTO …',
      );
      throw at.bad('WITH is for INSERT and MERGE; here, put the query into the condition');
    }
  }
}

/**
 * The table that a statement's first words name, also where the rest of it is wrong; undefined when they name none.
 */
export function statementTarget(sql: string): TableRef | undefined {
  const at = new Cursor(sql, 'the statement', 'a verb and a table');
  const leading =
    /^(?:merge|with|schema|evolution|into|update|delete|from|insert|overwrite|truncate|alter|table)$/i;
  while (at.peek()?.kind === 'word' && leading.test(at.peek()?.text ?? '')) at.next('a word');
  const kind = at.peek()?.kind;
  return kind === 'word' || kind === 'quoted' ? at.table() : undefined;
}

/** Whether running the statement can change something. */
export function changesSomething(statement: DeltaStatement): boolean {
  return statement.kind !== 'history' && statement.kind !== 'detail';
}
