/**
 * Bytes by path: the port through which every shared file is read and written.
 *
 * Paths are POSIX, relative to the root, without a leading slash and without `.` or `..`. Objects
 * are never empty and never begin with a NUL byte: where hard links are impossible, that is how an
 * unfinished object is told from a whole one. `contract.ts` holds every backend to these promises.
 */

/** What a listing says about one object. */
export interface FileInfo {
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970, by the clock of whoever keeps the bytes. */
  readonly modifiedMs: number;
}

/** What became of an attempt to create an object. Losing is an outcome, not an exception. */
export type PutOutcome = { readonly kind: 'created' } | { readonly kind: 'taken' };

/** Bytes by path. Every backend keeps the same promises. */
export interface Storage {
  /** The root as a URI: `file:///abs/root` or `memory:name`. */
  readonly uri: string;

  /**
   * The whole object.
   *
   * @throws storage.not-found, storage.unfinished, storage.outside-root, storage.no-permission
   */
  read(path: string): Promise<Uint8Array>;

  /**
   * `lengthBytes` bytes from `startByte`; fewer when the object ends before.
   *
   * @throws storage.not-found
   */
  readRange(path: string, startByte: number, lengthBytes: number): Promise<Uint8Array>;

  /** Size and time of the object, or undefined when there is none. A folder is not an object. */
  stat(path: string): Promise<FileInfo | undefined>;

  /**
   * Creates the object unless one is there. Atomic, durable when it returns, and safe between
   * processes: of any number of racing callers one is told `created`; readers see nothing or all of it.
   *
   * @throws storage.unreachable when it can't be told whether the object was created; any other error
   * says that it wasn't: storage.no-space, storage.no-permission, storage.outside-root
   */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome>;

  /** Creates or replaces the object. Atomic for readers, durable when it returns; the last writer wins. */
  put(path: string, bytes: Uint8Array): Promise<void>;

  /**
   * Every object whose path starts with `prefix` and sorts after `after`, in UTF-8 byte order. Lazy:
   * stopping early saves the rest. Objects created meanwhile may or may not be among them.
   */
  list(prefix: string, after?: string): AsyncIterable<FileInfo>;

  /** Removes the object. Succeeds when it is already gone. */
  remove(path: string): Promise<void>;

  /**
   * The absolute local path that DuckDB opens for `path`, which need not exist.
   *
   * @throws storage.outside-root, storage.no-local-path
   */
  locate(path: string): string;

  /**
   * Makes the folders above `path` and returns the absolute path to write a data file to. The name
   * must never have been used: nothing protects what is there.
   *
   * @throws storage.outside-root, storage.no-local-path
   */
  prepareWrite(path: string): Promise<string>;

  /**
   * Says that the file begun with `prepareWrite` is complete: makes it and the folders above it durable.
   *
   * @throws storage.not-found
   */
  finishWrite(path: string): Promise<FileInfo>;
}

/** Options by name, `AWS_*` names verbatim. Local folders need none and ignore all. */
export type StorageOptions = Readonly<Record<string, string>>;
