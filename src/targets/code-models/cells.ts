/**
 * Values on their way between a model's thread and the run: a structured clone keeps what JavaScript knows and
 * loses classes, so those of SQL are tagged.
 */
import {
  BitString,
  Decimal,
  Interval,
  MapValue,
  SqlDate,
  SqlTime,
  type SqlValue,
  StructValue,
  Timestamp,
  type TimestampUnit,
  UnionValue,
} from '../../duckdb/index.ts';

/** A value that survives the way. */
export type Cell = null | boolean | number | bigint | string | Date | Uint8Array | readonly Cell[] | Tagged;

type Tagged =
  | { readonly is: 'struct'; readonly names: readonly string[]; readonly values: readonly Cell[] }
  | { readonly is: 'map'; readonly entries: readonly (readonly [Cell, Cell])[] }
  | { readonly is: 'union'; readonly tag: string; readonly value: Cell }
  | { readonly is: 'decimal'; readonly unscaled: bigint; readonly width: number; readonly scale: number }
  | { readonly is: 'date'; readonly days: number }
  | {
      readonly is: 'time';
      readonly ticks: bigint;
      readonly unit: 'us' | 'ns';
      readonly offsetSeconds: number | undefined;
    }
  | {
      readonly is: 'timestamp';
      readonly ticks: bigint;
      readonly unit: TimestampUnit;
      readonly isInstant: boolean;
    }
  | { readonly is: 'interval'; readonly months: number; readonly days: number; readonly micros: bigint }
  | { readonly is: 'bits'; readonly bits: string };

/** What of a value can't go anywhere; the text says why. */
export class NoCell extends Error {}

/**
 * A JavaScript value as it is sent. Classes of ours are known by their shape: a model may have another copy of
 * the library than the one that runs it.
 *
 * @throws NoCell for functions, symbols, and what is nested too deep
 */
export function toCell(value: unknown, depth = 0): Cell {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case 'boolean':
    case 'number':
    case 'bigint':
    case 'string':
      return value;
    case 'object':
      break;
    default:
      throw new NoCell(`a ${typeof value} is no value`);
  }
  if (depth > 100) throw new NoCell('it is nested more than 100 deep, or holds itself');
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new NoCell('an invalid Date');
    return value;
  }
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    if (!(Symbol.iterator in value)) throw new NoCell('a DataView is no value');
    return [...(value as unknown as Iterable<number | bigint>)];
  }
  if (Array.isArray(value) || value instanceof Set)
    return [...(value as Iterable<unknown>)].map((item) => toCell(item, depth + 1));
  if (value instanceof Map) {
    return {
      is: 'map',
      entries: [...value].map(([key, item]) => [toCell(key, depth + 1), toCell(item, depth + 1)] as const),
    };
  }
  return objectToCell(value as Readonly<Record<string, unknown>>, depth);
}

function objectToCell(value: Readonly<Record<string, unknown>>, depth: number): Cell {
  const known = value.constructor === Object ? undefined : ofOurs(value, depth);
  if (known !== undefined) return known;
  if (value instanceof Promise) throw new NoCell('a Promise that nobody has awaited');
  const isPlain = value.constructor === Object || value.constructor === undefined;
  // What Arrow and many libraries hand out says itself what it is as plain data.
  const plain =
    !isPlain && typeof value['toJSON'] === 'function' ? (value['toJSON'] as () => unknown)() : value;
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return toCell(plain, depth + 1);
  const entries = Object.entries(plain as Record<string, unknown>).filter(
    ([, item]) => typeof item !== 'function',
  );
  if (entries.length === 0) throw new NoCell('an object without anything in it has no type');
  return {
    is: 'struct',
    names: entries.map(([name]) => name),
    values: entries.map(([, item]) => toCell(item, depth + 1)),
  };
}

/** A value of the library's classes, by its shape. */
function ofOurs(value: Readonly<Record<string, unknown>>, depth: number): Cell | undefined {
  const {
    unscaled,
    width,
    scale,
    days,
    ticks,
    unit,
    isInstant,
    months,
    micros,
    bits,
    names,
    values,
    entries,
    tag,
  } = value;
  if (typeof unscaled === 'bigint' && typeof width === 'number' && typeof scale === 'number')
    return { is: 'decimal', unscaled, width, scale };
  if (typeof months === 'number' && typeof days === 'number' && typeof micros === 'bigint')
    return { is: 'interval', months, days, micros };
  if (typeof days === 'number') return { is: 'date', days };
  if (typeof ticks === 'bigint' && typeof isInstant === 'boolean')
    return { is: 'timestamp', ticks, unit: unit as TimestampUnit, isInstant };
  if (typeof ticks === 'bigint') {
    const offsetSeconds = value['offsetSeconds'] as number | undefined;
    return { is: 'time', ticks, unit: unit as 'us' | 'ns', offsetSeconds };
  }
  if (typeof bits === 'string') return { is: 'bits', bits };
  if (Array.isArray(names) && Array.isArray(values)) {
    return { is: 'struct', names: names as string[], values: values.map((item) => toCell(item, depth + 1)) };
  }
  if (Array.isArray(entries)) {
    const pairs = entries as [unknown, unknown][];
    return {
      is: 'map',
      entries: pairs.map(([key, item]) => [toCell(key, depth + 1), toCell(item, depth + 1)]),
    };
  }
  if (typeof tag === 'string' && 'value' in value)
    return { is: 'union', tag, value: toCell(value['value'], depth + 1) };
  return undefined;
}

/** A cell as a value of the engine's. Dates are points in time on a clock that shows UTC. */
export function fromCell(cell: Cell): SqlValue {
  if (cell === null || typeof cell !== 'object' || cell instanceof Uint8Array) return cell;
  if (cell instanceof Date) return new Timestamp(BigInt(cell.getTime()) * 1000n);
  if (Array.isArray(cell)) return (cell as readonly Cell[]).map(fromCell);
  const tagged = cell as Tagged;
  switch (tagged.is) {
    case 'struct':
      return new StructValue(tagged.names, tagged.values.map(fromCell));
    case 'map':
      return new MapValue(tagged.entries.map(([key, value]) => [fromCell(key), fromCell(value)] as const));
    case 'union':
      return new UnionValue(tagged.tag, fromCell(tagged.value));
    case 'decimal':
      return new Decimal(tagged.unscaled, tagged.width, tagged.scale);
    case 'date':
      return new SqlDate(tagged.days);
    case 'time':
      return new SqlTime(tagged.ticks, tagged.unit, tagged.offsetSeconds);
    case 'timestamp':
      return new Timestamp(tagged.ticks, tagged.unit, tagged.isInstant);
    case 'interval':
      return new Interval(tagged.months, tagged.days, tagged.micros);
    case 'bits':
      return new BitString(tagged.bits);
  }
}

/** A value as a model sees it: structs are objects, maps are Maps, the rest is the library's own. */
export function toModelValue(cell: Cell): unknown {
  if (cell === null || typeof cell !== 'object' || cell instanceof Date || cell instanceof Uint8Array)
    return cell;
  if (Array.isArray(cell)) return (cell as readonly Cell[]).map(toModelValue);
  const tagged = cell as Tagged;
  switch (tagged.is) {
    case 'struct':
      return Object.fromEntries(
        tagged.names.map((name, i) => [name, toModelValue(tagged.values[i] ?? null)]),
      );
    case 'map':
      return new Map(tagged.entries.map(([key, value]) => [toModelValue(key), toModelValue(value)]));
    case 'union':
      return toModelValue(tagged.value);
    default:
      return fromCell(tagged);
  }
}
