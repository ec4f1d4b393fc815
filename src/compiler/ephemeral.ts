/** Ephemeral models: put in front of the SQL that uses them, as common table expressions. */

/** One CTE: its name, and the text between its parentheses. */
export interface Cte {
  readonly name: string;
  readonly sql: string;
}

/**
 * `sql` with `ctes` in front. Where its first word, comments aside, is a WITH of its own, ours become its
 * first members. Pure.
 */
export function injectCtes(sql: string, ctes: readonly Cte[]): string {
  if (ctes.length === 0) return sql;
  const list = ctes.map(({ name, sql: body }) => ` ${name} as (\n${body}\n)`).join(', ');
  const start = skipComments(sql, 0);
  const own = /^with(?![\w$])/i.exec(sql.slice(start, start + 5));
  if (!own) return `with${list} ${sql}`;
  const after = start + 'with'.length;
  const beyond = skipComments(sql, after);
  const recursive = /^recursive(?![\w$])/i.exec(sql.slice(beyond, beyond + 10));
  const insert = recursive ? beyond + 'recursive'.length : after;
  return `${sql.slice(0, insert)} ${list},${sql.slice(insert)}`;
}

/** The position of the first character that is neither white space nor part of a comment. */
function skipComments(sql: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < sql.length && /\s/.test(sql[at] as string)) at += 1;
    if (sql.startsWith('--', at)) {
      const end = sql.indexOf('\n', at);
      at = end === -1 ? sql.length : end + 1;
    } else if (sql.startsWith('/*', at)) {
      const end = endOfBlock(sql, at);
      if (end === -1) return at;
      at = end;
    } else return at;
  }
}

/** Behind the block comment at `at`, which may hold others; -1 when it never ends. */
function endOfBlock(sql: string, at: number): number {
  let depth = 0;
  let position = at;
  while (position < sql.length) {
    if (sql.startsWith('/*', position)) {
      depth += 1;
      position += 2;
    } else if (sql.startsWith('*/', position)) {
      depth -= 1;
      position += 2;
      if (depth === 0) return position;
    } else position += 1;
  }
  return -1;
}
