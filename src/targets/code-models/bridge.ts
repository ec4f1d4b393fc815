/** What a model's thread may ask of the run, answered from the node's session. */
import { type BoathouseError, isBoathouseError } from '../../base/index.ts';
import { arrowIpcStream, type Parameters, type ResultTable, type SqlValue } from '../../duckdb/index.ts';
import type { LakehouseSession } from '../session.ts';
import type { WorkingDatabase } from '../working-database.ts';
import { type Cell, fromCell, toCell } from './cells.ts';
import type { Columns, Request, Trouble } from './messages.ts';
import type { StagedRows } from './staged-rows.ts';

/** Streams that a model has open at once. */
const streamsMax = 64;

/** What a bridge stands on. */
export interface BridgeInput {
  readonly session: LakehouseSession;
  readonly work: WorkingDatabase;
  readonly staged: StagedRows;
  /** Called before rows are taken: a view can't have any. */
  readonly beforeRows: () => void;
  readonly signal: AbortSignal | undefined;
}

interface OpenStream {
  readonly session: LakehouseSession;
  readonly names: readonly string[];
  readonly batches: AsyncGenerator<{
    readonly rowCount: number;
    readonly columns: readonly (readonly SqlValue[])[];
  }>;
}

/** The run's side of one model. */
export class Bridge {
  readonly #input: BridgeInput;
  readonly #streams = new Map<number, OpenStream>();
  readonly #refused: BoathouseError[] = [];
  #tail: Promise<unknown> = Promise.resolve();

  constructor(input: BridgeInput) {
    this.#input = input;
  }

  /** @throws whatever the engine says; kept, so that it is known again when the model fails with it. */
  async answer(request: Request): Promise<unknown> {
    try {
      switch (request.kind) {
        case 'open':
          return await this.#openStream(request);
        case 'next':
          return await this.#next(request.stream);
        case 'close':
          return await this.#closeStream(request.stream);
        default:
          return await this.#inTurn(() => this.#onSession(request));
      }
    } catch (error) {
      if (isBoathouseError(error)) this.#refused.push(error);
      throw error;
    }
  }

  /** The error that a model was given and failed with. */
  refusedAs({ message, code }: Trouble): BoathouseError | undefined {
    return this.#refused.find((error) => error.code === code && error.message === message);
  }

  /** Gives back every connection. */
  async close(): Promise<void> {
    for (const stream of [...this.#streams.keys()]) await this.#closeStream(stream);
  }

  async #onSession(
    request: Exclude<Request, { readonly kind: 'open' | 'next' | 'close' }>,
  ): Promise<unknown> {
    const { session, staged, signal } = this.#input;
    const { connection } = session;
    switch (request.kind) {
      case 'query': {
        const sql = await session.resolve(request.sql);
        return columnsOf(await connection.query(sql, parametersOf(request.params), { signal }));
      }
      case 'run': {
        if (request.params === undefined) {
          const { response } = await session.execute(request.sql, { fetch: false });
          return { rowsChanged: response.rowsAffected ?? 0 };
        }
        return await connection.run(await session.resolve(request.sql), parametersOf(request.params), {
          signal,
        });
      }
      case 'columns':
        return await session.describe(request.sql);
      case 'arrow': {
        const sql = await session.resolve(request.sql);
        const pieces: Uint8Array[] = [];
        for await (const piece of arrowIpcStream(
          connection.stream(sql, parametersOf(request.params), { signal }),
        ))
          pieces.push(piece);
        return new Uint8Array(Buffer.concat(pieces));
      }
      case 'rows':
        this.#input.beforeRows();
        return await staged.add(request.rows);
      case 'arrow-rows':
        this.#input.beforeRows();
        return await staged.addArrow(request.bytes);
    }
  }

  async #openStream(request: Request & { readonly kind: 'open' }): Promise<void> {
    if (this.#streams.size >= streamsMax) throw new Error(`a model may read ${streamsMax} streams at once`);
    const session = await this.#input.work.session();
    try {
      const sql = await session.resolve(request.sql);
      const stream = session.connection.stream(sql, parametersOf(request.params), {
        signal: this.#input.signal,
      });
      const names = (await stream.columns()).map(({ name }) => name);
      this.#streams.set(request.stream, { session, names, batches: stream.batches() });
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  async #next(stream: number): Promise<Columns | null> {
    const open = this.#streams.get(stream);
    if (open === undefined) return null;
    const { value, done } = await open.batches.next();
    if (done === true) return null;
    return {
      names: open.names,
      columns: value.columns.map((column) => column.map(cellOf)),
      count: value.rowCount,
    };
  }

  async #closeStream(stream: number): Promise<void> {
    const open = this.#streams.get(stream);
    if (open === undefined) return;
    this.#streams.delete(stream);
    try {
      await open.batches.return(undefined);
    } finally {
      await open.session.release();
    }
  }

  /** One at a time: an open stream leaves no place for another statement. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

/** Most values are what they are. */
function cellOf(value: SqlValue): Cell {
  return value === null || typeof value !== 'object' ? value : toCell(value);
}

function columnsOf({ columns, rows }: ResultTable): Columns {
  return {
    names: columns.map(({ name }) => name),
    columns: columns.map((_, index) => rows.map((row) => cellOf(row[index] ?? null))),
    count: rows.length,
  };
}

function parametersOf(cell: Cell | undefined): Parameters | undefined {
  if (cell === undefined || cell === null) return undefined;
  if (Array.isArray(cell)) return (cell as readonly Cell[]).map(fromCell);
  if (typeof cell !== 'object' || !('is' in cell) || cell.is !== 'struct') return undefined;
  return Object.fromEntries(cell.names.map((name, index) => [name, fromCell(cell.values[index] ?? null)]));
}
