/**
 * Storage in a bucket, loaded when it is first used.
 *
 * Whoever has only folders pays nothing for the client, the signer and the parser that buckets need.
 */
import { checkPath } from './paths.ts';
import type { BucketPlace } from './s3/bucket-place.ts';
import type {
  CopyOptions,
  FileInfo,
  LocalFile,
  ObjectMetadata,
  PutOutcome,
  Storage,
  StorageOptions,
} from './storage.ts';

/** A bucket's storage, behind the cache unless that is off. */
export class RemoteStorage implements Storage {
  readonly uri: string;
  readonly isLocal = false;
  readonly #place: BucketPlace;
  readonly #options: StorageOptions;
  #opening: Promise<Storage> | undefined;

  constructor(place: BucketPlace, options: StorageOptions) {
    this.uri = `s3://${place.bucket}${place.prefix === '' ? '' : `/${place.prefix.slice(0, -1)}`}`;
    this.#place = place;
    this.#options = options;
  }

  /** @throws storage.bad-option */
  open(): Promise<Storage> {
    this.#opening ??= import('./cache/open-cached.ts').then(({ openCached }) =>
      openCached(this.#place, this.#options),
    );
    return this.#opening;
  }

  async read(path: string): Promise<Uint8Array> {
    return await (await this.open()).read(path);
  }

  async readRange(path: string, startByte: number, lengthBytes: number): Promise<Uint8Array> {
    return await (await this.open()).readRange(path, startByte, lengthBytes);
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    return await (await this.open()).stat(path);
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    return await (await this.open()).putIfAbsent(path, bytes);
  }

  async put(
    path: string,
    bytes: Uint8Array,
    options?: { readonly metadata?: ObjectMetadata },
  ): Promise<void> {
    await (await this.open()).put(path, bytes, options);
  }

  async copy(from: string, to: string, options?: CopyOptions): Promise<void> {
    await (await this.open()).copy(from, to, options);
  }

  async *list(prefix: string, after?: string): AsyncIterable<FileInfo> {
    yield* (await this.open()).list(prefix, after);
  }

  async remove(path: string): Promise<void> {
    await (await this.open()).remove(path);
  }

  async removeAll(paths: readonly string[]): Promise<void> {
    await (await this.open()).removeAll(paths);
  }

  async download(path: string, localFile: string): Promise<FileInfo> {
    return await (await this.open()).download(path, localFile);
  }

  async openLocal(path: string): Promise<LocalFile> {
    return await (await this.open()).openLocal(path);
  }

  locate(path: string): string {
    return `s3://${this.#place.bucket}/${this.#place.prefix}${checkPath(path, this.uri)}`;
  }

  async prepareWrite(path: string): Promise<string> {
    return await (await this.open()).prepareWrite(path);
  }

  async finishWrite(path: string): Promise<FileInfo> {
    return await (await this.open()).finishWrite(path);
  }

  async abandonWrite(path: string): Promise<void> {
    await (await this.open()).abandonWrite(path);
  }
}
