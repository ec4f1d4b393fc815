/**
 * The parts a bitmap is made of: which of 65,536 numbers are in, kept as the list of them, as bits, or
 * as runs. Values are immutable once made. Pure.
 *
 * Source: RoaringFormatSpec; "Better bitmap performance with Roaring bitmaps".
 */

/** Some of the numbers 0 to 65,535; never none. */
export type Container =
  | { readonly kind: 'array'; readonly size: number; readonly values: Uint16Array }
  | { readonly kind: 'bits'; readonly size: number; readonly words: Uint32Array }
  /** `pairs` holds each run's first number and how many follow it, ascending and apart. */
  | { readonly kind: 'runs'; readonly size: number; readonly pairs: Uint16Array };

/** A list longer than this takes more room than bits. */
export const arrayMax = 4096;

/** Words of 32 bits in a container of bits. */
export const wordCount = 2048;

/** The container of these bits, in its smaller form; undefined when none is set. Keeps `words`. */
export function containerOfBits(words: Uint32Array): Container | undefined {
  let size = 0;
  for (let i = 0; i < wordCount; i += 1) size += bitCount(words[i] as number);
  if (size === 0) return undefined;
  if (size > arrayMax) return { kind: 'bits', size, words };
  const values = new Uint16Array(size);
  let at = 0;
  for (let i = 0; i < wordCount; i += 1) {
    for (let word = words[i] as number; word !== 0; word &= word - 1) {
      values[at] = i * 32 + lowestBit(word);
      at += 1;
    }
  }
  return { kind: 'array', size, values };
}

/** The container of these numbers, ascending and without repetition; keeps `values`. Undefined for none. */
export function containerOfSorted(values: Uint16Array): Container | undefined {
  if (values.length === 0) return undefined;
  if (values.length <= arrayMax) return { kind: 'array', size: values.length, values };
  const words = new Uint32Array(wordCount);
  for (const value of values) setBit(words, value);
  return { kind: 'bits', size: values.length, words };
}

/** Whether `value` is in. */
export function containerHas(container: Container, value: number): boolean {
  switch (container.kind) {
    case 'array': {
      const at = lowerBound(container.values, value, 1);
      return at < container.values.length && container.values[at] === value;
    }
    case 'bits':
      return (((container.words[value >>> 5] as number) >>> (value & 31)) & 1) === 1;
    case 'runs': {
      // The last run that starts at or before the value.
      const at = lowerBound(container.pairs, value + 1, 2) - 1;
      if (at < 0) return false;
      return value <= (container.pairs[at * 2] as number) + (container.pairs[at * 2 + 1] as number);
    }
  }
}

/** The numbers in either. */
export function containerUnion(left: Container, right: Container): Container {
  if (left.kind === 'array' && right.kind === 'array' && left.size + right.size <= arrayMax) {
    return mergeArrays(left.values, right.values);
  }
  const words = bitsOf(left);
  addTo(words, right);
  return containerOfBits(words) as Container;
}

/** The numbers in `left` that aren't in `right`. */
export function containerDifference(left: Container, right: Container): Container | undefined {
  if (left.kind === 'array') {
    return containerOfSorted(left.values.filter((value) => !containerHas(right, value)));
  }
  const words = bitsOf(left);
  const other = right.kind === 'bits' ? right.words : bitsOf(right);
  for (let i = 0; i < wordCount; i += 1) words[i] = (words[i] as number) & ~(other[i] as number);
  return containerOfBits(words);
}

/** Whether any number is in both. */
export function containersIntersect(left: Container, right: Container): boolean {
  if (left.kind === 'array') return left.values.some((value) => containerHas(right, value));
  if (right.kind === 'array') return right.values.some((value) => containerHas(left, value));
  const a = left.kind === 'bits' ? left.words : bitsOf(left);
  const b = right.kind === 'bits' ? right.words : bitsOf(right);
  for (let i = 0; i < wordCount; i += 1) if (((a[i] as number) & (b[i] as number)) !== 0) return true;
  return false;
}

