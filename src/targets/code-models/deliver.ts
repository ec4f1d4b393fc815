/** Handing over what a model returned, a batch at a time: the next one is made when the last has been taken. */
import { pathToFileURL } from 'node:url';
import type * as Arrow from 'apache-arrow';
import { arrowOf } from './arrow-specifier.ts';
import { type Cell, NoCell, toCell } from './cells.ts';
import type { Columns, Trouble } from './messages.ts';
import { isThreadRelation, withoutEnd } from './thread-relation.ts';

/** Rows that are on their way at once: the engine's own chunk. */
const batchRows = 2048;

/** Where batches go. Resolves when one has been stored. */
export interface Receiver {
  rows(rows: Columns): Promise<void>;
  arrow(bytes: Uint8Array): Promise<void>;
}

/** A value that can't be stored, with its place. */
export class BadCell extends Error {
  readonly cell: NonNullable<Trouble['cell']>;

  constructor(cell: NonNullable<Trouble['cell']>, problem: string) {
    super(problem);
    this.cell = cell;
  }
}

/**
 * Sends what `result` is to `receiver`.
 *
 * @param file the model's, whose Arrow is asked before ours.
 * @returns the query, where it is one.
 */
export async function deliver(
  result: unknown,
  file: string,
  receiver: Receiver,
): Promise<string | undefined> {
  if (isThreadRelation(result)) return result.query;
  if (typeof result === 'string') return withoutEnd(result);
  if (result instanceof Uint8Array) {
    await receiver.arrow(result);
    return undefined;
  }
  const arrow = new ArrowSender(file, receiver);
  if (isTable(result)) {
    for (const batch of result.batches) await arrow.send(batch, result.schema);
    if (result.batches.length === 0) await arrow.sendEmpty(result.schema);
    return undefined;
  }
  if (isBatch(result)) {
    await arrow.send(result, result.schema);
    return undefined;
  }
  if (typeof result !== 'object' || result === null || !isIterable(result)) {
    throw new TypeError(
      `a model returns rows, Arrow, a relation or a query, and this one returned ${nameOf(result)}`,
    );
  }
  const rows = new RowBatches(receiver);
  for await (const item of result) {
    if (isTable(item)) for (const batch of item.batches) await arrow.send(batch, item.schema);
    else if (isBatch(item)) await arrow.send(item, item.schema);
    else await rows.add(item);
  }
  await rows.flush();
  return undefined;
}

class RowBatches {
  readonly #receiver: Receiver;
  #columns = new Map<string, Cell[]>();
  #count = 0;
  #sent = 0;

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  async add(row: unknown): Promise<void> {
    for (const [name, value] of entriesOf(row, this.#sent + this.#count + 1)) {
      let column = this.#columns.get(name);
      if (column === undefined) {
        column = [];
        this.#columns.set(name, column);
      }
      while (column.length < this.#count) column.push(null);
      column.push(this.#cellOf(name, value));
    }
    this.#count += 1;
    if (this.#count === batchRows) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#count === 0) return;
    const columns = [...this.#columns.values()];
    for (const column of columns) while (column.length < this.#count) column.push(null);
    const rows = { names: [...this.#columns.keys()], columns, count: this.#count };
    this.#sent += this.#count;
    this.#count = 0;
    this.#columns = new Map();
    await this.#receiver.rows(rows);
  }

  #cellOf(column: string, value: unknown): Cell {
    try {
      return toCell(value);
    } catch (error) {
      if (!(error instanceof NoCell)) throw error;
      throw new BadCell({ row: this.#sent + this.#count + 1, column, value: nameOf(value) }, error.message);
    }
  }
}

function entriesOf(row: unknown, number: number): readonly (readonly [string, unknown])[] {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new TypeError(
      `row ${number} is ${nameOf(row)}: a row is an object of the columns' names and values, such as { id: 1 }`,
    );
  }
  const plain =
    row.constructor !== Object && 'toJSON' in row && typeof row.toJSON === 'function'
      ? (row.toJSON as () => object)()
      : row;
  return plain instanceof Map ? [...(plain as Map<string, unknown>)] : Object.entries(plain);
}

/** Arrow as bytes, written by the library that made it. */
class ArrowSender {
  readonly #file: string;
  readonly #receiver: Receiver;
  #library: typeof Arrow | undefined;

  constructor(file: string, receiver: Receiver) {
    this.#file = file;
    this.#receiver = receiver;
  }

  async send(batch: Arrow.RecordBatch, schema: Arrow.Schema): Promise<void> {
    const { Table, tableToIPC } = await this.#arrow();
    await this.#receiver.arrow(tableToIPC(new Table(schema, [batch]), 'stream'));
  }

  async sendEmpty(schema: Arrow.Schema): Promise<void> {
    const { Table, tableToIPC } = await this.#arrow();
    await this.#receiver.arrow(tableToIPC(new Table(schema), 'stream'));
  }

  async #arrow(): Promise<typeof Arrow> {
    // A table can be written by nobody but the very copy of the library that made it.
    this.#library ??= (await import(arrowOf(pathToFileURL(this.#file).href))) as typeof Arrow;
    return this.#library;
  }
}

function isTable(value: unknown): value is Arrow.Table {
  return typeof value === 'object' && value !== null && 'schema' in value && 'batches' in value;
}

function isBatch(value: unknown): value is Arrow.RecordBatch {
  return (
    typeof value === 'object' &&
    value !== null &&
    'schema' in value &&
    'numRows' in value &&
    'getChildAt' in value
  );
}

function isIterable(value: object): value is AsyncIterable<unknown> | Iterable<unknown> {
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}

/** What a value is, for a person. */
function nameOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'function') return `the function ${value.name || 'without a name'}`;
  if (typeof value === 'object') {
    const name = value.constructor?.name;
    return Array.isArray(value)
      ? 'an array'
      : name === undefined || name === 'Object'
        ? 'an object'
        : `a ${name}`;
  }
  return `${typeof value === 'string' ? `'${value}'` : String(value as number)}`;
}
