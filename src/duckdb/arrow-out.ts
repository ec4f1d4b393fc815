/**
 * Results as Arrow: an IPC stream of record batches, or a table in memory.
 *
 * Arrow's buffers are laid out here rather than through its builders, which take timestamps as
 * floating milliseconds and would lose microseconds.
 */
import type * as Arrow from 'apache-arrow';
import { assert } from '../base/index.ts';
import { loadArrow, toArrowType } from './arrow-types.ts';
import { formatSqlValue } from './format.ts';
import type { Parameters, QueryOptions, Session } from './session.ts';
import type { Column, SqlType } from './sql-type.ts';
import type { RowStream } from './stream.ts';
import {
  Decimal,
  Interval,
  MapValue,
  SqlDate,
  SqlTime,
  type SqlValue,
  StructValue,
  Timestamp,
  UnionValue,
} from './values.ts';

/** The Arrow schema of `columns`. */
export async function arrowSchema(columns: readonly Column[]): Promise<Arrow.Schema> {
  const arrow = await loadArrow();
  return new arrow.Schema(
    columns.map(({ name, sqlType }) => new arrow.Field(name, toArrowType(arrow, sqlType), true)),
  );
}

/**
 * `stream` as Arrow IPC bytes in the streaming format: first the schema, then one piece a record batch,
 * then the end mark. One chunk of rows is in memory at a time. @throws duckdb.* when the statement fails
 */
export async function* arrowIpcStream(stream: RowStream): AsyncGenerator<Uint8Array, void, undefined> {
  const arrow = await loadArrow();
  const columns = await stream.columns();
  const schema = await arrowSchema(columns);
  const writer = new arrow.RecordBatchStreamWriter();
  const pieces = writer[Symbol.asyncIterator]();
  writer.reset(undefined, schema);
  const drained: Uint8Array[] = [];
  const reading = (async () => {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done === true) return;
      drained.push(value as Uint8Array);
    }
  })();
  try {
    for await (const batch of recordBatches(arrow, stream, columns, schema)) {
      writer.write(batch);
      await settle();
      yield* drained.splice(0);
    }
    writer.finish();
    await reading;
    yield* drained.splice(0);
  } finally {
    await stream.close();
  }
}

/** The whole result of `sql` as an Arrow table. @throws duckdb.* */
export async function queryToArrow(
  session: Session,
  sql: string,
  params?: Parameters,
  options: QueryOptions = {},
): Promise<Arrow.Table> {
  const arrow = await loadArrow();
  const stream = session.stream(sql, params, options);
  const columns = await stream.columns();
  const schema = await arrowSchema(columns);
  const batches: Arrow.RecordBatch[] = [];
  for await (const batch of recordBatches(arrow, stream, columns, schema)) batches.push(batch);
  return new arrow.Table(schema, batches);
}

async function* recordBatches(
  arrow: typeof Arrow,
  stream: RowStream,
  columns: readonly Column[],
  schema: Arrow.Schema,
): AsyncGenerator<Arrow.RecordBatch, void, undefined> {
  const struct = new arrow.Struct(schema.fields);
  for await (const { rowCount, columns: values } of stream.batches()) {
    const children = columns.map((column, index) => {
      const field = schema.fields[index];
      assert(field !== undefined, 'a column has a field');
      return arrowData(arrow, field.type, column.sqlType, values[index] ?? []);
    });
    yield new arrow.RecordBatch(
      schema,
      arrow.makeData({ type: struct, length: rowCount, nullCount: 0, children }),
    );
  }
}

