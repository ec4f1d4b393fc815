/**
 * The definitions of macros, as they were written.
 *
 * DuckDB's functions list parameters without their defaults, and nothing but EXPORT DATABASE prints a
 * macro whole. So a copy of the database without rows, tables and views is exported to an empty folder
 * and read back.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { relationKey } from '../catalog/index.ts';
import { quoteLiteral, quotePath, type Session } from '../duckdb/index.ts';

/** Everything after the name of each macro's CREATE, by the macro's key: `(a, b := 5) AS (a + b)`. */
export async function macroTexts(session: Session, database: string): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'boathouse-macros-'));
  const copy = '"boathouse_macros"';
  try {
    await session.run(`attach ':memory:' as ${copy}`);
    await session.run(`copy from database ${quotePath([database])} to ${copy} (schema)`);
    const { rows } = await session.query(
      `select schema_name, view_name, 'view' from duckdb_views() where not internal and database_name = 'boathouse_macros'
union all select schema_name, table_name, 'table' from duckdb_tables() where database_name = 'boathouse_macros'`,
    );
    for (const [schema, name, kind] of rows) {
      await session.run(
        `drop ${String(kind)} if exists ${copy}.${quotePath([String(schema), String(name)])} cascade`,
      );
    }
    await session.run(`export database ${copy} to ${quoteLiteral(folder)}`);
    return parseMacros(await readFile(join(folder, 'schema.sql'), 'utf8'), database);
  } finally {
    await session.run(`detach database if exists ${copy}`).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

/** The macros of a schema as EXPORT DATABASE prints it. Pure. */
export function parseMacros(schema: string, database: string): ReadonlyMap<string, string> {
  const macros = new Map<string, string>();
  const name = String.raw`(?:"(?:[^"]|"")*"|[^\s".(]+)`;
  const head = new RegExp(String.raw`^\s*create\s+macro\s+((?:${name}\s*\.\s*){0,2}${name})\s*(?=\()`, 'i');
  for (const statement of statements(schema)) {
    const match = head.exec(statement);
    if (!match) continue;
    const parts = [...(match[1] ?? '').matchAll(/"((?:[^"]|"")*)"|([^\s".]+)/g)].map(
      ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
    );
    const key = relationKey({ database, schema: parts.at(-2) ?? 'main', name: parts.at(-1) ?? '' });
    macros.set(key, statement.slice(match[0].length).trim());
  }
  return macros;
}

/** DuckDB prints no comments and no dollar quotes, so only two kinds of quotes hide a semicolon. */
function statements(text: string): readonly string[] {
  return text.match(/(?:'(?:[^']|'')*'|"(?:[^"]|"")*"|[^;'"])+/g) ?? [];
}
