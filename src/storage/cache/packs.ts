/**
 * Copies of small objects, many to a file: a log has thousands of them, which are read together.
 *
 * A pack is a file that never changes: a SHA-256 of what follows, the length of its index, the index, the
 * objects. Those of one folder of one store share a folder here, where few large packs take the place of many
 * small ones. What can't be read, or isn't what its SHA-256 says, is fetched again.
 *
 *     <folder>/packs/<SHA-256 of store and folder>/<time>-<uuid>.pack
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inBackground, systemClock, systemRandom } from '../../base/index.ts';
import type { CachedObject } from './file-cache.ts';

/** Objects of more bytes are better kept in files of their own. */
export const packedBytesMax = 65_536;

/** Where packs stand, and who is told of new ones. */
export interface PackPlace {
  /** The cache's folder, made. */
  folder(): Promise<string>;
  /** A name for a file that isn't whole yet. */
  temporary(): Promise<string>;
  /** Bytes were added. */
  added(sizeBytes: number): Promise<void>;
}

/** Small objects of any number of folders. */
export class Packs {
  readonly #place: PackPlace;
  /** Used least lately first. */
  readonly #groups = new Map<string, Promise<Group>>();
  readonly #bodies = new Bodies();
  #keys = 0;

  constructor(place: PackPlace) {
    this.#place = place;
  }

  /**
   * The object's bytes, which nobody may change; fetched unless they are here.
   *
   * @param object with its size
   * @throws what `fetch` throws
   */
  async read(object: CachedObject, fetch: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const group = await this.#groupOf(object);
    const key = keyOf(object);
    const kept =
      group.waiting.get(key) ?? group.onTheirWay.get(key) ?? (await this.#kept(group, key, object.sizeBytes));
    if (kept !== undefined) return kept;
    // Another may have begun to fetch it while we looked.
    const others = group.onTheirWay.get(key);
    if (others !== undefined) return await others;
    const fetching = fetch().finally(() => group.onTheirWay.delete(key));
    group.onTheirWay.set(key, fetching);
    const bytes = await fetching;
    // Whoever reads doesn't wait for it to be kept.
    if (bytes.length === object.sizeBytes) this.#keep(group, key, bytes);
    return bytes;
  }

  async #groupOf({ store, uri }: CachedObject): Promise<Group> {
    const name = `${store}\n${uri.slice(0, uri.lastIndexOf('/'))}`;
    const known = this.#groups.get(name);
    if (known !== undefined) {
      this.#groups.delete(name);
      this.#groups.set(name, known);
      return await known;
    }
    const loading = this.#load(name);
    this.#groups.set(name, loading);
    const group = await loading;
    this.#keys += group.index.size;
    await this.#forget();
    return group;
  }

  async #load(name: string): Promise<Group> {
    const folder = join(await this.#place.folder(), 'packs', createHash('sha256').update(name).digest('hex'));
    const group = newGroup(folder);
    // In the order of their times: of two with one object the later is newer.
    const names = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.pack')).sort();
    for (const file of await newestOf(folder, names)) {
      const pack: Pack = { file: join(folder, file), sizeBytes: 0 };
      const entries = await this.#open(pack);
      if (entries !== undefined) enter(group, pack, entries);
    }
    const now = new Date();
    for (const { file } of group.packs) inBackground(utimes(file, now, now));
    return group;
  }