/** Lets the writer's own reader run: it hands bytes on through promises. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

type Make = (props: Record<string, unknown>) => Arrow.Data;

/** One column's buffers. `type` is what `toArrowType` made of `sqlType`. */
function arrowData(
  arrow: typeof Arrow,
  type: Arrow.DataType,
  sqlType: SqlType,
  values: readonly SqlValue[],
): Arrow.Data {
  const { DataType } = arrow;
  // makeData's overloads want each type's own properties; which those are is decided below.
  const make = arrow.makeData as unknown as Make;
  const length = values.length;
  if (DataType.isNull(type)) return make({ type, length });
  if (DataType.isSparseUnion(type) && sqlType.kind === 'union') {
    const index = new Map(sqlType.members.map((member, i) => [member.name, i]));
    const typeIds = Int8Array.from(values, (v) => (v instanceof UnionValue ? (index.get(v.tag) ?? 0) : 0));
    const children = sqlType.members.map((member, i) =>
      arrowData(
        arrow,
        (type.children[i] as Arrow.Field).type,
        member.type,
        values.map((v) => (v instanceof UnionValue && v.tag === member.name ? v.value : null)),
      ),
    );
    return make({ type, length, typeIds, children });
  }
  const { nullBitmap, nullCount } = validity(values);
  const common = { type, length, nullCount, nullBitmap };
  const child = (index: number): Arrow.DataType =>
    (type.children as Arrow.Field[])[index]?.type as Arrow.DataType;
  if (DataType.isStruct(type) && sqlType.kind === 'struct') {
    const children = sqlType.members.map((member, i) =>
      arrowData(
        arrow,
        child(i),
        member.type,
        values.map((v) => (v instanceof StructValue ? (v.values[i] ?? null) : null)),
      ),
    );
    return make({ ...common, children });
  }
  if (DataType.isMap(type) && sqlType.kind === 'map') {
    const { offsets, items } = flatten(values.map((v) => (v instanceof MapValue ? v.entries : null)));
    const entries = child(0);
    const parts = entries.children as Arrow.Field[];
    const keys = arrowData(
      arrow,
      (parts[0] as Arrow.Field).type,
      sqlType.key,
      items.map((e) => e[0]),
    );
    const held = arrowData(
      arrow,
      (parts[1] as Arrow.Field).type,
      sqlType.value,
      items.map((e) => e[1]),
    );
    const data = make({ type: entries, length: items.length, nullCount: 0, children: [keys, held] });
    return make({ ...common, valueOffsets: offsets, child: data });
  }
  if (DataType.isFixedSizeList(type) && sqlType.kind === 'array') {
    const empty = new Array<SqlValue>(sqlType.length).fill(null);
    const items = values.flatMap((v) => (v === null ? empty : (v as readonly SqlValue[])));
    return make({ ...common, child: arrowData(arrow, child(0), sqlType.element, items) });
  }
  if (DataType.isList(type) && sqlType.kind === 'list') {
    const { offsets, items } = flatten(values as (readonly SqlValue[] | null)[]);
    return make({
      ...common,
      valueOffsets: offsets,
      child: arrowData(arrow, child(0), sqlType.element, items),
    });
  }
  if (DataType.isUtf8(type)) {
    return make({ ...common, ...bytesOf(values, (v) => encoder.encode(formatSqlValue(v, sqlType))) });
  }
  if (DataType.isBinary(type)) return make({ ...common, ...bytesOf(values, (v) => v as Uint8Array) });
  return make({ ...common, data: fixedWidth(arrow, type, values) });
}

const encoder = new TextEncoder();

function validity(values: readonly SqlValue[]): { nullBitmap: Uint8Array | undefined; nullCount: number } {
  let nullCount = 0;
  const bitmap = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, i) => {
    if (value === null) nullCount += 1;
    else bitmap[i >> 3] = (bitmap[i >> 3] as number) | (1 << (i & 7));
  });
  return { nullBitmap: nullCount === 0 ? undefined : bitmap, nullCount };
}

function flatten<T>(lists: readonly (readonly T[] | null)[]): { offsets: Int32Array; items: T[] } {
  const offsets = new Int32Array(lists.length + 1);
  const items: T[] = [];
  lists.forEach((list, i) => {
    if (list !== null) for (const item of list) items.push(item);
    offsets[i + 1] = items.length;
  });
  return { offsets, items };
}

function bytesOf(
  values: readonly SqlValue[],
  encode: (value: SqlValue) => Uint8Array,
): { valueOffsets: Int32Array; data: Uint8Array } {
  const valueOffsets = new Int32Array(values.length + 1);
  const parts: Uint8Array[] = [];
  let size = 0;
  values.forEach((value, i) => {
    if (value !== null) {
      const part = encode(value);
      parts.push(part);
      size += part.length;
    }
    valueOffsets[i + 1] = size;
  });
  const data = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return { valueOffsets, data };
}

function fixedWidth(arrow: typeof Arrow, type: Arrow.DataType, values: readonly SqlValue[]): ArrayBufferView {
  const { DataType } = arrow;
  const length = values.length;
  if (DataType.isBool(type)) {
    const bits = new Uint8Array(Math.ceil(length / 8));
    values.forEach((value, i) => {
      if (value === true) bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
    });
    return bits;
  }
  if (DataType.isDecimal(type)) {
    const words = new BigInt64Array(length * 2);
    values.forEach((value, i) => {
      const unscaled = value instanceof Decimal ? value.unscaled : typeof value === 'bigint' ? value : 0n;
      words[i * 2] = BigInt.asIntN(64, unscaled);
      words[i * 2 + 1] = unscaled >> 64n;
    });
    return new Uint32Array(words.buffer);
  }
  if (DataType.isInterval(type)) {
    const buffer = new DataView(new ArrayBuffer(length * 16));
    values.forEach((value, i) => {
      if (!(value instanceof Interval)) return;
      buffer.setInt32(i * 16, value.months, true);
      buffer.setInt32(i * 16 + 4, value.days, true);
      buffer.setBigInt64(i * 16 + 8, value.micros * 1000n, true);
    });
    return new Int32Array(buffer.buffer);
  }
  if (DataType.isTimestamp(type) || DataType.isTime(type)) {
    return BigInt64Array.from(values, (v) => (v instanceof Timestamp || v instanceof SqlTime ? v.ticks : 0n));
  }
  if (DataType.isDate(type)) return Int32Array.from(values, (v) => (v instanceof SqlDate ? v.days : 0));
  const array = new type.ArrayType(length) as Record<number, number | bigint>;
  values.forEach((value, i) => {
    if (value !== null) array[i] = value as number | bigint;
  });
  return array as unknown as ArrayBufferView;
}
