/** Storage in this process's memory: for tests, and for tables that live as long as the process. */
import { assert, type Clock, systemClock } from '../base/index.ts';
import { storageErrors } from './errors.ts';
import { checkPath, checkPrefix, compareUtf8 } from './paths.ts';
import type { FileInfo, PutOutcome, Storage } from './storage.ts';

/** Bytes in a map. Keeps every promise of `Storage` but a path for DuckDB to open. */
export class MemoryStorage implements Storage {
  readonly uri: string;
  readonly #objects = new Map<string, { bytes: Uint8Array; modifiedMs: number }>();
  readonly #clock: Clock;

  /** @param name the last part of the URI; only shown. */
  constructor(name = '', clock: Clock = systemClock) {
    this.uri = `memory:${name}`;
    this.#clock = clock;
  }

  async read(path: string): Promise<Uint8Array> {
    return this.#get(path).bytes.slice();
  }

  async readRange(path: string, startByte: number, lengthBytes: number): Promise<Uint8Array> {
    return this.#get(path).bytes.slice(startByte, startByte + lengthBytes);
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    const object = this.#objects.get(checkPath(path, this.uri));
    return object && { path, sizeBytes: object.bytes.length, modifiedMs: object.modifiedMs };
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    if (this.#objects.has(checkPath(path, this.uri))) return { kind: 'taken' };
    this.#set(path, bytes);
    return { kind: 'created' };
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    this.#set(checkPath(path, this.uri), bytes);
  }

  async *list(prefix: string, after?: string): AsyncIterable<FileInfo> {
    checkPrefix(prefix, this.uri);
    const paths = [...this.#objects.keys()]
      .filter((path) => path.startsWith(prefix) && (after === undefined || compareUtf8(path, after) > 0))
      .sort(compareUtf8);
    for (const path of paths) {
      const object = this.#objects.get(path);
      if (object) yield { path, sizeBytes: object.bytes.length, modifiedMs: object.modifiedMs };
    }
  }

  async remove(path: string): Promise<void> {
    this.#objects.delete(checkPath(path, this.uri));
  }

  locate(path: string): string {
    throw storageErrors['no-local-path']({ path, uri: this.uri });
  }

  async prepareWrite(path: string): Promise<string> {
    throw storageErrors['no-local-path']({ path, uri: this.uri });
  }

  async finishWrite(path: string): Promise<FileInfo> {
    const info = await this.stat(path);
    if (!info) throw storageErrors['not-found']({ path, uri: this.uri });
    return info;
  }

  #get(path: string): { bytes: Uint8Array; modifiedMs: number } {
    const object = this.#objects.get(checkPath(path, this.uri));
    if (!object) throw storageErrors['not-found']({ path, uri: this.uri });
    return object;
  }

  #set(path: string, bytes: Uint8Array): void {
    assert(bytes.length > 0 && bytes[0] !== 0, 'objects are not empty and do not begin with NUL');
    this.#objects.set(path, { bytes: bytes.slice(), modifiedMs: this.#clock.nowMs() });
  }
}
