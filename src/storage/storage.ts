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
  /** Changes whenever the bytes do, on stores that tell. */
  readonly etag?: string;
  /** What `put` or `copy` said about the object, on stores that keep it. Listings don't tell. */
  readonly metadata?: ObjectMetadata;
}

/** Short texts kept with an object. Names are lower-case letters, digits and hyphens; values are ASCII. */
export type ObjectMetadata = Readonly<Record<string, string>>;

/** A file on this machine that holds an object's bytes. */
export interface LocalFile {
  readonly path: string;
  /** To be called when the file isn't needed any more. */
  release(): Promise<void>;
}

/** How an object is copied. */
export interface CopyOptions {
  /** Whether an object at the new path is replaced; otherwise the path must never have been used. */
  readonly replace?: boolean;
  readonly metadata?: ObjectMetadata;
}

/** What became of an attempt to create an object. Losing is an outcome, not an exception. */
export type PutOutcome = { readonly kind: 'created' } | { readonly kind: 'taken' };

/** Bytes by path. Every backend keeps the same promises. */
export interface Storage {
  /** The root as a URI: `file:///abs/root`, `s3://bucket/prefix` or `memory:name`. */
  readonly uri: string;

  /** Whether objects are files of this machine, so that `locate` names one. */
  readonly isLocal: boolean;

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
  put(path: string, bytes: Uint8Array, options?: { readonly metadata?: ObjectMetadata }): Promise<void>;

  /**
   * Makes an object of the same bytes at `to`, without bringing them here where the store can. Atomic for
   * readers, durable when it returns.
   *
   * @throws storage.not-found
   */
  copy(from: string, to: string, options?: CopyOptions): Promise<void>;

  /**
   * Every object whose path starts with `prefix` and sorts after `after`, in UTF-8 byte order. Lazy:
   * stopping early saves the rest. Objects created meanwhile may or may not be among them.
   */
  list(prefix: string, after?: string): AsyncIterable<FileInfo>;

  /** Removes the object. Succeeds when it is already gone. */
  remove(path: string): Promise<void>;

  /** Removes them all, in few requests where the store can. Tries every one before it throws the first error. */
  removeAll(paths: readonly string[]): Promise<void>;

  /**
   * Writes the object's bytes to `localFile`, whose folder exists. Whole and checked when it returns; on
   * failure no file is left.
   *
   * @throws storage.not-found
   */
  download(path: string, localFile: string): Promise<FileInfo>;

  /**
   * A file on this machine with the object's bytes: the object itself where it is one, else a copy that
   * lives until it is released.
   *
   * @throws storage.not-found
   */
  openLocal(path: string): Promise<LocalFile>;

  /**
   * What DuckDB calls `path`, which need not exist: an absolute local path, or `s3://bucket/key`.
   *
   * @throws storage.outside-root, storage.no-local-path
   */
  locate(path: string): string;

  /**
   * Makes the folders above `path` and returns the absolute local path to write a data file to: the
   * object's own, or one in a private folder that `finishWrite` uploads from. Paths below one folder of the
   * storage are below one local folder. The name must never have been used: nothing protects what is there.
   *
   * @throws storage.outside-root, storage.no-local-path
   */
  prepareWrite(path: string): Promise<string>;

  /**
   * Says that the file begun with `prepareWrite` is complete: makes it and the folders above it durable,
   * or uploads it.
   *
   * @throws storage.not-found
   */
  finishWrite(path: string): Promise<FileInfo>;

  /** Removes what was begun with `prepareWrite`, finished or not. Succeeds when nothing is there. */
  abandonWrite(path: string): Promise<void>;
}

/** Options by name, `AWS_*` names verbatim. Local folders need none and ignore all. */
export type StorageOptions = Readonly<Record<string, string>>;