  /** What stands in a pack, whose bytes are at hand then; undefined when it is no good. */
  async #open(pack: Pack): Promise<readonly PackEntry[] | undefined> {
    const bytes = await readFile(pack.file).catch(() => undefined);
    if (bytes === undefined) return undefined;
    const entries = unpack(bytes);
    if (entries === undefined) {
      await unlink(pack.file).catch(() => undefined);
      return undefined;
    }
    pack.sizeBytes = bytes.length;
    this.#bodies.put(pack, bytes);
    return entries;
  }

  async #kept(group: Group, key: string, sizeBytes: number | undefined): Promise<Uint8Array | undefined> {
    const place = group.index.get(key);
    if (place === undefined || place.lengthBytes !== sizeBytes) return undefined;
    let bytes = this.#bodies.get(place.pack);
    if (bytes === undefined && (await this.#open(place.pack)) !== undefined)
      bytes = this.#bodies.get(place.pack);
    if (bytes === undefined) {
      // It was taken away to make room.
      this.#leave(group, place.pack);
      return undefined;
    }
    return bytes.subarray(place.startByte, place.startByte + place.lengthBytes);
  }

  #keep(group: Group, key: string, bytes: Uint8Array): void {
    group.waiting.set(key, bytes);
    group.waitingBytes += bytes.length;
    if (group.isSettling) return;
    group.isSettling = true;
    inBackground(
      this.#settle(group).finally(() => {
        group.isSettling = false;
      }),
    );
  }

  /** Writes what is waiting, once nothing more is on its way. */
  async #settle(group: Group): Promise<void> {
    for (let waitMs = 5; group.waiting.size > 0; waitMs = Math.min(2 * waitMs, 40)) {
      await systemClock.sleep(waitMs);
      if (group.onTheirWay.size > 0 && group.waitingBytes < packBytes) continue;
      const waiting = new Map(group.waiting);
      try {
        await this.#write(group, waiting);
      } finally {
        for (const [key, bytes] of waiting) {
          group.waiting.delete(key);
          group.waitingBytes -= bytes.length;
        }
      }
    }
  }

  async #write(group: Group, waiting: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const small = group.packs.filter(({ sizeBytes }) => sizeBytes < smallPackBytes);
    const merged: ReadonlySet<Pack> = new Set(small.length < smallPacksMax ? [] : small);
    const objects = new Map<string, Uint8Array>();
    for (const [key, place] of merged.size === 0 ? [] : group.index) {
      if (!merged.has(place.pack)) continue;
      const bytes = await this.#kept(group, key, place.lengthBytes);
      if (bytes !== undefined) objects.set(key, bytes);
    }
    for (const [key, bytes] of waiting) objects.set(key, bytes);
    const bytes = packOf(objects);
    const temporary = await this.#place.temporary();
    const now = String(Math.floor(systemClock.nowMs())).padStart(15, '0');
    const pack: Pack = {
      file: join(group.folder, `${now}-${systemRandom.uuid()}.pack`),
      sizeBytes: bytes.length,
    };
    try {
      await writeFile(temporary, bytes);
      await mkdir(group.folder, { recursive: true });
      await rename(temporary, pack.file);
    } finally {
      await rm(temporary, { force: true });
    }
    this.#bodies.put(pack, bytes);
    const before = group.index.size;
    enter(group, pack, unpack(bytes) ?? []);
    this.#keys += group.index.size - before;
    for (const one of merged) {
      this.#leave(group, one);
      await unlink(one.file).catch(() => undefined);
    }
    await this.#place.added(bytes.length);
  }

  #leave(group: Group, pack: Pack): void {
    const at = group.packs.indexOf(pack);
    if (at >= 0) group.packs.splice(at, 1);
    for (const [key, place] of group.index) {
      if (place.pack === pack && group.index.delete(key)) this.#keys -= 1;
    }
    this.#bodies.drop(pack);
  }

  /** Folders used least lately are looked into again when they are next used. */
  async #forget(): Promise<void> {
    for (const [name, loading] of this.#groups) {
      if (this.#keys <= keysMax || this.#groups.size === 1) return;
      const group = await loading;
      if (group.isSettling || group.onTheirWay.size > 0 || !this.#groups.delete(name)) continue;
      this.#keys -= group.index.size;
      for (const pack of group.packs) this.#bodies.drop(pack);
    }
  }
}

/** One file. */
interface Pack {
  readonly file: string;
  sizeBytes: number;
}

/** Where an object stands in its pack. */
interface PackEntry {
  readonly key: string;
  readonly startByte: number;
  readonly lengthBytes: number;
}

