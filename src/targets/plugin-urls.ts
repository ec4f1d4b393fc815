/** SQLAlchemy's URLs as what DuckDB attaches. Pure. */
import { resolve } from 'node:path';

/** A database by the type that DuckDB attaches it as. */
export interface UrlAttachment {
  readonly type: 'postgres' | 'mysql' | 'sqlite' | 'duckdb';
  readonly path: string;
}

/**
 * What `dialect+driver://user:password@host:port/database` is to DuckDB; undefined for a dialect without an extension.
 *
 * @param root what the relative path of a file is below.
 */
export function attachmentOfUrl(url: string, root: string): UrlAttachment | undefined {
  const [, dialect = '', rest = ''] = /^(\w+)(?:\+\w+)?:\/\/(.*)$/s.exec(url) ?? [];
  switch (dialect.toLowerCase()) {
    case 'postgresql':
    case 'postgres':
      return { type: 'postgres', path: `postgresql://${rest}` };
    case 'mysql':
    case 'mariadb':
      return { type: 'mysql', path: mysqlWords(rest) };
    case 'sqlite':
    case 'duckdb': {
      const file = decodeURIComponent(rest.replace(/^\//, '').replace(/\?.*$/s, ''));
      const isInMemory = file === '' || file === ':memory:';
      return {
        type: dialect.toLowerCase() as 'sqlite' | 'duckdb',
        path: isInMemory ? ':memory:' : resolve(root, file),
      };
    }
    default:
      return undefined;
  }
}

/** DuckDB's mysql extension takes words, such as `host=… user=…`. */
function mysqlWords(rest: string): string {
  const { hostname, port, username, password, pathname } = new URL(`http://${rest}`);
  const words: readonly (readonly [string, string])[] = [
    ['host', hostname],
    ['port', port],
    ['user', decodeURIComponent(username)],
    ['passwd', decodeURIComponent(password)],
    ['db', decodeURIComponent(pathname.slice(1))],
  ];
  return words
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}=${/[\s'"]/.test(value) ? `"${value.replace(/"/g, '\\"')}"` : value}`)
    .join(' ');
}
