/**
 * A remote storage whose objects are read from this machine's cache where that is safe.
 *
 * Safe are objects that never change under their name, which is what a UUID in it says (data files, deletion
 * vectors, pins), and objects whose ETag a listing or a look of this very storage has told. What was uploaded
 * goes into the cache at once.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { markedName, systemRandom } from '../../base/index.ts';
import { storageErrors } from '../errors.ts';
import type { S3Storage } from '../s3/s3-storage.ts';
import type { CopyOptions, FileInfo, LocalFile, ObjectMetadata, PutOutcome, Storage } from '../storage.ts';
import { cacheSettings } from './cache-settings.ts';
import { type CachedObject, FileCache } from './file-cache.ts';
import { sweepMarked } from './sweep-marked.ts';
import { isUnique } from './unique.ts';

/** The cache that this process shares with others; undefined when none is wanted. */
export function sharedCache(): FileCache | undefined {
  const settings = cacheSettings();
  if (settings === undefined) return undefined;
  const key = JSON.stringify(settings);
  const cache = caches.get(key) ?? new FileCache(settings);
  caches.set(key, cache);
  return cache;
}

const caches = new Map<string, FileCache>();

/** `inner`, with a cache in front of it. */
export class CachedStorage implements Storage {
  readonly uri: string;
  readonly isLocal = false;
  readonly #inner: S3Storage;
  readonly #cache: FileCache;
  /** Entries of logs, as the store last told them. */
  readonly #seen = new Map<string, FileInfo>();

  constructor(inner: S3Storage, cache: FileCache) {
    this.uri = inner.uri;
    this.#inner = inner;
    this.#cache = cache;
    inner.onUploaded = (path, localFile, info) =>
      isUnique(path) ? cache.adopt(this.#entry(path, info.sizeBytes), localFile) : Promise.resolve();
  }

  /** Whether its copies are kept there. */
  isOn(cache: FileCache): boolean {
    return this.#cache === cache;
  }

  /** The store behind the cache. */
  get inner(): S3Storage {
    return this.#inner;
  }

  async read(path: string): Promise<Uint8Array> {
    const object = this.#known(path);
    if (object === undefined) return await this.#inner.read(path);
    return await this.#cache.read(object, () => this.#inner.read(path));
  }

  async readRange(path: string, startByte: number, lengthBytes: number): Promise<Uint8Array> {
    return await this.#inner.readRange(path, startByte, lengthBytes);
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    const info = await this.#inner.stat(path);
    if (info === undefined) this.#seen.delete(path);
    else this.#note(info);
    return info;
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    this.#seen.delete(path);
    return await this.#inner.putIfAbsent(path, bytes);
  }

  async put(
    path: string,
    bytes: Uint8Array,
    options?: { readonly metadata?: ObjectMetadata },
  ): Promise<void> {
    this.#seen.delete(path);
    await this.#inner.put(path, bytes, options);
  }

  async copy(from: string, to: string, options?: CopyOptions): Promise<void> {
    this.#seen.delete(to);
    await this.#inner.copy(from, to, options);
  }

  async *list(prefix: string, after?: string): AsyncIterable<FileInfo> {
    for await (const info of this.#inner.list(prefix, after)) {
      this.#note(info);
      yield info;
    }
  }

  async remove(path: string): Promise<void> {
    this.#seen.delete(path);
    await this.#inner.remove(path);
  }

  async removeAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) this.#seen.delete(path);
    await this.#inner.removeAll(paths);
  }

  async download(path: string, localFile: string): Promise<FileInfo> {
    return await this.#inner.download(path, localFile);
  }

  async openLocal(path: string): Promise<LocalFile> {
    const object = this.#known(path) ?? (await this.#look(path));
    const shared = join(await this.#cache.folder(), 'open');
    await mkdir(shared, { recursive: true });
    const folder = join(shared, markedName(systemRandom.uuid()));
    await mkdir(folder);
    await sweepMarked(shared);
    const release = (): Promise<void> => rm(folder, { recursive: true, force: true });
    try {
      const file = join(folder, path.slice(path.lastIndexOf('/') + 1));
      await this.#cache.link(object, file, (temporary) => this.#fetch(path, temporary));
      return { path: file, release };
    } catch (error) {
      await release();
      throw error;
    }
  }

  locate(path: string): string {
    return this.#inner.locate(path);
  }

  prepareWrite(path: string): Promise<string> {
    return this.#inner.prepareWrite(path);
  }

  async finishWrite(path: string): Promise<FileInfo> {
    return await this.#inner.finishWrite(path);
  }

  async abandonWrite(path: string): Promise<void> {
    await this.#inner.abandonWrite(path);
  }

  /** The entry of an object that can be told from every other version of it. */
  #known(path: string): CachedObject | undefined {
    const info = this.#seen.get(path);
    if (isUnique(path)) return this.#entry(path, info?.sizeBytes);
    if (info?.etag === undefined) return undefined;
    return { ...this.#entry(path, info.sizeBytes), version: info.etag };
  }

  async #look(path: string): Promise<CachedObject> {
    const info = await this.stat(path);
    if (info === undefined) throw storageErrors['not-found']({ path, uri: this.uri });
    return {
      ...this.#entry(path, info.sizeBytes),
      version: info.etag ?? `${info.sizeBytes}-${info.modifiedMs}`,
    };
  }

  async #fetch(path: string, file: string): Promise<FileInfo> {
    const info = await this.#inner.download(path, file);
    this.#note(info);
    return info;
  }

  #entry(path: string, sizeBytes: number | undefined): CachedObject {
    const store = this.#inner.client.shown;
    return { store, uri: this.#inner.locate(path), version: undefined, sizeBytes };
  }

  /**
   * Only of numbered objects, which are read again and again and never change while their table or catalog lives:
   * data files of a large table would fill the memory, and what is replaced under its name is asked for anew.
   */
  #note(info: FileInfo): void {
    if (/(?:^|\/)_(?:delta_log|boathouse\/.*)\/\d{20}\.[^/]*$/.test(info.path))
      this.#seen.set(info.path, info);
  }
}
