/** What Tab offers: names of the catalog's schemas and relations, and SQL's usual words. */
import type { Completer } from 'node:readline';
import type { PromptSession } from '../../workflows/index.ts';

const keywords = [
  ...[
    'SELECT',
    'FROM',
    'WHERE',
    'GROUP BY',
    'ORDER BY',
    'LIMIT',
    'JOIN',
    'LEFT JOIN',
    'ON',
    'USING',
    'HAVING',
  ],
  ...['WITH', 'UNION ALL', 'DISTINCT', 'COUNT', 'SUM', 'MIN', 'MAX', 'AVG', 'CASE', 'WHEN', 'THEN', 'END'],
  ...['DESCRIBE', 'SUMMARIZE', 'EXPLAIN', 'VERSION AS OF', 'TIMESTAMP AS OF'],
];
const words = ['.tables', '.describe', '.refresh', '.help', '.quit'];

/** Completes the last word of a line. */
export function completions(
  session: PromptSession,
): (line: string, done: Parameters<AsyncCompleter>[1]) => void {
  return (line, done) => {
    const last = /[\w.\\]*$/.exec(line)?.[0] ?? '';
    session.relations().then(
      ({ rows }) => {
        const names = rows.flatMap((row) => {
          const [, schema = '', name = ''] = row.map(({ text }) => text ?? '');
          return schema === 'main' ? [name] : [`${schema}.${name}`];
        });
        const from = /^\s*\./.test(line) && !/\s/.test(line.trim()) ? words : [...names, ...keywords];
        done(null, [matching(from, last), last]);
      },
      () => done(null, [[], last]),
    );
  };
}

type AsyncCompleter = (
  line: string,
  done: (error: Error | null, found: ReturnType<Completer>) => void,
) => void;

/** Those of `from` that begin with `typed`, whatever the case. Pure. */
export function matching(from: readonly string[], typed: string): string[] {
  if (typed === '') return [];
  const lower = typed.toLowerCase();
  return [...new Set(from)].filter((word) => word.toLowerCase().startsWith(lower));
}