/** The packs of one folder of a store. */
interface Group {
  readonly folder: string;
  readonly packs: Pack[];
  readonly index: Map<
    string,
    { readonly pack: Pack; readonly startByte: number; readonly lengthBytes: number }
  >;
  readonly onTheirWay: Map<string, Promise<Uint8Array>>;
  /** Fetched, and not in a pack yet. */
  readonly waiting: Map<string, Uint8Array>;
  waitingBytes: number;
  isSettling: boolean;
}

/**
 * Those of `names` that are worth looking into, in their order; older ones are removed. A log that is written for years
 * would else come to be read whole by every process that needs its end.
 */
async function newestOf(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const kept: string[] = [];
  let totalBytes = 0;
  for (const name of names.toReversed()) {
    totalBytes += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
    if (totalBytes > groupBytesMax && kept.length > 0)
      await unlink(join(folder, name)).catch(() => undefined);
    else kept.unshift(name);
  }
  return kept;
}

function newGroup(folder: string): Group {
  return {
    folder,
    packs: [],
    index: new Map(),
    onTheirWay: new Map(),
    waiting: new Map(),
    waitingBytes: 0,
    isSettling: false,
  };
}

function enter(group: Group, pack: Pack, entries: readonly PackEntry[]): void {
  group.packs.push(pack);
  for (const { key, startByte, lengthBytes } of entries)
    group.index.set(key, { pack, startByte, lengthBytes });
}

/** The bytes of packs used lately. */
class Bodies {
  readonly #bytes = new Map<Pack, Buffer>();
  #sizeBytes = 0;

  get(pack: Pack): Buffer | undefined {
    return this.#bytes.get(pack);
  }

  put(pack: Pack, bytes: Buffer): void {
    this.drop(pack);
    this.#bytes.set(pack, bytes);
    this.#sizeBytes += bytes.length;
    for (const oldest of this.#bytes.keys()) {
      if (this.#sizeBytes <= bodiesBytesMax || oldest === pack) break;
      this.drop(oldest);
    }
  }

  drop(pack: Pack): void {
    this.#sizeBytes -= this.#bytes.get(pack)?.length ?? 0;
    this.#bytes.delete(pack);
  }
}

/** Tells the states of an object apart, and it from others of its folder. */
function keyOf({ uri, version }: CachedObject): string {
  return `${uri.slice(uri.lastIndexOf('/') + 1)}\n${version ?? ''}`;
}

/** A pack of `objects`. Pure. */
function packOf(objects: ReadonlyMap<string, Uint8Array>): Buffer {
  const index = Buffer.from(JSON.stringify(Array.from(objects, ([key, { length }]) => [key, length])));
  const indexLength = Buffer.alloc(4);
  indexLength.writeUInt32LE(index.length);
  const rest = Buffer.concat([indexLength, index, ...objects.values()]);
  return Buffer.concat([createHash('sha256').update(rest).digest(), rest]);
}

/** What stands where in a pack; undefined when it isn't whole. Pure. */
function unpack(bytes: Buffer): readonly PackEntry[] | undefined {
  if (bytes.length < hashBytes + 4) return undefined;
  const hash = createHash('sha256').update(bytes.subarray(hashBytes)).digest();
  if (!hash.equals(bytes.subarray(0, hashBytes))) return undefined;
  const indexStart = hashBytes + 4;
  let startByte = indexStart + bytes.readUInt32LE(hashBytes);
  const index = JSON.parse(bytes.toString('utf8', indexStart, startByte)) as readonly (readonly [
    string,
    number,
  ])[];
  return index.map(([key, lengthBytes]) => {
    const entry = { key, startByte, lengthBytes };
    startByte += lengthBytes;
    return entry;
  });
}

const hashBytes = 32;
/** A pack is written when so much is waiting for it, though more is on its way. */
const packBytes = 4_194_304;
/** So many packs below so many bytes become one. */
const smallPacksMax = 8;
const smallPackBytes = 1_048_576;
/** Of one folder of a store. */
const groupBytesMax = 16_777_216;
/** Bytes and names that this process has at hand. */
const bodiesBytesMax = 33_554_432;
const keysMax = 200_000;
