/**
 * A session: one connection, one statement at a time.
 *
 * Statements queue behind each other. An open stream is not queued behind but refused
 * (`duckdb.session-busy`), because the engine would end the stream silently and waiting for the
 * stream's reader might be waiting for oneself.
 */
import type { DuckDBConnection, DuckDBPreparedStatement, DuckDBResult } from '@duckdb/node-api';
import { BoathouseError } from '../base/index.ts';
import { appendChunks } from './append-rows.ts';
import { columnReaders, readRows, toEngineValue } from './convert.ts';
import { fromEngineType } from './engine-types.ts';
import { duckdbErrors, fromEngine } from './errors.ts';
import type { Extensions } from './extensions.ts';
import { interruptUntilStopped } from './interrupt.ts';
import { withLacksSupplied } from './lacks.ts';
import type { Native } from './native.ts';
import { quotePath } from './quote.ts';
import { type EngineRetries, RepeatableTransaction, withRetries } from './retries.ts';
import { type Column, printSqlType, type SqlType } from './sql-type.ts';
import type { StatementHook } from './statement-hook.ts';
import { RowStream, type StreamHost } from './stream.ts';
import type { SqlValue } from './values.ts';

/** Parameters: in order for `?` and `$1`, by name for `$name`. */
export type Parameters = readonly (SqlValue | Date)[] | Readonly<Record<string, SqlValue | Date>>;

/** What a statement may be given beside its text. */
export interface QueryOptions {
  /** Aborting it interrupts the statement, which then throws `duckdb.interrupted`. */
  readonly signal?: AbortSignal | undefined;
}

/** What a statement did. */
export interface RunResult {
  /** Rows inserted, updated, deleted, copied or put into a created table by the last statement. */
  readonly rowsChanged: number;
}

/** A whole result. */
export interface ResultTable {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly SqlValue[])[];
}

/** What a session needs of its database. */
export interface SessionHost {
  readonly native: typeof Native;
  readonly extensions: Extensions;
  readonly beforeStatement?: StatementHook | undefined;
  readonly restoreText?: ((text: string) => string) | undefined;
  readonly retries?: EngineRetries | undefined;
  released(session: Session): void;
}

/** One connection of a database. Release it, or declare it with `await using`. */
export class Session {
  readonly #host: SessionHost;
  readonly #connection: DuckDBConnection;
  #tail: Promise<unknown> = Promise.resolve();
  #stream: RowStream | undefined;
  #inTransaction = false;
  readonly #transaction = new RepeatableTransaction();
  #closed = false;
  #running = false;
  #stopInterrupting: (() => void) | undefined;

  constructor(host: SessionHost, connection: DuckDBConnection) {
    this.#host = host;
    this.#connection = connection;
  }

