/**
 * Sets of row positions: which rows of a data file are deleted. Kept as roaring bitmaps, so that
 * millions of rows take little memory and no object each.
 */
import { assert } from '../../base/index.ts';
import {
  arrayMax,
  type Container,
  containerDifference,
  containerHas,
  containerOfBits,
  containerOfSorted,
  containersIntersect,
  containerUnion,
  eachRun,
  setBit,
  setRun,
  wordCount,
} from './container.ts';
import { type Bitmap, parseRoaring64, printRoaring64 } from './roaring.ts';

/** Rows from `start` up to, not including, `end`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** An immutable set of row positions, counted from 0 and below 2^53. */
export class RowSet implements Iterable<number> {
  /** No row. */
  static readonly empty: RowSet = new RowSet({ keys: [], containers: [] });

  readonly size: number;
  readonly #keys: readonly number[];
  readonly #containers: readonly Container[];

  private constructor({ keys, containers }: Bitmap) {
    this.#keys = keys;
    this.#containers = containers;
    this.size = containers.reduce((sum, container) => sum + container.size, 0);
  }

  /** The set of these rows, in any order; typed arrays are quickest. */
  static of(rows: Iterable<number | bigint>): RowSet {
    const parts = new Map<number, Part>();
    let key = -1;
    let part: Part | undefined;
    for (const given of rows) {
      const row = Number(given);
      assert(Number.isSafeInteger(row) && row >= 0, 'a row position is a whole number from 0');
      const at = Math.floor(row / containerRows);
      if (at !== key || part === undefined) {
        key = at;
        part = parts.get(at);
        if (part === undefined) {
          part = new Part();
          parts.set(at, part);
        }
      }
      part.add(row - at * containerRows);
    }
    return RowSet.#fromParts(parts, (found) => found.finish());
  }

  /** The set of the rows in these ranges, which may overlap and come in any order. */
  static ofRanges(ranges: Iterable<RowRange>): RowSet {
    const parts = new Map<number, Uint32Array>();
    for (const { start, end } of ranges) {
      assert(Number.isSafeInteger(end) && start >= 0 && start <= end, 'a range has a start and an end');
      for (let row = start; row < end; ) {
        const key = Math.floor(row / containerRows);
        const base = key * containerRows;
        const words = parts.get(key) ?? new Uint32Array(wordCount);
        parts.set(key, words);
        const until = Math.min(end, base + containerRows);
        setRun(words, row - base, until - base);
        row = until;
      }
    }
    return RowSet.#fromParts(parts, containerOfBits);
  }

