/**
 * The files of a checkpoint, packed outside the heap: an index over blocks of rows, and actions made of them
 * while one iterates. A million files cost what their text costs and 16 bytes each.
 */
import { deltaErrors } from '../errors.ts';
import { MalformedAction } from '../json-members.ts';
import type { PackedMap } from './file-set.ts';
import { PackedBlock, RowCursor } from './packed-row.ts';

/** Files by `fileKey`, filled block by block and then only read. */
export class PackedFiles<T> implements PackedMap<T> {
  readonly #table: string;
  readonly #unpack: (row: RowCursor) => T;
  readonly #blocks: PackedBlock[] = [];
  /** How many rows come before each block. */
  readonly #firstRows: number[] = [];
  #rows = 0;
  #sizeBytes = 0;
  /** By row: where in its block it begins, and its key's hash. */
  #starts = new Uint32Array(1024);
  #hashes = new Uint32Array(1024);
  /** An open hash table of row numbers, plus one. */
  #slots = new Uint32Array(2048);
  /** Rows whose key came again later. */
  readonly #replaced = new Set<number>();

  /** @param table named in errors. */
  constructor(table: string, unpack: (row: RowCursor) => T) {
    this.#table = table;
    this.#unpack = unpack;
  }

  /**
   * Takes in the rows of `bytes`. A key that was there already means the later file.
   *
   * @param source the log's file, named in errors.
   * @throws delta.corrupt-log
   */
  addBlock(bytes: Uint8Array, source: string): void {
    const block = new PackedBlock(bytes, source);
    const cursor = new RowCursor(block);
    this.#blocks.push(block);
    this.#firstRows.push(this.#rows);
    this.#guarded(block, () => {
      for (let start = 0; start < bytes.length; start = cursor.end) {
        cursor.read(block, start);
        this.#insert(cursor, start);
      }
    });
  }

  get size(): number {
    return this.#rows - this.#replaced.size;
  }

  /** What the files' sizes come to. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get(key: string): T | undefined {
    const row = this.#find(key, hashOfKey(key));
    return row === undefined ? undefined : this.#at(row, this.#unpack);
  }

  has(key: string): boolean {
    return this.#rows > 0 && this.#find(key, hashOfKey(key)) !== undefined;
  }

  keys(): MapIterator<string> {
    return this.#each((row) => row.key());
  }

  values(): MapIterator<T> {
    return this.#each(this.#unpack);
  }

  entries(): MapIterator<[string, T]> {
    return this.#each((row) => [row.key(), this.#unpack(row)]);
  }

  [Symbol.iterator](): MapIterator<[string, T]> {
    return this.entries();
  }

  *#each<U>(make: (row: RowCursor) => U): MapIterator<U> {
    for (const [i, block] of this.#blocks.entries()) {
      const cursor = new RowCursor(block);
      let row = this.#firstRows[i] as number;
      for (let start = 0; start < block.bytes.length; start = cursor.end) {
        cursor.read(block, start);
        if (!this.#replaced.has(row)) yield this.#guarded(block, () => make(cursor));
        row += 1;
      }
    }
    return undefined;
  }

  #insert(cursor: RowCursor, start: number): void {
    const row = this.#rows;
    if (row === this.#starts.length) this.#grow();
    const hash = hashOfRow(cursor);
    this.#starts[row] = start;
    this.#hashes[row] = hash;
    this.#rows += 1;
    this.#sizeBytes += cursor.size ?? 0;
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const taken = this.#slots[slot] as number;
      if (taken === 0) {
        this.#slots[slot] = row + 1;
        return;
      }
      if (this.#hashes[taken - 1] !== hash) continue;
      if (this.#at(taken - 1, (other) => other.key()) !== cursor.key()) continue;
      this.#replaced.add(taken - 1);
      this.#sizeBytes -= this.#at(taken - 1, (other) => other.size ?? 0);
      this.#slots[slot] = row + 1;
      return;
    }
  }

  #grow(): void {
    const rows = this.#starts.length * 2;
    this.#starts = grown(this.#starts, rows);
    this.#hashes = grown(this.#hashes, rows);
    const slots = new Uint32Array(rows * 2);
    const mask = slots.length - 1;
    for (const taken of this.#slots) {
      if (taken === 0) continue;
      let slot = (this.#hashes[taken - 1] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = taken;
    }
    this.#slots = slots;
  }

  #find(key: string, hash: number): number | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const taken = this.#slots[slot] as number;
      if (taken === 0) return undefined;
      if (this.#hashes[taken - 1] === hash && this.#at(taken - 1, (row) => row.key()) === key) {
        return taken - 1;
      }
    }
  }

  #at<U>(row: number, make: (cursor: RowCursor) => U): U {
    let low = 0;
    let high = this.#firstRows.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#firstRows[middle] as number) <= row) low = middle;
      else high = middle - 1;
    }
    const block = this.#blocks[low] as PackedBlock;
    return this.#guarded(block, () => {
      const cursor = new RowCursor(block);
      cursor.read(block, this.#starts[row] as number);
      return make(cursor);
    });
  }

  #guarded<U>(block: PackedBlock, work: () => U): U {
    try {
      return work();
    } catch (cause) {
      if (!(cause instanceof MalformedAction) && !(cause instanceof SyntaxError)) throw cause;
      throw deltaErrors['corrupt-log'](
        { table: this.#table, problem: `${block.source}: ${cause.message}` },
        { cause, location: { file: block.source } },
      );
    }
  }
}

function grown(old: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const array = new Uint32Array(length);
  array.set(old);
  return array;
}

/** The hash of the row's key, without the NUL before a deletion vector's id: then both stand side by side. */
function hashOfRow(row: RowCursor): number {
  if (!row.isPlain) return hashOfKey(row.key());
  return hashOf(row.block.view, row.pathStart, row.partitionsStart);
}

function hashOfKey(key: string): number {
  const bytes = new TextEncoder().encode(key.replace('\0', ''));
  return hashOf(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
}

/** Four bytes at a time. A row is found by its key, so the hash needs no more than to spread. */
function hashOf(view: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at += 1) hash = Math.imul(hash ^ view.getUint8(at), 0x85ebca6b);
  hash ^= hash >>> 13;
  return hash >>> 0;
}