  /** Whether a BEGIN is waiting for its COMMIT or ROLLBACK. */
  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  /**
   * Runs `sql`, which may be several statements; parameters go to the last. What the statements return is dropped.
   *
   * @throws duckdb.*, by the kind of the engine's error.
   */
  run(sql: string, params?: Parameters, options: QueryOptions = {}): Promise<RunResult> {
    return this.#exclusive(sql, options.signal, async () => {
      const result = await this.#execute(sql, params);
      if (result === undefined) return { rowsChanged: 0 };
      return { rowsChanged: result.rowsChanged || (await createdRows(result)) };
    });
  }

  /**
   * The whole result of `sql`, of its last statement when it is several.
   *
   * @param options `rowsMax` refuses a larger result instead of cutting it off.
   * @throws duckdb.*, duckdb.too-many-rows
   */
  query(
    sql: string,
    params?: Parameters,
    options: QueryOptions & { readonly rowsMax?: number } = {},
  ): Promise<ResultTable> {
    return this.#exclusive(sql, options.signal, async () => {
      const result = await this.#execute(sql, params);
      if (result === undefined) return { columns: [], rows: [] };
      const columns = columnsOf(result);
      if (columns.length === 0) return { columns, rows: [] };
      const readers = columnReaders(columns.map((column) => column.sqlType));
      const rows: SqlValue[][] = [];
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) break;
        if (options.rowsMax !== undefined && rows.length + chunk.rowCount > options.rowsMax) {
          throw duckdbErrors['too-many-rows']({ rowsMax: options.rowsMax });
        }
        for (const row of readRows(chunk, readers)) rows.push(row);
      }
      return { columns, rows };
    });
  }

  /** The first value of the first row; undefined when there is no row. @throws duckdb.* */
  async value(sql: string, params?: Parameters): Promise<SqlValue | undefined> {
    return (await this.query(sql, params)).rows[0]?.[0];
  }

  /**
   * The rows of `sql`, a chunk of at most 2,048 at a time in memory. A stream that fails throws, also
   * after rows have been handed out. While it is open the session takes no other statement.
   *
   * Starts when it is first read. Read it to its end, break out of the loop, or close it.
   */
  stream(sql: string, params?: Parameters, options: QueryOptions = {}): RowStream {
    return new RowStream(this.#streamHost(), sql, params, options.signal);
  }

  /** The columns that `sql` would give, without running it. @throws duckdb.* */
  describe(sql: string): Promise<readonly Column[]> {
    return this.#exclusive(sql, undefined, async () => {
      const text = await this.#hooked(sql);
      const prepared = await this.#attempted(text, () => this.#connection.prepare(text));
      try {
        return columnsOf(prepared);
      } finally {
        prepared.destroySync();
      }
    });
  }

  /**
   * Appends rows to a table that exists, through the engine's appender: no SQL text, no parse per row.
   * Rows are taken from `rows` as they are needed.
   *
   * @param table up to three name parts.
   * @returns how many rows were appended.
   */
  appendRows(
    table: readonly string[],
    types: readonly SqlType[],
    rows: AsyncIterable<readonly (SqlValue | Date)[]> | Iterable<readonly (SqlValue | Date)[]>,
  ): Promise<number> {
    return this.#exclusive(`-- append to ${quotePath(table)}`, undefined, () => {
      this.#transaction.spoil();
      return appendChunks(this.#host.native, this.#connection, table, types, rows);
    });
  }

  /** Stops what is running, if anything is; that call then throws `duckdb.interrupted`. */
  interrupt(): void {
    if (this.#closed) return;
    if (this.#running) this.#stopInterrupting ??= interruptUntilStopped(() => this.#connection.interrupt());
    else if (this.#stream !== undefined) this.#connection.interrupt();
  }

  /** Gives the connection back. What is running is interrupted; an open transaction is rolled back. Idempotent. */
  release(): void {
    if (this.#closed) return;
    this.interrupt();
    this.#closed = true;
    const close = (): void => {
      this.#connection.closeSync();
      this.#host.released(this);
    };
    // A statement in flight uses the connection until it has noticed the interrupt.
    if (this.#running) this.#tail.then(close, close);
    else close();
  }

  /** Releases the session once what is running has stopped. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stream !== undefined) await this.#stream.close();
    this.release();
    await this.#tail.catch(() => undefined);
  }

  /** One statement at a time, in the order of the calls. */
  #exclusive<T>(sql: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(duckdbErrors['session-closed']({}));
    if (this.#stream !== undefined)
      return Promise.reject(duckdbErrors['session-busy']({ doing: 'streaming' }));
    const result = this.#tail.then(async () => {
      if (this.#closed) throw duckdbErrors['session-closed']({});
      return this.#interruptible(sql, signal, work);
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #interruptible<T>(sql: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (signal?.aborted) throw interrupted(sql);
    const onAbort = (): void => this.interrupt();
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#running = true;
    try {
      return await work();
    } catch (error) {
      throw signal?.aborted ? interrupted(sql, error) : fromEngine(this.#restored(error), sql);
    } finally {
      this.#running = false;
      this.#stopInterrupting?.();
      this.#stopInterrupting = undefined;
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Runs every statement of `sql`; the last one's result, or undefined when there is no statement. */
  async #execute(given: string, params: Parameters | undefined): Promise<DuckDBResult | undefined> {
    const sql = await this.#hooked(given);
    if (this.#inTransaction) await this.#host.extensions.loadHinted(sql);
    const touchesTransaction =
      /\b(?:begin|start|commit|rollback|abort|end)\b/i.test(sql) && !oneQuery.test(sql);
    const wasInTransaction = this.#inTransaction;
    const isOne = params === undefined && !/;\s*\S/.test(sql);
    try {
      // Several statements run one by one, so that a retry never repeats one that already ran.
      if (isOne) {
        const result = await this.#attempted(sql, () => this.#connection.run(sql));
        if (wasInTransaction) this.#transaction.note(sql);
        return result;
      }
      this.#transaction.spoil();
      const statements = await this.#connection.extractStatements(sql);
      let result: DuckDBResult | undefined;
      for (let index = 0; index < statements.count; index += 1) {
        const isLast = index === statements.count - 1;
        result = await this.#attempted(sql, async () => {
          const prepared = await statements.prepare(index);
          try {
            if (isLast && params !== undefined) this.#bind(prepared, params);
            return await prepared.run();
          } finally {
            prepared.destroySync();
          }
        });
      }
      return result;
    } finally {
      if (touchesTransaction) this.#inTransaction = await this.#probeTransaction();
      if (!wasInTransaction && this.#inTransaction && isOne) this.#transaction.begin();
    }
  }

  /** The engine's error in the words of the statement as it was given. */
  #restored(error: unknown): unknown {
    const { restoreText } = this.#host;
    if (restoreText === undefined || !(error instanceof Error)) return error;
    const message = restoreText(error.message);
    if (message === error.message) return error;
    return error instanceof BoathouseError ? error.reworded(message) : Object.assign(error, { message });
  }

  /** What is run in the place of `sql`. */
  async #hooked(sql: string): Promise<string> {
    const { beforeStatement, extensions } = this.#host;
    if (beforeStatement === undefined) return sql;
    return await beforeStatement(sql, {
      inTransaction: this.#inTransaction,
      run: async (own) => {
        await this.#connection.run(own);
      },
      loads: (extension) =>
        extensions.load(extension).then(
          () => true,
          () => false,
        ),
    });
  }

  /** Whether a transaction is open: then two looks see the same one, or none may look. */
  async #probeTransaction(): Promise<boolean> {
    const look = async (): Promise<string> => {
      const rows = await (await this.#connection.run('SELECT txid_current()')).getRows();
      return String(rows[0]?.[0]);
    };
    try {
      const first = await look();
      return first === (await look());
    } catch {
      return true;
    }
  }

  /** As often as `retries` allow; within a transaction all of it is done again. */
  #attempted<T>(sql: string, work: () => Promise<T>): Promise<T> {
    return withRetries(
      this.#host.retries,
      async (attempt) => {
        if (attempt > 1 && this.#inTransaction) {
          for (const statement of this.#transaction.repetition ?? []) await this.#connection.run(statement);
        }
        return await this.#supplied(sql, work);
      },
      () => !this.#inTransaction || this.#transaction.repetition !== undefined,
    );
  }

  /** Within a transaction a failed attempt would abort it, so there nothing is tried twice. */
  #supplied<T>(sql: string, work: () => Promise<T>): Promise<T> {
    return this.#inTransaction ? work() : withLacksSupplied(this.#host.extensions, sql, work);
  }

  #bind(prepared: DuckDBPreparedStatement, params: Parameters): void {
    const { native } = this.#host;
    if (Array.isArray(params)) {
      prepared.bind((params as readonly SqlValue[]).map((value) => toEngineValue(native, value)));
      return;
    }
    const named = Object.entries(params as Readonly<Record<string, SqlValue>>);
    prepared.bind(Object.fromEntries(named.map(([name, value]) => [name, toEngineValue(native, value)])));
  }

  #streamHost(): StreamHost {
    return {
      open: async (stream, given, params) => {
        if (this.#closed) throw duckdbErrors['session-closed']({});
        if (this.#stream !== undefined) throw duckdbErrors['session-busy']({ doing: 'streaming' });
        this.#stream = stream;
        await this.#tail;
        const sql = await this.#hooked(given);
        if (this.#inTransaction) await this.#host.extensions.loadHinted(sql);
        const ownTransaction = !this.#inTransaction;
        const begin = async (): Promise<DuckDBResult> => {
          // Prepared outside the transaction first: an extension that is missing shows itself here.
          const prepared = await this.#supplied(sql, () => this.#connection.prepare(sql));
          try {
            if (params !== undefined) this.#bind(prepared, params);
            if (ownTransaction) await this.#connection.run('BEGIN');
            return await prepared.stream();
          } catch (error) {
            if (ownTransaction) await this.#connection.run('ROLLBACK').catch(() => undefined);
            throw error;
          } finally {
            prepared.destroySync();
          }
        };
        const result = await withRetries(this.#host.retries, begin, () => ownTransaction);
        return { result, columns: columnsOf(result), ownTransaction };
      },
      close: async (stream, end) => {
        if (this.#stream !== stream) return;
        this.#stream = undefined;
        if (end !== undefined && !this.#closed) await this.#connection.run(end).catch(() => undefined);
      },
      run: async (sql) => {
        await this.#connection.run(sql);
      },
      interrupt: () => {
        if (!this.#closed) this.#connection.interrupt();
      },
    };
  }
}

/** One statement that neither begins nor ends a transaction, though it may hold a CASE and its END. */
const oneQuery = /^\s*(?:select|from|with|copy)\b[^;]*;?\s*$/i;

/** The columns of a result or of a prepared statement. */
function columnsOf(result: DuckDBResult | DuckDBPreparedStatement): Column[] {
  return Array.from({ length: result.columnCount }, (_, index) => {
    const sqlType = fromEngineType(result.columnType(index));
    return { name: result.columnName(index), type: printSqlType(sqlType), sqlType };
  });
}

/** CREATE TABLE AS tells how many rows it made in a result, not in the count of changes. */
async function createdRows(result: DuckDBResult): Promise<number> {
  if (result.columnCount !== 1 || result.columnName(0) !== 'Count') return 0;
  const rows = await result.getRows();
  const count = rows[0]?.[0];
  return typeof count === 'bigint' || typeof count === 'number' ? Number(count) : 0;
}

function interrupted(sql: string, cause?: unknown): BoathouseError {
  return duckdbErrors.interrupted(
    { message: 'INTERRUPT Error: Interrupted!', engineKind: 'INTERRUPT', sql },
    { cause },
  );
}
