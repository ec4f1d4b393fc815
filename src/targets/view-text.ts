/** The text of views, made fit for a file that others open elsewhere. Pure. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The SELECT in a `CREATE VIEW` statement as DuckDB prints it.
 *
 * @returns undefined when the text isn't such a statement.
 */
export function selectOfView(statement: string): string | undefined {
  const name = String.raw`(?:"(?:[^"]|"")*"|[^\s".(]+)`;
  const head = new RegExp(
    String.raw`^CREATE\s+(?:TEMPORARY\s+)?VIEW\s+${name}(?:\.${name}){0,2}\s*`,
    'i',
  ).exec(statement);
  if (!head) return undefined;
  let rest = statement.slice(head[0].length);
  let columns = '';
  if (rest.startsWith('(')) {
    const close = closingBracket(rest);
    columns = rest.slice(0, close + 1);
    rest = rest.slice(close + 1).trimStart();
  }
  const body = /^AS\s+/i.exec(rest);
  if (!body) return undefined;
  const select = rest.slice(body[0].length).replace(/;\s*$/, '');
  return columns === '' ? select : `SELECT * FROM (${select}) AS renamed ${columns}`;
}

/**
 * `sql` with every relative file it reads named by its absolute path, so that it means the same
 * wherever it is opened: in table functions (`read_csv('data/x.csv')`), and after FROM or JOIN where
 * something of that name is there.
 *
 * @param root what relative names are below.
 */
export function absolutePaths(sql: string, root: string): string {
  return sql
    .replace(/\b((?:read|scan)_\w+|\w+_scan|glob)\s*\(\s*'([^']+)'/gi, (match, _fn: string, path: string) =>
      isRelative(path) ? match.replace(`'${path}'`, `'${join(root, path).replaceAll("'", "''")}'`) : match,
    )
    .replace(
      /\b(from|join)(\s+\(?\s*)(?:'([^']+)'|"([^"]+)")/gi,
      (match, word: string, gap: string, text?: string, name?: string) => {
        const path = text ?? name ?? '';
        if (!isRelative(path) || !isFileName(path, root)) return match;
        return `${word}${gap}'${join(root, path).replaceAll("'", "''")}'`;
      },
    );
}

function isRelative(path: string): boolean {
  return !path.startsWith('/') && !/^[a-z][a-z0-9+]*:/i.test(path);
}

function isFileName(path: string, root: string): boolean {
  return (
    /\.(?:csv|tsv|parquet|json|ndjson|jsonl|gz|zst)$/i.test(path) ||
    (path.includes('/') && existsSync(join(root, path)))
  );
}

function closingBracket(text: string): number {
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') isQuoted = !isQuoted;
    else if (!isQuoted && text[at] === '(') depth += 1;
    else if (!isQuoted && text[at] === ')') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return text.length - 1;
}
