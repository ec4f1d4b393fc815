/** A table's state as a test compares it, and what lies in its folder that nobody refers to. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { vectorPath } from '../../src/delta/index.ts';
import { Database, type Session } from '../../src/duckdb/index.ts';
import { DeltaTable } from '../../src/tables/index.ts';

/** What can be seen of a table. */
export interface TableState {
  readonly version: number;
  readonly files: number;
  /** Columns, the number of rows and a sum of their hashes. */
  readonly rows: string;
}

/** Looks at tables, with a DuckDB of its own. */
export class Looker {
  readonly #database: Database;
  readonly #session: Session;

  private constructor(database: Database, session: Session) {
    this.#database = database;
    this.#session = session;
  }

  static async open(): Promise<Looker> {
    const database = await Database.open();
    return new Looker(database, await database.session());
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** Reads every row. Undefined where there is no table. @param rowsOnly leaves the version and the files out. */
  async state(table: string, rowsOnly = false): Promise<TableState | undefined> {
    if (!existsSync(join(table, '_delta_log')) || !(await DeltaTable.isDeltaTable(table))) return undefined;
    const opened = await DeltaTable.open(table);
    const { sql, columns } = await opened.relation();
    const { rows } = await this.#session.query(`SELECT count(*), sum(hash(t)::HUGEINT) FROM (${sql}) AS t`);
    const names = columns.map(({ name, type }) => `${name} ${type}`).join(', ');
    return {
      version: rowsOnly ? 0 : opened.version,
      files: rowsOnly ? 0 : opened.snapshot.files().length,
      rows: `${names}: ${rows[0]?.join(' ')}`,
    };
  }
}

/**
 * Files in the table's folder that no version of it refers to, temporary ones among them.
 *
 * @param which `all` also takes those for strangers that only older versions refer to.
 */
export async function strangers(table: string, which: 'unknown' | 'all' = 'unknown'): Promise<string[]> {
  const { snapshot } = (await DeltaTable.open(table)).handle;
  const known = new Set<string>();
  for (const file of [...snapshot.files.values(), ...(which === 'all' ? [] : snapshot.tombstones.values())]) {
    known.add(decodeURIComponent(file.path));
    known.add(file.path);
    const vector = file.deletionVector === undefined ? undefined : vectorPath(file.deletionVector);
    if (vector !== undefined) known.add(vector);
  }
  return readdirSync(table, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(table.length + 1))
    .filter(
      (name) =>
        !name.startsWith('_delta_log') &&
        (which === 'all' || !name.startsWith('_change_data')) &&
        !known.has(name),
    );
}
