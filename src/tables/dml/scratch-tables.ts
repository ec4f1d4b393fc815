/** Temporary tables of one operation, in a session that may hold others'. */
import { type Random, systemRandom } from '../../base/index.ts';
import { quotePath, type Session } from '../../duckdb/index.ts';

/** Names and drops the temporary tables of an operation. The engine spills them to disk as it has to. */
export class ScratchTables {
  readonly session: Session;
  readonly #prefix: string;
  readonly #signal: AbortSignal | undefined;
  #made: string[] = [];

  constructor(
    session: Session,
    options: { readonly signal?: AbortSignal | undefined; readonly random?: Random },
  ) {
    this.session = session;
    this.#signal = options.signal;
    this.#prefix = `__boathouse_${(options.random ?? systemRandom).uuid().slice(0, 8)}`;
  }

  /** Keeps the rows of `query`; the table's name as SQL, and how many rows it has. @throws duckdb.* */
  async keep(query: string): Promise<{ readonly name: string; readonly rows: number }> {
    const name = quotePath(['temp', 'main', `${this.#prefix}_${this.#made.length}`]);
    this.#made.push(name);
    const { rowsChanged } = await this.session.run(`CREATE TEMP TABLE ${name} AS ${query}`, undefined, {
      signal: this.#signal,
    });
    return { name, rows: rowsChanged };
  }

  /** Drops what was kept. A session that is gone, or whose transaction failed, has dropped them itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    const made = this.#made;
    this.#made = [];
    for (const name of made) {
      try {
        await this.session.run(`DROP TABLE IF EXISTS ${name}`);
      } catch {
        return;
      }
    }
  }
}