  static #fromParts<T>(parts: ReadonlyMap<number, T>, finish: (part: T) => Container | undefined): RowSet {
    const keys = [...parts.keys()].sort((a, b) => a - b);
    return new RowSet({ keys, containers: keys.map((key) => finish(parts.get(key) as T) as Container) });
  }

  /**
   * The set that `serialize` gave, or another implementation of the portable format.
   *
   * @throws Error saying what is wrong with the bytes.
   */
  static parse(bytes: Uint8Array): RowSet {
    return new RowSet(parseRoaring64(bytes));
  }

  /** The portable roaring format for 64-bit numbers. */
  serialize(): Uint8Array {
    return printRoaring64({ keys: this.#keys, containers: this.#containers });
  }

  /** Whether `row` is in. */
  has(row: number | bigint): boolean {
    const position = Number(row);
    const key = Math.floor(position / containerRows);
    const container = this.#containers[indexOfKey(this.#keys, key)];
    return container !== undefined && containerHas(container, position - key * containerRows);
  }

  /** The rows in either. */
  union(other: RowSet): RowSet {
    if (other.size === 0) return this;
    if (this.size === 0) return other;
    const keys: number[] = [];
    const containers: Container[] = [];
    eachPair(this.#keys, other.#keys, (key, left, right) => {
      const [mine, theirs] = [this.#containers[left], other.#containers[right]];
      keys.push(key);
      containers.push(mine && theirs ? containerUnion(mine, theirs) : ((mine ?? theirs) as Container));
    });
    return new RowSet({ keys, containers });
  }

  /** The rows in this set that aren't in `other`. */
  difference(other: RowSet): RowSet {
    const keys: number[] = [];
    const containers: Container[] = [];
    eachPair(this.#keys, other.#keys, (key, left, right) => {
      const [mine, theirs] = [this.#containers[left], other.#containers[right]];
      const rest = mine && theirs ? containerDifference(mine, theirs) : mine;
      if (rest === undefined) return;
      keys.push(key);
      containers.push(rest);
    });
    return new RowSet({ keys, containers });
  }

  /** Whether any row is in both. */
  intersects(other: RowSet): boolean {
    let found = false;
    eachPair(this.#keys, other.#keys, (_key, left, right) => {
      const [mine, theirs] = [this.#containers[left], other.#containers[right]];
      found ||= mine !== undefined && theirs !== undefined && containersIntersect(mine, theirs);
    });
    return found;
  }

  /** The last row; -1 when there is none. */
  get last(): number {
    const container = this.#containers.at(-1);
    if (container === undefined) return -1;
    let last = 0;
    eachRun(container, (_start, end) => {
      last = end - 1;
    });
    return (this.#keys.at(-1) as number) * containerRows + last;
  }

  /** The rows as ranges, ascending and apart. */
  ranges(): RowRange[] {
    const ranges: RowRange[] = [];
    let start = -1;
    let end = -1;
    this.#containers.forEach((container, index) => {
      const base = (this.#keys[index] as number) * containerRows;
      eachRun(container, (first, after) => {
        if (base + first !== end) {
          if (end >= 0) ranges.push({ start, end });
          start = base + first;
        }
        end = base + after;
      });
    });
    if (end >= 0) ranges.push({ start, end });
    return ranges;
  }

  /** The rows, ascending, in one typed array. */
  toArray(): Float64Array {
    const rows = new Float64Array(this.size);
    let at = 0;
    this.#containers.forEach((container, index) => {
      const base = (this.#keys[index] as number) * containerRows;
      eachRun(container, (first, after) => {
        for (let row = base + first; row < base + after; row += 1) {
          rows[at] = row;
          at += 1;
        }
      });
    });
    return rows;
  }

  /** The rows, ascending. */
  [Symbol.iterator](): IterableIterator<number> {
    return this.toArray().values();
  }
}

/** Rows that share a container. */
const containerRows = 65_536;

/** One container in the making: numbers in the order they come, then bits when they are many. */
class Part {
  #values = new Uint16Array(16);
  #count = 0;
  #words: Uint32Array | undefined;

  add(value: number): void {
    if (this.#words !== undefined) {
      setBit(this.#words, value);
      return;
    }
    if (this.#count === this.#values.length) {
      if (this.#count >= arrayMax) {
        this.#words = new Uint32Array(wordCount);
        for (const known of this.#values) setBit(this.#words, known);
        setBit(this.#words, value);
        return;
      }
      const larger = new Uint16Array(this.#count * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#count] = value;
    this.#count += 1;
  }

  finish(): Container | undefined {
    if (this.#words !== undefined) return containerOfBits(this.#words);
    const sorted = this.#values.subarray(0, this.#count).sort();
    return containerOfSorted(sorted.filter((value, index) => index === 0 || value !== sorted[index - 1]));
  }
}

/** Where `key` stands in `keys`, which ascend; -1 when it doesn't. */
function indexOfKey(keys: readonly number[], key: number): number {
  let low = 0;
  let high = keys.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = keys[middle] as number;
    if (found === key) return middle;
    if (found < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** Visits the keys of both, ascending, with the place of each on either side; -1 where it is missing. */
function eachPair(
  left: readonly number[],
  right: readonly number[],
  visit: (key: number, left: number, right: number) => void,
): void {
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const a = left[i] ?? Number.POSITIVE_INFINITY;
    const b = right[j] ?? Number.POSITIVE_INFINITY;
    visit(Math.min(a, b), a <= b ? i : -1, b <= a ? j : -1);
    if (a <= b) i += 1;
    if (b <= a) j += 1;
  }
}
