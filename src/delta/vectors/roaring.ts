/**
 * Roaring bitmaps of 64-bit numbers, to bytes and back: the portable format, which every implementation reads.
 *
 * Source: RoaringFormatSpec, "Extension for 64-bit Implementations" and "General layout".
 */
import { assert } from '../../base/index.ts';
import { arrayMax, type Container, eachRun, runCount, wordCount } from './container.ts';

/** A bitmap: `keys` are numbers divided by 65,536, ascending; `containers` hold what is left. */
export interface Bitmap {
  readonly keys: readonly number[];
  readonly containers: readonly Container[];
}

/**
 * The bitmap in `bytes`; what follows it is not looked at.
 *
 * @throws Error when it is cut short, out of order, or no bitmap.
 */
export function parseRoaring64(bytes: Uint8Array): Bitmap {
  const reader = new Reader(bytes);
  const maps = reader.u64();
  const keys: number[] = [];
  const containers: Container[] = [];
  let before = -1;
  for (let index = 0; index < maps; index += 1) {
    const high = reader.u32();
    if (high <= before) throw new Error('its parts are out of order');
    // Rows are counted in JavaScript's whole numbers: no file has more.
    if (high >= 2 ** 21) throw new Error(`it holds rows beyond 2^53 (its high word is ${high})`);
    before = high;
    readRoaring32(reader, high * 65_536, keys, containers);
  }
  return { keys, containers };
}

/** `bitmap` as bytes, each part in its smallest form. */
export function printRoaring64({ keys, containers }: Bitmap): Uint8Array {
  const groups: { high: number; lows: number[]; parts: Container[] }[] = [];
  keys.forEach((key, index) => {
    const high = Math.floor(key / 65_536);
    let group = groups.at(-1);
    if (group?.high !== high) {
      group = { high, lows: [], parts: [] };
      groups.push(group);
    }
    group.lows.push(key % 65_536);
    group.parts.push(smallest(containers[index] as Container));
  });
  const lengthBytes = groups.reduce((sum, { parts }) => sum + 4 + lengthOf32(parts), 8);
  const writer = new Writer(lengthBytes);
  writer.u32(groups.length);
  writer.u32(0);
  for (const { high, lows, parts } of groups) {
    writer.u32(high);
    writeRoaring32(writer, lows, parts);
  }
  return writer.finish();
}

const cookieWithoutRuns = 12346;
const cookieWithRuns = 12347;
/** Below this many containers a bitmap with runs has no table of offsets. */
const noOffsetsBelow = 4;

function readRoaring32(reader: Reader, base: number, keys: number[], containers: Container[]): void {
  const cookie = reader.u32();
  let count: number;
  let runs: Uint8Array | undefined;
  if ((cookie & 0xffff) === cookieWithRuns) {
    count = (cookie >>> 16) + 1;
    runs = reader.take(Math.ceil(count / 8));
  } else if (cookie === cookieWithoutRuns) {
    count = reader.u32();
    if (count > 65_536) throw new Error(`a bitmap has ${count} parts`);
  } else {
    throw new Error(`a bitmap begins with ${cookie}`);
  }
  const headers = reader.u16s(count * 2);
  if (runs === undefined || count >= noOffsetsBelow) reader.take(count * 4);
  for (let i = 0; i < count; i += 1) {
    const key = headers[i * 2] as number;
    if (i > 0 && key <= (headers[i * 2 - 2] as number)) throw new Error('its parts are out of order');
    const size = (headers[i * 2 + 1] as number) + 1;
    const isRuns = runs !== undefined && (((runs[i >> 3] as number) >> (i & 7)) & 1) === 1;
    keys.push(base + key);
    containers.push(
      isRuns ? readRuns(reader, size) : size <= arrayMax ? readArray(reader, size) : readBits(reader, size),
    );
  }
}

function readArray(reader: Reader, size: number): Container {
  const values = reader.u16s(size);
  for (let i = 1; i < size; i += 1) {
    if ((values[i] as number) <= (values[i - 1] as number)) throw new Error('its numbers are out of order');
  }
  return { kind: 'array', size, values };
}

function readBits(reader: Reader, size: number): Container {
  const words = reader.u32s(wordCount);
  const container: Container = { kind: 'bits', size, words };
  let counted = 0;
  eachRun(container, (start, end) => {
    counted += end - start;
  });
  if (counted !== size) throw new Error(`a part holds ${counted} numbers and says ${size}`);
  return container;
}

