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
import type { DeltaStatement, TableRef } from './statement.ts';
import { tokenize } from './tokens.ts';

/**
 * The statement that `sql` is, or undefined when it is for the engine: a query, a setting, or any statement that
 * doesn't begin as one of ours does. Whether a table that is named is a Delta table isn't looked at.
 *
 * @throws tables.bad-statement at line and column where it goes wrong.
 */
export function parseStatement(sql: string): DeltaStatement | undefined {
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
