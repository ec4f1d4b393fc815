/** The statements of a text, by the semicolons between them. Pure. */
import { tokenize } from './tokens.ts';

/** Each statement as written, without its semicolon; empty ones are left out. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let last: number | undefined;
  const push = (end: number): void => {
    if (last !== undefined) statements.push(sql.slice(start, end).trim());
    last = undefined;
  };
  for (const token of tokenize(sql)) {
    if (token.kind === 'symbol' && token.text === ';') {
      push(token.start);
      start = token.end;
    } else last = token.end;
  }
  push(sql.length);
  return statements;
}
