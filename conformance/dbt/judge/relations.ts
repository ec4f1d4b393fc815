/** What a project's databases and data files hold, as checksums that can be compared. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { type Plan, projectFiles } from './plan.ts';

/** A relation or a file of rows. `rows` is a checksum of whole rows, each column's of its own values. */
export interface Rows {
  readonly type: string;
  readonly count: number;
  readonly rows: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly comments: Readonly<Record<string, string>>;
  readonly constraints: readonly string[];
  readonly problem?: string;
}

/** Everything that stands in the project's folder: relations by full name, data files by path. */
export interface Standing {
  readonly relations: Readonly<Record<string, Rows>>;
  readonly files: Readonly<Record<string, Rows | string>>;
}

/** Reads what stands in `folder`. `before` are files that the project brought along. */
export async function readStanding(
  folder: string,
  plan: Plan,
  before: ReadonlySet<string>,
): Promise<Standing> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const timed = (plan.timed ?? []).map((pattern) => new RegExp(pattern));
  try {
    // Views over files name them relative to the folder that the command ran in.
    await connection.run(`set file_search_path = ${literal(folder)}`);
    const files = projectFiles(folder);
    const databases = new Map(
      files
        .filter((path) => /^[^._]/.test(path) && !/\/\./.test(path) && path.endsWith('.duckdb'))
        .map((path) => [basename(path, '.duckdb'), path]),
    );
    for (const [alias, path] of Object.entries(plan.attach ?? {})) databases.set(alias, path);
    for (const [alias, path] of databases) {
      if (existsSync(join(folder, path)))
        await connection.run(`attach ${literal(join(folder, path))} as ${quoted(alias)} (read_only)`);
    }
    const relations: Record<string, Rows> = {};
    const found = await all(
      connection,
      `select database_name, schema_name, table_name, 'table', coalesce(comment, '') from duckdb_tables() where not internal and not temporary
       union all select database_name, schema_name, view_name, 'view', coalesce(comment, '') from duckdb_views() where not internal and not temporary
       order by all`,
    );
    for (const [database = '', schema = '', name = '', type = '', comment = ''] of found as string[][]) {
      const full = [database, schema, name].map(quoted).join('.');
      const comments = await all(
        connection,
        `select column_name, comment from duckdb_columns() where comment is not null and database_name = ${literal(database)}
         and schema_name = ${literal(schema)} and table_name = ${literal(name)} order by 1`,
      );
      const constraints = await all(
        connection,
        `select constraint_text from duckdb_constraints() where database_name = ${literal(database)}
         and schema_name = ${literal(schema)} and table_name = ${literal(name)}
         union all select sql from duckdb_indexes() where database_name = ${literal(database)}
         and schema_name = ${literal(schema)} and table_name = ${literal(name)} order by 1`,
      );
      const key = `${database}.${schema}.${name}`;
      const rows = await rowsOf(connection, full, key, type, timed);
      relations[key] = {
        ...rows,
        comments: {
          ...(comment === '' ? {} : { '': comment }),
          ...Object.fromEntries(comments as [string, string][]),
        },
        constraints: constraints.map(([text]) => nameless(String(text))),
      };
    }
    const written: Record<string, Rows | string> = {};
    for (const path of files) {
      if (before.has(path) || /\.(duckdb|duckdb\.wal|wal|lock)$|(^|\/)[._]/.test(path)) continue;
      const format = /\.(parquet|csv|json|ndjson)(\.gz|\.zst)?$/.exec(path)?.[1];
      written[path] =
        format === undefined
          ? createHash('md5')
              .update(readFileSync(join(folder, path)))
              .digest('hex')
          : await rowsOf(
              connection,
              `read_${format === 'ndjson' ? 'json' : format}(${literal(join(folder, path))})`,
              path,
              format,
              timed,
            );
    }
    return { relations, files: written };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function rowsOf(
  connection: DuckDBConnection,
  from: string,
  key: string,
  type: string,
  timed: readonly RegExp[],
): Promise<Rows> {
  const empty = { type, count: 0, rows: '', columns: {}, comments: {}, constraints: [] };
  try {
    const shape = (await all(connection, `describe from ${from}`)) as string[][];
    const kept = shape.filter(([name]) => !timed.some((pattern) => pattern.test(`${key}.${name}`)));
    const shown = kept.map(([name = '', kind = '']) => {
      const value = /^(DOUBLE|FLOAT)$/.test(kind)
        ? `format('{:g}', ${quoted(name)})`
        : `cast(${quoted(name)} as varchar)`;
      return `coalesce(${value}, '\\N')`;
    });
    const sums = shown.map((text) => `md5(coalesce(string_agg(${text}, chr(10) order by ${text}), ''))`);
    const row = `concat_ws(chr(9), '', ${shown.join(', ') || "''"})`;
    const rows = `md5(coalesce(string_agg(${row}, chr(10) order by ${row}), ''))`;
    const [values = []] = await all(
      connection,
      `select ${['count(*)', rows, ...sums].join(', ')} from ${from}`,
    );
    const columns = shape.map(([name = '', kind = '']) => {
      const index = kept.findIndex(([other]) => other === name);
      return [name, index < 0 ? kind : `${kind} ${values[index + 2]}`];
    });
    return {
      ...empty,
      count: Number(values[0]),
      rows: String(values[1]),
      columns: Object.fromEntries(columns),
    };
  } catch (error) {
    return { ...empty, problem: (error as Error).message.split('\n')[0] ?? '' };
  }
}

async function all(connection: DuckDBConnection, sql: string): Promise<unknown[][]> {
  return (await connection.runAndReadAll(sql)).getRowsJson() as unknown[][];
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A constraint's text. What dbt names indexes after holds the time. */
const nameless = (text: string): string =>
  text.replace(/\s+/g, ' ').replace(/^(CREATE (UNIQUE )?INDEX) \S+ ON/, '$1 … ON');
