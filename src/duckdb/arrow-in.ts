/**
 * Arrow into DuckDB, without the engine's arrow extension: rows are read from Arrow's buffers and
 * appended to a table. The buffers are read directly, at any depth, because Arrow's own getters hand
 * out timestamps as floating milliseconds.
 */
import type * as Arrow from 'apache-arrow';
import { assert, isBoathouseError } from '../base/index.ts';
import { fromArrowType, loadArrow } from './arrow-types.ts';
import { duckdbErrors } from './errors.ts';
import { quotePath } from './quote.ts';
import type { Session } from './session.ts';
import { type Column, printSqlType, scalarType } from './sql-type.ts';
import { Decimal, MapValue, SqlDate, SqlTime, type SqlValue, StructValue, Timestamp } from './values.ts';

/** Arrow data: a table, or the bytes of an IPC stream or file, at once or in pieces. */
export type ArrowInput = Arrow.Table | Uint8Array | AsyncIterable<Uint8Array>;

/** Columns, and rows to be read once. */
export interface ArrowRows {
  readonly columns: readonly Column[];
  readonly rows: AsyncIterable<readonly SqlValue[]>;
}

/**
 * The columns and rows of `input`; record batches are read as the rows are asked for. A column of
 * Arrow's null type becomes INTEGER, since a table can't have a column without a type.
 *
 * @throws duckdb.unsupported-arrow for a type that DuckDB has no counterpart of; duckdb.bad-arrow for bytes that are no
 * stream, and from `rows` for one that is cut off.
 */
export async function readArrow(input: ArrowInput): Promise<ArrowRows> {
  const arrow = await loadArrow();
  const { schema, batches } = await open(arrow, input);
  const columns = schema.fields.map((field) => {
    const read = fromArrowType(arrow, field.type);
    const sqlType = read.kind === 'scalar' && read.name === 'NULL' ? scalarType('INTEGER') : read;
    return { name: field.name, type: printSqlType(sqlType), sqlType };
  });
  const rows = async function* (): AsyncGenerator<readonly SqlValue[], void, undefined> {
    for await (const batch of whole(batches)) {
      const readers = columns.map((_, i) => vectorReader(arrow, batch.getChildAt(i)));
      for (let row = 0; row < batch.numRows; row += 1) yield readers.map((read) => read(row));
    }
  };
  return { columns, rows: rows() };
}

/**
 * Creates `table` (up to three name parts) with the columns of `input` and appends its rows.
 *
 * @returns how many rows there were. @throws duckdb.unsupported-arrow, duckdb.catalog
 */
export async function appendArrow(
  session: Session,
  table: readonly string[],
  input: ArrowInput,
  options: { readonly temporary?: boolean } = {},
): Promise<number> {
  const { columns, rows } = await readArrow(input);
  const list = columns.map((column) => `${quotePath([column.name])} ${column.type}`).join(', ');
  const kind = options.temporary === true ? 'TEMPORARY TABLE' : 'TABLE';
  await session.run(`CREATE ${kind} ${quotePath(table)} (${list})`);
  return session.appendRows(
    table,
    columns.map((column) => column.sqlType),
    rows,
  );
}

/** What the reader of bytes fails with says nothing to users: it is told as what it means. */
async function* whole(batches: Batches): AsyncGenerator<Arrow.RecordBatch, void, undefined> {
  try {
    yield* batches;
  } catch (cause) {
    throw badArrow(cause);
  }
}

function badArrow(cause: unknown): unknown {
  if (isBoathouseError(cause)) return cause;
  const isOurs = cause instanceof TypeError || cause instanceof RangeError;
  const problem = isOurs
    ? 'it is cut off or garbled'
    : cause instanceof Error
      ? cause.message
      : String(cause);
  return duckdbErrors['bad-arrow']({ problem }, { cause });
}

type Batches = AsyncIterable<Arrow.RecordBatch> | Iterable<Arrow.RecordBatch>;

async function open(
  arrow: typeof Arrow,
  input: ArrowInput,
): Promise<{ schema: Arrow.Schema; batches: Batches }> {
  if ('schema' in input && 'batches' in input) return { schema: input.schema, batches: input.batches };
  const opened = async (): Promise<Arrow.RecordBatchReader> => {
    const found = await arrow.RecordBatchReader.from(input as AsyncIterable<Uint8Array>);
    await found.open();
    return found;
  };
  const reader = await opened().catch((cause: unknown) => {
    throw badArrow(cause);
  });
  // Bytes without a single message open as a stream of nothing.
  if ((reader.schema as Arrow.Schema | undefined) === undefined) throw badArrow('it has no schema');
  return { schema: reader.schema, batches: reader as AsyncIterable<Arrow.RecordBatch> };
}

type Read = (index: number) => SqlValue;

/** Reads a vector, which may be of several pieces (a dictionary that grew). */
function vectorReader(arrow: typeof Arrow, vector: Arrow.Vector | null): Read {
  const pieces = vector?.data ?? [];
  if (pieces.length <= 1) return pieces[0] === undefined ? () => null : dataReader(arrow, pieces[0]);
  const readers = pieces.map((piece) => ({ length: piece.length, read: dataReader(arrow, piece) }));
  return (index) => {
    let rest = index;
    for (const { length, read } of readers) {
      if (rest < length) return read(rest);
      rest -= length;
    }
    return null;
  };
}

