/**
 * The files of a snapshot: immutable, cheap to go on from, and packed outside the heap where they came from
 * a checkpoint.
 *
 *     recent   what happened last; copied by each successor
 *     middle   what happened before; shared between successors, replaced when `recent` has grown
 *     packed   what the checkpoint holds; shared, never changed
 *
 * A key is looked up from the top down; an undefined value says that the file is gone. Entries come out
 * packed ones first, each key once.
 */
import { type AddFile, fileKey, type RemoveFile } from '../actions.ts';

/** What may be asked of the files of a snapshot. Values are made while one iterates: don't go over them more often than needed. */
export type FileMap<T> = Pick<
  ReadonlyMap<string, T>,
  'size' | 'get' | 'has' | 'keys' | 'values' | 'entries' | typeof Symbol.iterator
>;

/** The files of a table by `fileKey`. */
export type LiveFiles = FileMap<AddFile>;

/** Removed files that readers of older versions may still need, by `fileKey`. */
export type Tombstones = FileMap<RemoveFile>;

/** Either kind of file. */
type FileAction = AddFile | RemoveFile;

/** What a set can be built upon: a map that knows what its files' sizes come to. */
export type PackedMap<T> = FileMap<T> & { readonly sizeBytes: number };

type Changes<T> = ReadonlyMap<string, T | undefined>;

/** The sizes of `files` together. Known without going over them, for the files of a snapshot. */
export function bytesOf(files: LiveFiles): number {
  if (files instanceof FileSet) return files.sizeBytes;
  let sum = 0;
  for (const { sizeBytes } of files.values()) sum += sizeBytes;
  return sum;
}

/** Files by key, changed in place while a state is made, and frozen by whoever hands it out as a `FileMap`. */
export class FileSet<T extends FileAction> implements FileMap<T> {
  #size: number;
  #sizeBytes: number;
  readonly #packed: PackedMap<T> | undefined;
  readonly #middle: Changes<T>;
  readonly #recent: Map<string, T | undefined>;

  private constructor(
    size: number,
    sizeBytes: number,
    packed: PackedMap<T> | undefined,
    middle: Changes<T>,
    recent: Map<string, T | undefined>,
  ) {
    this.#size = size;
    this.#sizeBytes = sizeBytes;
    this.#packed = packed;
    this.#middle = middle;
    this.#recent = recent;
  }

  /** A set with what `packed` holds, which must not change any more. */
  static of<T extends FileAction>(packed?: PackedMap<T>): FileSet<T> {
    return new FileSet(packed?.size ?? 0, packed?.sizeBytes ?? 0, packed, new Map(), new Map());
  }

  /** A set to go on from `files` in, which stays as it is. */
  static from<T extends FileAction>(files: FileMap<T>): FileSet<T> {
    if (!(files instanceof FileSet)) {
      const set = FileSet.of<T>();
      for (const [key, file] of files) set.set(key, file);
      return set;
    }
    const of = files as FileSet<T>;
    if (of.#recent.size <= Math.max(recentMin, of.#middle.size / 8)) {
      return new FileSet(of.#size, of.#sizeBytes, of.#packed, of.#middle, new Map(of.#recent));
    }
    const middle = new Map(of.#middle);
    for (const [key, file] of of.#recent) {
      if (file === undefined && !of.#packed?.has(key)) middle.delete(key);
      else middle.set(key, file);
    }
    return new FileSet(of.#size, of.#sizeBytes, of.#packed, middle, new Map());
  }

  get size(): number {
    return this.#size;
  }

  /** What the files' sizes come to. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get(key: string): T | undefined {
    if (this.#recent.has(key)) return this.#recent.get(key);
    if (this.#middle.has(key)) return this.#middle.get(key);
    return this.#packed?.get(key);
  }

  has(key: string): boolean {
    if (this.#recent.has(key)) return this.#recent.get(key) !== undefined;
    if (this.#middle.has(key)) return this.#middle.get(key) !== undefined;
    return this.#packed?.has(key) ?? false;
  }

  /** Puts `file` in, in place of one with the same key. */
  add(file: T): void {
    this.set(fileKey(file), file);
  }

  /** As `add`, for a key that is known already. */
  set(key: string, file: T): void {
    this.#count(key, file);
    // As a map does when a key comes back: it goes to the end.
    this.#recent.delete(key);
    this.#recent.set(key, file);
  }

  delete(key: string): void {
    if (!this.has(key)) return;
    this.#count(key, undefined);
    if (this.#middle.has(key) || this.#packed?.has(key)) this.#recent.set(key, undefined);
    else this.#recent.delete(key);
  }

  *keys(): MapIterator<string> {
    for (const key of this.#packed?.keys() ?? []) if (!this.#overlaid(key)) yield key;
    for (const [key] of this.#overlay()) yield key;
    return undefined;
  }

  *values(): MapIterator<T> {
    // Keys are made as well as values; where nothing is overlaid, there is no need of them.
    if (this.#packed && this.#middle.size === 0 && this.#recent.size === 0)
      return yield* this.#packed.values();
    for (const [, file] of this.entries()) yield file;
    return undefined;
  }

  *entries(): MapIterator<[string, T]> {
    for (const entry of this.#packed?.entries() ?? []) if (!this.#overlaid(entry[0])) yield entry;
    yield* this.#overlay();
    return undefined;
  }

  [Symbol.iterator](): MapIterator<[string, T]> {
    return this.entries();
  }

  /** Counts that `file` comes in place of what is under `key`. */
  #count(key: string, file: T | undefined): void {
    if (this.has(key)) {
      this.#size -= 1;
      this.#sizeBytes -= this.get(key)?.sizeBytes ?? 0;
    }
    if (file === undefined) return;
    this.#size += 1;
    this.#sizeBytes += file.sizeBytes ?? 0;
  }

  #overlaid(key: string): boolean {
    return this.#middle.has(key) || this.#recent.has(key);
  }

  *#overlay(): Generator<[string, T], undefined> {
    for (const [key, file] of this.#middle) {
      if (file !== undefined && !this.#recent.has(key)) yield [key, file];
    }
    for (const [key, file] of this.#recent) if (file !== undefined) yield [key, file];
    return undefined;
  }
}

/** Copying so few is nothing; more are moved to the middle. */
const recentMin = 256;
