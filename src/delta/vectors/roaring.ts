/**
 * Roaring bitmaps of 64-bit numbers, read only.
 *
 * Source: RoaringFormatSpec, "Extension for 64-bit Implementations" and "General layout".
 */

/** The numbers in a serialized bitmap, ascending. @throws Error when it is cut short or no bitmap. */
export function parseRoaring64(bytes: Uint8Array): bigint[] {
  const reader = new Reader(bytes);
  const maps = reader.u64();
  const rows: bigint[] = [];
  for (let index = 0n; index < maps; index += 1n) {
    const high = BigInt(reader.u32()) << 32n;
    readRoaring32(reader, (low) => rows.push(high | BigInt(low)));
  }
  return rows;
}

const cookieWithoutRuns = 12346;
const cookieWithRuns = 12347;
/** Below this many containers a bitmap with runs has no table of offsets. */
const noOffsetsBelow = 4;
const arrayMax = 4096;

function readRoaring32(reader: Reader, push: (value: number) => void): void {
  const cookie = reader.u32();
  let count: number;
  let runs: Uint8Array | undefined;
  if ((cookie & 0xffff) === cookieWithRuns) {
    count = (cookie >>> 16) + 1;
    runs = reader.take(Math.ceil(count / 8));
  } else if (cookie === cookieWithoutRuns) {
    count = reader.u32();
  } else {
    throw new Error(`a bitmap begins with ${cookie}`);
  }
  const headers = Array.from({ length: count }, () => ({ key: reader.u16(), size: reader.u16() + 1 }));
  if (runs === undefined || count >= noOffsetsBelow) reader.take(count * 4);
  headers.forEach(({ key, size }, index) => {
    const base = key * 65536;
    const isRun = runs !== undefined && (((runs[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
    if (isRun) readRuns(reader, base, push);
    else if (size <= arrayMax) for (let i = 0; i < size; i += 1) push(base + reader.u16());
    else readBits(reader.take(8192), base, push);
  });
}

function readRuns(reader: Reader, base: number, push: (value: number) => void): void {
  const count = reader.u16();
  for (let i = 0; i < count; i += 1) {
    const start = base + reader.u16();
    const length = reader.u16();
    for (let value = start; value <= start + length; value += 1) push(value);
  }
}

function readBits(words: Uint8Array, base: number, push: (value: number) => void): void {
  words.forEach((byte, index) => {
    for (let bit = 0; bit < 8; bit += 1) if ((byte >> bit) & 1) push(base + index * 8 + bit);
  });
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
    if (this.#at + length > this.#bytes.length) throw new Error('it is cut short');
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  u16(): number {
    this.take(2);
    return this.#view.getUint16(this.#at - 2, true);
  }

  u32(): number {
    this.take(4);
    return this.#view.getUint32(this.#at - 4, true);
  }

  u64(): bigint {
    this.take(8);
    return this.#view.getBigUint64(this.#at - 8, true);
  }
}