/** Reads one piece of a column, nulls included. */
function dataReader(arrow: typeof Arrow, data: Arrow.Data): Read {
  if (arrow.DataType.isNull(data.type)) return () => null;
  const read = valueReader(arrow, data);
  return data.nullCount === 0 ? read : (index) => (data.getValid(index) ? read(index) : null);
}

function valueReader(arrow: typeof Arrow, data: Arrow.Data): Read {
  const { DataType } = arrow;
  const { type } = data;
  const child = (index: number): Read => {
    const part = data.children[index];
    assert(part !== undefined, 'a nested column has its parts');
    return dataReader(arrow, part);
  };
  if (DataType.isDictionary(type)) {
    const words = vectorReader(arrow, data.dictionary ?? null);
    return (i) => words(Number(data.values[i]));
  }
  if (DataType.isStruct(type)) {
    const names = type.children.map((field) => field.name);
    const readers = names.map((_, i) => child(i));
    return (i) =>
      new StructValue(
        names,
        readers.map((read) => read(i)),
      );
  }
  if (DataType.isMap(type)) {
    const entries = data.children[0];
    assert(entries !== undefined, 'a map has entries');
    const keys = dataReader(arrow, entries.children[0] as Arrow.Data);
    const values = dataReader(arrow, entries.children[1] as Arrow.Data);
    return (i) => new MapValue(range(data, i).map((at) => [keys(at), values(at)] as const));
  }
  if (DataType.isFixedSizeList(type)) {
    const item = child(0);
    return (i) => Array.from({ length: type.listSize }, (_, at) => item(i * type.listSize + at));
  }
  if (DataType.isList(type) || DataType.isLargeList(type)) {
    const item = child(0);
    return (i) => range(data, i).map(item);
  }
  return scalarReader(arrow, data);
}

function scalarReader(arrow: typeof Arrow, data: Arrow.Data): Read {
  const { DataType } = arrow;
  const { type } = data;
  // Which array it is follows from the type; each branch knows its own.
  const values = data.values as { readonly [index: number]: number | bigint };
  const big = (i: number): bigint => BigInt(values[i] ?? 0);
  if (DataType.isBool(type)) {
    const bits = data.values as Uint8Array;
    return (i) => (((bits[(data.offset + i) >> 3] ?? 0) >> ((data.offset + i) & 7)) & 1) === 1;
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) {
    return (i) => decoder.decode(slice(data, i));
  }
  if (DataType.isBinary(type) || DataType.isLargeBinary(type)) return (i) => slice(data, i).slice();
  if (DataType.isFixedSizeBinary(type)) {
    const bytes = data.values as Uint8Array;
    return (i) => bytes.slice(i * type.byteWidth, (i + 1) * type.byteWidth);
  }
  if (DataType.isTimestamp(type)) {
    const unit = (['s', 'ms', 'us', 'ns'] as const)[type.unit as 0 | 1 | 2 | 3];
    const isInstant = type.timezone !== null && type.timezone !== undefined;
    return (i) => {
      const wall = new Timestamp(big(i), unit);
      return isInstant ? new Timestamp(wall.micros, 'us', true) : wall;
    };
  }
  if (DataType.isTime(type)) {
    const factor = [1_000_000n, 1000n, 1n, 1n][type.unit] as bigint;
    return (i) => new SqlTime(big(i) * factor, type.unit === arrow.TimeUnit.NANOSECOND ? 'ns' : 'us');
  }
  if (DataType.isDate(type)) {
    const perDay = type.unit === arrow.DateUnit.DAY ? 1 : 86_400_000;
    return (i) => new SqlDate(Math.floor(Number(values[i] ?? 0) / perDay));
  }
  if (DataType.isDecimal(type)) {
    const words = data.values as Uint32Array;
    const perValue = type.bitWidth / 32;
    return (i) => new Decimal(signedWords(words, i * perValue, perValue), type.precision, type.scale);
  }
  if (DataType.isFloat(type) && type.precision === arrow.Precision.HALF) {
    const vector = new arrow.Vector([data]);
    return (i) => vector.get(i) as number;
  }
  return (i) => values[i] ?? null;
}

const decoder = new TextDecoder();

/** Where the items of list number `index` are in its child. */
function range(data: Arrow.Data, index: number): number[] {
  const start = Number(data.valueOffsets[index]);
  return Array.from({ length: Number(data.valueOffsets[index + 1]) - start }, (_, i) => start + i);
}

function slice(data: Arrow.Data, index: number): Uint8Array {
  const offsets = data.valueOffsets;
  return (data.values as Uint8Array).subarray(Number(offsets[index]), Number(offsets[index + 1]));
}

function signedWords(words: Uint32Array, start: number, count: number): bigint {
  let value = 0n;
  for (let i = count - 1; i >= 0; i -= 1) value = (value << 32n) | BigInt(words[start + i] ?? 0);
  return BigInt.asIntN(count * 32, value);
}
