/** Storage that fails on purpose, at a chosen call and in a chosen way: for fault tests. */
import { storageErrors } from './errors.ts';
import type { CopyOptions, FileInfo, LocalFile, ObjectMetadata, PutOutcome, Storage } from './storage.ts';

/**
 * How a call fails. `before`: nothing happened. `lost-reply`: it happened, and the caller isn't told.
 * `torn`: it broke off half-way; a write leaves debris beside the object, a listing stops in the middle.
 */
export type Fault = 'before' | 'lost-reply' | 'torn';

/** Every way to fail. */
export const faults: readonly Fault[] = ['before', 'lost-reply', 'torn'];

/** `inner`, failing at the calls named in a plan. Failures are `storage.unreachable`. */
export class FaultyStorage implements Storage {
  readonly uri: string;
  readonly isLocal: boolean;
  /** Calls so far. `locate` isn't one: it touches nothing. */
  calls = 0;
  readonly #inner: Storage;
  readonly #plan: ReadonlyMap<number, Fault>;

  /** @param plan how the n-th call fails, counted from 1. */
  constructor(inner: Storage, plan: ReadonlyMap<number, Fault> = new Map()) {
    this.uri = inner.uri;
    this.isLocal = inner.isLocal;
    this.#inner = inner;
    this.#plan = plan;
  }

  read(path: string): Promise<Uint8Array> {
    return this.#call('read', path, () => this.#inner.read(path));
  }

  readRange(path: string, startByte: number, lengthBytes: number): Promise<Uint8Array> {
    return this.#call('read', path, () => this.#inner.readRange(path, startByte, lengthBytes));
  }

  stat(path: string): Promise<FileInfo | undefined> {
    return this.#call('stat', path, () => this.#inner.stat(path));
  }

  putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    const debris = () => this.#inner.put(debrisPath(path), bytes.slice(0, Math.ceil(bytes.length / 2)));
    return this.#call('create', path, () => this.#inner.putIfAbsent(path, bytes), debris);
  }

  put(path: string, bytes: Uint8Array, options?: { readonly metadata?: ObjectMetadata }): Promise<void> {
    const debris = () => this.#inner.put(debrisPath(path), bytes.slice(0, Math.ceil(bytes.length / 2)));
    return this.#call('write', path, () => this.#inner.put(path, bytes, options), debris);
  }

  copy(from: string, to: string, options?: CopyOptions): Promise<void> {
    return this.#call('write', to, () => this.#inner.copy(from, to, options));
  }

  async *list(prefix: string, after?: string): AsyncIterable<FileInfo> {
    this.calls += 1;
    const fault = this.#plan.get(this.calls);
    if (fault === 'before') throw this.#failure('list', prefix);
    const seen: FileInfo[] = [];
    for await (const info of this.#inner.list(prefix, after)) {
      if (fault === undefined) yield info;
      else seen.push(info);
    }
    if (fault === undefined) return;
    yield* fault === 'torn' ? seen.slice(0, Math.ceil(seen.length / 2)) : seen;
    throw this.#failure('list', prefix);
  }

  remove(path: string): Promise<void> {
    return this.#call('remove', path, () => this.#inner.remove(path));
  }

  removeAll(paths: readonly string[]): Promise<void> {
    const half = (): Promise<void> => this.#inner.removeAll(paths.slice(0, Math.ceil(paths.length / 2)));
    return this.#call('remove', paths[0] ?? '', () => this.#inner.removeAll(paths), half);
  }

  download(path: string, localFile: string): Promise<FileInfo> {
    return this.#call('read', path, () => this.#inner.download(path, localFile));
  }

  openLocal(path: string): Promise<LocalFile> {
    return this.#call('read', path, () => this.#inner.openLocal(path));
  }

  locate(path: string): string {
    return this.#inner.locate(path);
  }

  prepareWrite(path: string): Promise<string> {
    return this.#call('write', path, () => this.#inner.prepareWrite(path));
  }

  finishWrite(path: string): Promise<FileInfo> {
    return this.#call('write', path, () => this.#inner.finishWrite(path));
  }

  abandonWrite(path: string): Promise<void> {
    return this.#call('remove', path, () => this.#inner.abandonWrite(path));
  }

  async #call<T>(
    doing: string,
    path: string,
    work: () => Promise<T>,
    debris?: () => Promise<void>,
  ): Promise<T> {
    this.calls += 1;
    const fault = this.#plan.get(this.calls);
    if (fault === undefined) return work();
    if (fault === 'lost-reply') await work();
    if (fault === 'torn') await debris?.();
    throw this.#failure(doing, path);
  }

  #failure(doing: string, path: string): Error {
    return storageErrors.unreachable({ path, uri: this.uri, doing, problem: 'failing on purpose' });
  }
}

/** Named like the temporary files a crash leaves, so that readers of the folder must cope with it. */
function debrisPath(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return `${path.slice(0, slash)}.torn-${path.slice(slash)}.tmp`;
}