/** Calls `visit` with the first number of each run and the one after its last, ascending, runs apart. */
export function eachRun(container: Container, visit: (start: number, end: number) => void): void {
  switch (container.kind) {
    case 'array': {
      const { values } = container;
      let start = values[0] as number;
      let end = start + 1;
      for (let i = 1; i < values.length; i += 1) {
        const value = values[i] as number;
        if (value !== end) {
          visit(start, end);
          start = value;
        }
        end = value + 1;
      }
      visit(start, end);
      return;
    }
    case 'bits':
      eachRunOfBits(container.words, visit);
      return;
    case 'runs':
      for (let i = 0; i < container.pairs.length; i += 2) {
        const start = container.pairs[i] as number;
        visit(start, start + (container.pairs[i + 1] as number) + 1);
      }
      return;
  }
}

/** How many runs there are. */
export function runCount(container: Container): number {
  if (container.kind === 'runs') return container.pairs.length / 2;
  let count = 0;
  if (container.kind === 'array') {
    let before = -2;
    for (const value of container.values) {
      if (value !== before + 1) count += 1;
      before = value;
    }
    return count;
  }
  // A run starts at every bit that is set behind one that isn't.
  let carry = 0;
  for (let i = 0; i < wordCount; i += 1) {
    const word = container.words[i] as number;
    count += bitCount(word & ~((word << 1) | carry));
    carry = word >>> 31;
  }
  return count;
}

/** A copy as bits, free to be changed. */
function bitsOf(container: Container): Uint32Array {
  if (container.kind === 'bits') return container.words.slice();
  const words = new Uint32Array(wordCount);
  addTo(words, container);
  return words;
}

/** Sets the bits from `start` up to, not including, `end`. */
export function setRun(words: Uint32Array, start: number, end: number): void {
  const first = start >>> 5;
  const last = (end - 1) >>> 5;
  const head = (-1 << (start & 31)) >>> 0;
  const tail = -1 >>> (31 - ((end - 1) & 31));
  if (first === last) {
    words[first] = (words[first] as number) | (head & tail);
    return;
  }
  words[first] = (words[first] as number) | head;
  words.fill(0xffffffff, first + 1, last);
  words[last] = (words[last] as number) | tail;
}

/** Sets one bit. */
export function setBit(words: Uint32Array, value: number): void {
  const at = value >>> 5;
  words[at] = (words[at] as number) | (1 << (value & 31));
}

function addTo(words: Uint32Array, container: Container): void {
  switch (container.kind) {
    case 'array':
      for (const value of container.values) setBit(words, value);
      return;
    case 'bits':
      for (let i = 0; i < wordCount; i += 1) words[i] = (words[i] as number) | (container.words[i] as number);
      return;
    case 'runs':
      eachRun(container, (start, end) => setRun(words, start, end));
      return;
  }
}

function mergeArrays(left: Uint16Array, right: Uint16Array): Container {
  const merged = new Uint16Array(left.length + right.length);
  let size = 0;
  for (let i = 0, j = 0; i < left.length || j < right.length; size += 1) {
    const a = i < left.length ? (left[i] as number) : 65_536;
    const b = j < right.length ? (right[j] as number) : 65_536;
    merged[size] = Math.min(a, b);
    if (a <= b) i += 1;
    if (b <= a) j += 1;
  }
  return { kind: 'array', size, values: merged.slice(0, size) };
}

function eachRunOfBits(words: Uint32Array, visit: (start: number, end: number) => void): void {
  let start = -1;
  for (let i = 0; i < wordCount; i += 1) {
    const word = words[i] as number;
    if (start < 0 ? word === 0 : word === 0xffffffff) continue;
    let at = 0;
    while (at < 32) {
      const rest = (start < 0 ? word : ~word) & (-1 << at);
      if (rest === 0) break;
      at = lowestBit(rest);
      if (start < 0) start = i * 32 + at;
      else {
        visit(start, i * 32 + at);
        start = -1;
      }
    }
  }
  if (start >= 0) visit(start, 65_536);
}

/** The first index, in steps of `width`, whose number is at least `value`. */
function lowerBound(numbers: Uint16Array, value: number, width: number): number {
  let low = 0;
  let high = numbers.length / width;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle * width] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

function bitCount(word: number): number {
  let count = word - ((word >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
