/** An open table: where it is, and the newest state of it that this process knows. */
import { readSnapshot, type Snapshot, type TimeBounds, updateSnapshot, versionAt } from '../delta/index.ts';
import { openStorage, optionsOfStorage, type Storage } from '../storage/index.ts';
import { tablesErrors } from './errors.ts';
import { duckdbParquetRows } from './parquet-rows.ts';
import { pointInTimeMs } from './read/point-in-time.ts';

/** How a handle is opened. */
export interface OpenHandleOptions {
  /** Pins the handle to this version. The latest, and moving on, unless given. */
  readonly version?: number;
  /** Pins the handle to the version that was current then: a Date, milliseconds since 1970, or ISO text (UTC without a zone). */
  readonly timestamp?: Date | number | string;
  /** `AWS_*` names verbatim. */
  readonly storageOptions?: Readonly<Record<string, string>>;
}

/**
 * A table that stays open: operations on it start from the snapshot it holds, read only what was committed
 * since, and leave it at the state they made.
 */
export class TableHandle {
  readonly storage: Storage;
  /** Whether the handle stands at a version of the past: then it never moves on, and can't be written. */
  readonly isPinned: boolean;
  /** What it was opened with. */
  readonly storageOptions: Readonly<Record<string, string>>;
  #snapshot: Snapshot;

  private constructor(
    storage: Storage,
    snapshot: Snapshot,
    isPinned: boolean,
    storageOptions: OpenHandleOptions['storageOptions'] = {},
  ) {
    this.storageOptions = storageOptions;
    this.storage = storage;
    this.#snapshot = snapshot;
    this.isPinned = isPinned;
  }

  /**
   * Opens the table at `uri`: a path, or `file://…`.
   *
   * @throws delta.not-a-table, delta.no-such-version, delta.corrupt-log, storage.unsupported-scheme, tables.bad-option
   */
  static async open(uri: string, options: OpenHandleOptions = {}): Promise<TableHandle> {
    const storage = openStorage(uri, options.storageOptions);
    const version = await wantedVersion(storage, options);
    const snapshot = await readSnapshot(storage, {
      rows: duckdbParquetRows,
      ...(version === undefined ? {} : { version }),
    });
    return new TableHandle(storage, snapshot, version !== undefined, options.storageOptions);
  }

  /** A handle on a table whose state is known already, free to move on. */
  static of(storage: Storage, snapshot: Snapshot): TableHandle {
    return new TableHandle(storage, snapshot, false, optionsOfStorage(storage));
  }

  /** The table's folder as a URI. */
  get uri(): string {
    return this.storage.uri;
  }

  /** The newest state known, or the pinned one. */
  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** The state as of now, read from where the known one ends. A pinned handle gives its own. */
  async refresh(): Promise<Snapshot> {
    if (this.isPinned) return this.#snapshot;
    this.adopt(await updateSnapshot(this.storage, this.#snapshot, { rows: duckdbParquetRows }));
    return this.#snapshot;
  }

  /** Takes over a state that was just made or read, unless a newer one of the same table is known. */
  adopt(snapshot: Snapshot): void {
    if (this.isPinned) return;
    const isAnother = snapshot.metadata.id !== this.#snapshot.metadata.id;
    if (isAnother || snapshot.version > this.#snapshot.version) this.#snapshot = snapshot;
  }
}

/**
 * The version that `options` name, undefined for the latest.
 *
 * @param bounds what a time outside those of the log means; refused unless given.
 * @throws delta.no-such-version, tables.bad-option
 */
export async function wantedVersion(
  storage: Storage,
  options: Pick<OpenHandleOptions, 'version' | 'timestamp'>,
  bounds: TimeBounds = {},
): Promise<number | undefined> {
  const { version, timestamp } = options;
  if (timestamp === undefined) return version;
  const bad = (value: string, expected: string): Error =>
    tablesErrors['bad-option']({ option: 'timestamp', value, expected });
  if (version !== undefined) throw bad(String(timestamp), 'either a version or a timestamp');
  const timeMs = pointInTimeMs(timestamp);
  if (timeMs === undefined) throw bad(String(timestamp), 'a Date, milliseconds since 1970, or ISO 8601 text');
  return versionAt(storage, timeMs, bounds);
}
