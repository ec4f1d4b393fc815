/**
 * The version of each Delta table that a run reads: chosen at first use and kept.
 *
 * So all nodes of a run see one state of a table that others write meanwhile, and what the run itself
 * writes is seen by the nodes after it.
 */
import { isAbsolute, resolve } from 'node:path';
import { openDeltaRelation, rewriteDeltaScans } from '../tables/index.ts';

/** A Delta table as a relation over exactly the files of one version. */
export interface PinnedDelta {
  readonly sql: string;
  readonly version: number;
  readonly uri: string;
}

/** The versions of one run. */
export class DeltaVersions {
  readonly #root: string;
  readonly #opened = new Map<string, Promise<PinnedDelta>>();

  /** @param root what relative table paths are below. */
  constructor(root: string) {
    this.#root = root;
  }

  /** @param version a past one; the newest at first use when left out. */
  async open(
    uri: string,
    version?: number,
    storageOptions: Readonly<Record<string, string>> = {},
  ): Promise<PinnedDelta> {
    const absolute = this.resolve(uri);
    const key = `${absolute}@${version ?? 'newest'}`;
    const known = this.#opened.get(key);
    if (known) return await known;
    const opened = openDeltaRelation(absolute, {
      ...(version === undefined ? {} : { version }),
      storageOptions,
    });
    this.#opened.set(key, opened);
    // A table that can't be read now may be written by a later node.
    opened.catch(() => this.#opened.delete(key));
    return await opened;
  }

  /** This run has written the table: the next read sees that. */
  forget(uri: string): void {
    this.#opened.delete(`${this.resolve(uri)}@newest`);
  }

  /** `sql` with every `delta_scan('…')` replaced by the files of the version this run reads. */
  async rewrite(sql: string): Promise<string> {
    if (!/delta_scan/i.test(sql)) return sql;
    return await rewriteDeltaScans(sql, async (uri, version) => (await this.open(uri, version)).sql);
  }

  /** The table's absolute path or URI. */
  resolve(uri: string): string {
    if (/^[a-z][a-z0-9+]*:\/\//i.test(uri) || isAbsolute(uri)) return uri;
    return resolve(this.#root, uri);
  }
}
