/**
 * The version of each Delta table that a run reads: chosen at first use and kept.
 *
 * So all nodes of a run see one state of a table that others write meanwhile, and what the run itself
 * writes is seen by the nodes after it.
 */
import { isAbsolute, resolve } from 'node:path';
import { isBoathouseError } from '../base/index.ts';
import {
  type DeltaCall,
  type OpenedTable,
  openDeltaCall,
  openedOf,
  rewriteDeltaScans,
  TableHandle,
} from '../tables/index.ts';
import type { StorageAccess } from './storage-access.ts';

/** A Delta table as a relation over exactly the files of one version. */
export interface PinnedDelta {
  readonly sql: string;
  readonly version: number;
  readonly uri: string;
}

/** The versions of one run. */
export class DeltaVersions {
  readonly #root: string;
  readonly #opened = new Map<string, Promise<OpenedTable>>();
  /** A table is opened once, whatever is done with it: its log is read on from where it ended. */
  readonly #handles = new Map<string, Promise<TableHandle>>();
  /** Tables that were changed by other means than their handles. */
  readonly #stale = new Set<string>();

  readonly #access: StorageAccess;

  /** @param root what relative table paths are below. */
  constructor(root: string, access: StorageAccess = noAccess) {
    this.#root = root;
    this.#access = access;
  }

  /** @param version a past one; the newest at first use when left out. */
  async open(
    uri: string,
    version?: number,
    storageOptions: Readonly<Record<string, string>> = {},
  ): Promise<PinnedDelta> {
    const call: DeltaCall = { kind: 'scan', uri, ...(version === undefined ? {} : { version }) };
    const opened = await this.#open(call, storageOptions);
    return { sql: await opened.relation(undefined), version: opened.version, uri: opened.uri };
  }

  /**
   * The run's handle on the newest state of a table. What is written through it needn't be read again.
   *
   * @throws delta.not-a-table and what opening a table throws
   */
  async handle(uri: string): Promise<TableHandle> {
    const absolute = this.resolve(uri);
    let opening = this.#handles.get(absolute);
    if (opening === undefined || this.#stale.delete(absolute)) {
      opening =
        opening === undefined
          ? TableHandle.open(absolute, { storageOptions: this.#access.optionsFor(absolute) })
          : opening.then(refreshed);
      this.#handles.set(absolute, opening);
      // A table that can't be read now may be written by a later node.
      opening.catch(() => this.#handles.delete(absolute));
    }
    return await opening;
  }

  /** As `handle`; undefined when there is no table. */
  async handleIfThere(uri: string): Promise<TableHandle | undefined> {
    try {
      return await this.handle(uri);
    } catch (error) {
      if (isBoathouseError(error, 'delta.not-a-table')) return undefined;
      throw error;
    }
  }

  async #open(call: DeltaCall, storageOptions: Readonly<Record<string, string>> = {}): Promise<OpenedTable> {
    const absolute = { ...call, uri: this.resolve(call.uri) };
    const key = keyOf(absolute);
    const known = this.#opened.get(key);
    if (known) return await known;
    const isOurs = isNewestScan(absolute) && Object.keys(storageOptions).length === 0;
    const opened = isOurs
      ? this.handle(absolute.uri).then(openedOf)
      : openDeltaCall(absolute, { ...this.#access.optionsFor(absolute.uri), ...storageOptions });
    this.#opened.set(key, opened);
    opened.catch(() => this.#opened.delete(key));
    return await opened;
  }

  /**
   * This run has written the table: the next read sees that.
   *
   * @param by `handle` where the run's own handle made the version, and so knows it.
   */
  forget(uri: string, by: 'handle' | 'others' = 'others'): void {
    const absolute = this.resolve(uri);
    if (by === 'others' && this.#handles.has(absolute)) this.#stale.add(absolute);
    for (const key of this.#opened.keys()) if (key.startsWith(`${absolute}@newest`)) this.#opened.delete(key);
  }

  /**
   * `sql` with every `delta_scan('…')` and `table_changes('…', …)` replaced by files of the version this run reads.
   *
   * @param onTable told of each table that is read.
   */
  async rewrite(sql: string, onTable?: (table: OpenedTable) => void): Promise<string> {
    return await rewriteDeltaScans(sql, async (call) => {
      const table = await this.#open(call);
      onTable?.(table);
      return table;
    });
  }

  /**
   * `error`, which running what `sql` was rewritten to ended with; the damaged file of a Delta table that `sql`
   * reads, where one is the reason.
   *
   * Costs a reading of those tables when the engine failed on bytes and named no file. Values that don't fit their
   * types are taken for what the statement itself did wrong.
   */
  async explain(sql: string, error: unknown): Promise<unknown> {
    if (!isBoathouseError(error) || /^duckdb\.(?:conversion|out-of-range)$/.test(error.code)) return error;
    const tables: OpenedTable[] = [];
    await this.rewrite(sql, (table) => tables.push(table)).catch(() => undefined);
    let explained: unknown = error;
    for (const table of tables) {
      if (explained === error) explained = await table.explain(error);
    }
    return explained;
  }

  /** What `work` gives, which runs what `sql` was rewritten to. @throws what `explain` makes of its errors */
  async explaining<T>(sql: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw await this.explain(sql, error);
    }
  }

  /** The table's absolute path or URI. */
  resolve(uri: string): string {
    if (/^[a-z][a-z0-9+]*:\/\//i.test(uri) || isAbsolute(uri)) return uri;
    return resolve(this.#root, uri);
  }
}

const noAccess: StorageAccess = { optionsFor: () => ({}) };

async function refreshed(handle: TableHandle): Promise<TableHandle> {
  await handle.refresh();
  return handle;
}

function isNewestScan(call: DeltaCall): boolean {
  return call.kind === 'scan' && call.version === undefined && call.timestampMs === undefined;
}

/** The table first, then whether it moves on when the table does. */
function keyOf(given: DeltaCall): string {
  const { uri, ...call } = given;
  const isNewest = call.kind === 'scan' ? isNewestScan(given) : call.to === undefined;
  return `${uri}@${isNewest ? 'newest' : 'past'} ${JSON.stringify(call)}`;
}