function readRuns(reader: Reader, size: number): Container {
  const pairs = reader.u16s(reader.u16() * 2);
  let counted = 0;
  let end = -1;
  for (let i = 0; i < pairs.length; i += 2) {
    const start = pairs[i] as number;
    if (start <= end) throw new Error('its runs overlap');
    end = start + (pairs[i + 1] as number);
    if (end > 65_535) throw new Error('a run leaves its part');
    counted += end - start + 1;
  }
  if (counted !== size) throw new Error(`a part holds ${counted} numbers and says ${size}`);
  return { kind: 'runs', size, pairs };
}

/** The form that takes the fewest bytes: runs when they are fewer than the alternatives. */
function smallest(container: Container): Container {
  const runs = runCount(container);
  const lengthBytes = container.size <= arrayMax ? container.size * 2 : 8192;
  if (2 + runs * 4 < lengthBytes) {
    if (container.kind === 'runs') return container;
    const pairs = new Uint16Array(runs * 2);
    let at = 0;
    eachRun(container, (start, end) => {
      pairs[at] = start;
      pairs[at + 1] = end - start - 1;
      at += 2;
    });
    return { kind: 'runs', size: container.size, pairs };
  }
  if (container.kind !== 'runs') return container;
  return expandRuns(container);
}

function expandRuns(container: Container): Container {
  const values = new Uint16Array(container.size);
  let at = 0;
  eachRun(container, (start, end) => {
    for (let value = start; value < end; value += 1) {
      values[at] = value;
      at += 1;
    }
  });
  assert(container.size <= arrayMax, 'runs are smaller than bits');
  return { kind: 'array', size: container.size, values };
}

function partLength(part: Container): number {
  if (part.kind === 'array') return part.size * 2;
  return part.kind === 'bits' ? 8192 : 2 + part.pairs.length * 2;
}

function lengthOf32(parts: readonly Container[]): number {
  const hasRuns = parts.some((part) => part.kind === 'runs');
  const header = hasRuns ? 4 + Math.ceil(parts.length / 8) : 8;
  const offsets = !hasRuns || parts.length >= noOffsetsBelow ? parts.length * 4 : 0;
  return parts.reduce((sum, part) => sum + partLength(part), header + parts.length * 4 + offsets);
}

function writeRoaring32(writer: Writer, lows: readonly number[], parts: readonly Container[]): void {
  const start = writer.at;
  const hasRuns = parts.some((part) => part.kind === 'runs');
  if (hasRuns) {
    writer.u32(cookieWithRuns | ((parts.length - 1) << 16));
    const flags = new Uint8Array(Math.ceil(parts.length / 8));
    parts.forEach((part, i) => {
      if (part.kind === 'runs') flags[i >> 3] = (flags[i >> 3] as number) | (1 << (i & 7));
    });
    writer.bytes(flags);
  } else {
    writer.u32(cookieWithoutRuns);
    writer.u32(parts.length);
  }
  parts.forEach((part, i) => {
    writer.u16(lows[i] as number);
    writer.u16(part.size - 1);
  });
  if (!hasRuns || parts.length >= noOffsetsBelow) {
    let offset = writer.at - start + parts.length * 4;
    for (const part of parts) {
      writer.u32(offset);
      offset += partLength(part);
    }
  }
  for (const part of parts) {
    if (part.kind === 'runs') writer.u16(part.pairs.length / 2);
    if (part.kind === 'bits') writer.u32s(part.words);
    else writer.u16s(part.kind === 'runs' ? part.pairs : part.values);
  }
}

/** Little-endian numbers, one after the other. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  take(length: number): Uint8Array {
    const part = this.#bytes.subarray(this.#skip(length), this.#at);
    return part;
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  u64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  u16s(count: number): Uint16Array {
    const start = this.#skip(count * 2);
    const numbers = new Uint16Array(count);
    for (let i = 0; i < count; i += 1) numbers[i] = this.#view.getUint16(start + i * 2, true);
    return numbers;
  }

  u32s(count: number): Uint32Array {
    const start = this.#skip(count * 4);
    const numbers = new Uint32Array(count);
    for (let i = 0; i < count; i += 1) numbers[i] = this.#view.getUint32(start + i * 4, true);
    return numbers;
  }

  #skip(length: number): number {
    const start = this.#at;
    if (start + length > this.#bytes.length) throw new Error('it is cut short');
    this.#at += length;
    return start;
  }
}

/** The same, written. */
class Writer {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(lengthBytes: number) {
    this.#bytes = new Uint8Array(lengthBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  u16(value: number): void {
    this.#view.setUint16(this.at, value, true);
    this.at += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.at, value, true);
    this.at += 4;
  }

  u16s(values: Uint16Array): void {
    for (const value of values) this.u16(value);
  }

  u32s(values: Uint32Array): void {
    for (const value of values) this.u32(value);
  }

  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  finish(): Uint8Array {
    assert(this.at === this.#bytes.length, 'the length was known before');
    return this.#bytes;
  }
}
