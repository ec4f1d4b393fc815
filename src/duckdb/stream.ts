/**
 * Results chunk by chunk, where a failure can't pass for an end.
 *
 * The engine's binding hands out "no more chunks" both at the end of a result and when fetching the
 * next chunk fails or is interrupted. So a stream runs inside a transaction, and after the last chunk
 * asks the transaction whether it still lives: an aborted one means the stream broke off.
 */
import type { DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';
import { assert } from '../base/index.ts';
import { type ColumnReader, columnReaders, readColumns } from './convert.ts';
import { duckdbErrors, fromEngine } from './errors.ts';
import { interruptUntilStopped } from './interrupt.ts';
import type { Parameters } from './session.ts';
import type { Column } from './sql-type.ts';
import type { SqlValue } from './values.ts';

/** Up to 2,048 rows, column by column. */
export interface Batch {
  readonly rowCount: number;
  readonly columns: readonly (readonly SqlValue[])[];
}

interface OpenStream {
  readonly result: DuckDBResult;
  readonly columns: readonly Column[];
  /** Whether the transaction around it was begun for it. */
  readonly ownTransaction: boolean;
}

/** What a stream needs of its session. */
export interface StreamHost {
  open(stream: RowStream, sql: string, params: Parameters | undefined): Promise<OpenStream>;
  /** @param end how its own transaction ends; undefined where that isn't its own. */
  close(stream: RowStream, end: 'COMMIT' | 'ROLLBACK' | undefined): Promise<void>;
  run(sql: string): Promise<void>;
  interrupt(): void;
}

/** The rows of one statement, read once. At most one chunk is in memory at a time. */
export class RowStream implements AsyncIterable<readonly SqlValue[]> {
  readonly #host: StreamHost;
  readonly #sql: string;
  readonly #params: Parameters | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => {
    this.#stopInterrupting = interruptUntilStopped(() => this.#host.interrupt());
  };
  #stopInterrupting: (() => void) | undefined;
  #opening: Promise<OpenStream> | undefined;
  #done = false;

  constructor(
    host: StreamHost,
    sql: string,
    params: Parameters | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.#host = host;
    this.#sql = sql;
    this.#params = params;
    this.#signal = signal;
  }

  /** The result's columns. Starts the statement. @throws duckdb.* */
  async columns(): Promise<readonly Column[]> {
    return (await this.#open()).columns;
  }

  /** Row by row. @throws duckdb.* whenever the statement fails, however many rows came before. */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly SqlValue[], void, undefined> {
    for await (const { rowCount, columns } of this.batches()) {
      for (let row = 0; row < rowCount; row += 1) {
        yield columns.map((values) => values[row] as SqlValue);
      }
    }
  }

  /** Chunk by chunk, column-wise: the fast way. @throws duckdb.* */
  async *batches(): AsyncGenerator<Batch, void, undefined> {
    const { columns } = await this.#open();
    const readers: ColumnReader[] = columnReaders(columns.map((column) => column.sqlType));
    for await (const chunk of this.chunks()) {
      yield { rowCount: chunk.rowCount, columns: readColumns(chunk, readers) };
    }
  }

  /** The engine's own chunks, each valid until the next is asked for. @throws duckdb.* */
  async *chunks(): AsyncGenerator<DuckDBDataChunk, void, undefined> {
    const { result } = await this.#open();
    assert(!this.#done, 'a stream is read once');
    try {
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) break;
        yield chunk;
      }
      await this.#probe();
      await this.#end('COMMIT');
    } finally {
      await this.close();
    }
  }

  /** Ends the stream early; the session is free afterwards. Idempotent. */
  async close(): Promise<void> {
    await this.#end('ROLLBACK');
  }

  async #end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    this.#forgetSignal();
    const open = await this.#opening?.catch(() => undefined);
    await this.#host.close(this, open?.ownTransaction === false ? undefined : how);
  }

  #forgetSignal(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#stopInterrupting?.();
  }

  #open(): Promise<OpenStream> {
    this.#opening ??= this.#start();
    return this.#opening;
  }

  async #start(): Promise<OpenStream> {
    if (this.#signal?.aborted) throw this.#interrupted();
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    try {
      return await this.#host.open(this, this.#sql, this.#params);
    } catch (error) {
      const aborted = this.#signal?.aborted === true;
      this.#done = true;
      this.#forgetSignal();
      await this.#host.close(this, undefined);
      throw aborted ? this.#interrupted(error) : fromEngine(error, this.#sql);
    }
  }

  /** @throws what broke the stream off, if anything did. */
  async #probe(): Promise<void> {
    try {
      await this.#host.run('SELECT 1');
    } catch (error) {
      const open = await this.#open();
      if (this.#signal?.aborted) throw this.#interrupted(error);
      throw await this.#reason(error, open.ownTransaction);
    }
  }

  /**
   * Why the stream broke off. The binding keeps that to itself, so a query is executed once more
   * without being read (EXPLAIN ANALYZE), which does report it. Only a query, and only when the
   * transaction was ours to leave.
   */
  async #reason(error: unknown, ownTransaction: boolean): Promise<Error> {
    if (
      ownTransaction &&
      this.#params === undefined &&
      /^\s*(?:select|with|from|values|\()/i.test(this.#sql)
    ) {
      await this.#host.run('ROLLBACK').catch(() => undefined);
      try {
        await this.#host.run(`EXPLAIN ANALYZE ${this.#sql}`);
      } catch (again) {
        return fromEngine(again, this.#sql);
      }
    }
    return duckdbErrors.failed(
      {
        message: 'the result broke off before its end: the statement failed or was interrupted',
        engineKind: 'TransactionContext',
        sql: this.#sql,
      },
      { cause: error },
    );
  }

  #interrupted(cause?: unknown): Error {
    return duckdbErrors.interrupted(
      { message: 'INTERRUPT Error: Interrupted!', engineKind: 'INTERRUPT', sql: this.#sql },
      { cause },
    );
  }
}
