/**
 * Remote files as files of this machine, under names that follow from their URIs.
 *
 * A mount is a private folder with links into the cache. `s3://bucket/key` is `<folder>/s3/bucket/key` in it when
 * the object never changes, so text about files is translated by putting one beginning in the place of the
 * other, both ways. What may change gets a folder for each state that was seen: `<folder>/v…/s3/bucket/key`.
 */

import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { markedName, parseMark, stateOf, systemRandom } from '../../base/index.ts';
import { storageErrors } from '../errors.ts';
import type { FileInfo } from '../storage.ts';
import type { CachedStorage } from './cached-storage.ts';
import type { FileCache } from './file-cache.ts';
import { globPattern, globPrefix, hasGlob, unescapeGlob } from './glob.ts';
import { inParallel } from './in-parallel.ts';
import { isUnique } from './unique.ts';

/** What a mount needs. */
export interface MountOptions {
  readonly cache: FileCache;
  /** Storage of a whole bucket, for that key or pattern; several when one name is in use at several stores. */
  readonly bucket: (name: string, key: string) => readonly CachedStorage[];
}

/** A private folder of remote files. */
export class Mount {
  readonly folder: string;
  readonly #options: MountOptions;
  readonly #present = new Map<string, Promise<string>>();
  readonly #mapped: RegExp;
  #globs = 0;

  private constructor(folder: string, options: MountOptions) {
    this.folder = folder;
    this.#options = options;
    const escaped = escapeSql(folder).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    this.#mapped = new RegExp(`${escaped}/(?:[gv]\\w+/)?s3/`, 'g');
  }

  /** A new mount, with nothing in it. It goes with the process. */
  static async open(options: MountOptions): Promise<Mount> {
    const shared = join(await options.cache.folder(), 'mounts');
    await mkdir(shared, { recursive: true });
    const folder = join(shared, markedName(systemRandom.uuid()));
    await mkdir(folder);
    const mount = new Mount(folder, options);
    open.add(mount);
    if (!isRemovedAtExit) process.once('exit', removeAll);
    isRemovedAtExit = true;
    for (const name of await readdir(shared)) {
      const mark = parseMark(name);
      if (mark === undefined || stateOf(mark) !== 'gone') continue;
      await rm(join(shared, name), { recursive: true, force: true }).catch(() => undefined);
    }
    return mount;
  }

  /** `sql`, or another text with paths in it, with remote places in the stead of this mount's. Pure. */
  canonical(sql: string): string {
    return sql.includes('/mounts/') ? sql.replace(this.#mapped, 's3://') : sql;
  }

  /**
   * The local path for `place`, a URI or a pattern of URIs, once the files are there.
   *
   * @returns undefined when there is no such file, or for a pattern none that fits.
   * @throws storage.*
   */
  async fetch(place: string): Promise<string | undefined> {
    const [, bucket, key] = /^s3[an]?:\/\/([^/]+)\/(.+)$/is.exec(place) ?? [];
    if (bucket === undefined || key === undefined) return undefined;
    if (hasGlob(key)) return await this.#fetchGlob(bucket, key);
    const exact = unescapeGlob(key);
    const path = isUnique(exact)
      ? await this.#fetchUnique(bucket, exact)
      : await this.#fetchNewest(bucket, exact);
    // What was escaped in the pattern has to be escaped in the path.
    return path === undefined ? undefined : path.slice(0, -exact.length) + key;
  }

  /** Whether the object at `uri`, which may be a pattern, is one that never changes. Pure. */
  isImmutable(uri: string): boolean {
    const path = uri.replace(/^s3[an]?:\/\/[^/]+\//i, '');
    return !hasGlob(path) && isUnique(path);
  }

  /** Removes the folder; files that are open stay readable. */
  async close(): Promise<void> {
    open.delete(this);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #fetchUnique(bucket: string, key: string): Promise<string> {
    const path = join(this.folder, 's3', bucket, key);
    return await this.#once(path, async () => {
      let missing: unknown;
      for (const storage of this.#storages(bucket, key)) {
        try {
          await this.#link(storage, key, undefined, undefined, path);
          return path;
        } catch (error) {
          missing ??= error;
          if (!isNotFound(error)) throw error;
        }
      }
      throw missing;
    });
  }

  async #fetchNewest(bucket: string, key: string): Promise<string | undefined> {
    for (const storage of this.#storages(bucket, key)) {
      const info = await storage.stat(key);
      if (info === undefined) continue;
      const version = versionOf(info);
      const folder = `v${createHash('sha256').update(version).digest('hex').slice(0, 16)}`;
      const path = join(this.folder, folder, 's3', bucket, key);
      return await this.#once(path, async () => {
        await this.#link(storage, key, version, info.sizeBytes, path);
        return path;
      });
    }
    return undefined;
  }

  /** Files come and go, so each look has a folder of its own. */
  async #fetchGlob(bucket: string, pattern: string): Promise<string | undefined> {
    const fits = globPattern(pattern);
    for (const storage of this.#storages(bucket, pattern)) {
      this.#globs += 1;
      const root = join(this.folder, `g${this.#globs}`, 's3', bucket);
      const found: FileInfo[] = [];
      for await (const info of storage.list(globPrefix(pattern))) if (fits.test(info.path)) found.push(info);
      if (found.length === 0) continue;
      await inParallel(found, (info) => {
        const version = isUnique(info.path) ? undefined : versionOf(info);
        return this.#link(storage, info.path, version, info.sizeBytes, join(root, info.path));
      });
      return join(root, pattern);
    }
    return undefined;
  }

  async #once(path: string, work: () => Promise<string>): Promise<string> {
    let present = this.#present.get(path);
    if (present === undefined) {
      present = work();
      this.#present.set(path, present);
      present.catch(() => this.#present.delete(path));
    }
    return await present;
  }

  async #link(
    storage: CachedStorage,
    key: string,
    version: string | undefined,
    sizeBytes: number | undefined,
    path: string,
  ): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    const store = storage.inner.client.shown;
    const object = { store, uri: storage.locate(key), version, sizeBytes };
    await this.#options.cache.link(object, path, (file) => storage.inner.download(key, file));
  }

  #storages(bucket: string, key: string): readonly CachedStorage[] {
    const storages = this.#options.bucket(bucket, key);
    if (storages.length === 0) throw storageErrors['not-found']({ path: key, uri: `s3://${bucket}` });
    return storages;
  }
}

let isRemovedAtExit = false;
const open = new Set<Mount>();

function removeAll(): void {
  for (const { folder } of open) rmSync(folder, { recursive: true, force: true });
}

function versionOf({ etag, sizeBytes, modifiedMs }: FileInfo): string {
  return etag ?? `${sizeBytes}-${modifiedMs}`;
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'storage.not-found';
}

function escapeSql(text: string): string {
  return text.replaceAll("'", "''");
}
