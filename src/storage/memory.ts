/** Storage in this process's memory: for tests, and for tables that live as long as the process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, type Clock, systemClock } from '../base/index.ts';
import { storageErrors } from './errors.ts';
import { checkPath, checkPrefix, compareUtf8 } from './paths.ts';
import type { CopyOptions, FileInfo, LocalFile, ObjectMetadata, PutOutcome, Storage } from './storage.ts';

/** Bytes in a map. Keeps every promise of `Storage` but a path for DuckDB to open. */
export class MemoryStorage implements Storage {
  readonly uri: string;
  readonly isLocal = false;
  readonly #objects = new Map<string, StoredObject>();
  #writes = 0;
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
    return object && { ...infoOf(path, object), ...(object.metadata && { metadata: object.metadata }) };
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    if (this.#objects.has(checkPath(path, this.uri))) return { kind: 'taken' };
    this.#set(path, bytes);
    return { kind: 'created' };
  }

  async put(
    path: string,
    bytes: Uint8Array,
    options: { readonly metadata?: ObjectMetadata } = {},
  ): Promise<void> {
    this.#set(checkPath(path, this.uri), bytes, options.metadata);
  }

  async copy(from: string, to: string, options: CopyOptions = {}): Promise<void> {
    const { bytes, metadata } = this.#get(from);
    this.#set(checkPath(to, this.uri), bytes, options.metadata ?? metadata);
  }

  async *list(prefix: string, after?: string): AsyncIterable<FileInfo> {
    checkPrefix(prefix, this.uri);
    const paths = [...this.#objects.keys()]
      .filter((path) => path.startsWith(prefix) && (after === undefined || compareUtf8(path, after) > 0))
      .sort(compareUtf8);
    for (const path of paths) {
      const object = this.#objects.get(path);
      if (object) yield infoOf(path, object);
    }
  }

  async remove(path: string): Promise<void> {
    this.#objects.delete(checkPath(path, this.uri));
  }

  async removeAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) await this.remove(path);
  }

  async download(path: string, localFile: string): Promise<FileInfo> {
    const object = this.#get(path);
    await writeFile(localFile, object.bytes);
    return infoOf(path, object);
  }

  async openLocal(path: string): Promise<LocalFile> {
    const { bytes } = this.#get(path);
    const folder = await mkdtemp(join(tmpdir(), 'boathouse-copy-'));
    const file = join(folder, path.slice(path.lastIndexOf('/') + 1));
    await writeFile(file, bytes);
    return { path: file, release: () => rm(folder, { recursive: true, force: true }) };
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

  async abandonWrite(path: string): Promise<void> {
    await this.remove(path);
  }

  #get(path: string): StoredObject {
    const object = this.#objects.get(checkPath(path, this.uri));
    if (!object) throw storageErrors['not-found']({ path, uri: this.uri });
    return object;
  }

  #set(path: string, bytes: Uint8Array, metadata?: ObjectMetadata): void {
    assert(bytes.length > 0 && bytes[0] !== 0, 'objects are not empty and do not begin with NUL');
    this.#writes += 1;
    this.#objects.set(path, {
      bytes: bytes.slice(),
      modifiedMs: this.#clock.nowMs(),
      etag: String(this.#writes),
      metadata,
    });
  }
}

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
  readonly etag: string;
  readonly metadata: ObjectMetadata | undefined;
}

function infoOf(path: string, { bytes, modifiedMs, etag }: StoredObject): FileInfo {
  return { path, sizeBytes: bytes.length, modifiedMs, etag };
}
