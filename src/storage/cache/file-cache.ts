/**
 * Copies of remote objects on this machine's disk, shared between processes.
 *
 * `objects/<id>.data` holds the bytes; `objects/<id>.json` says what they are. An entry is good when both are
 * there and the data has the size and time that the other says; when only the time differs its SHA-256 decides.
 * What isn't good is fetched again. Small objects stand together in packs (`packs.ts`). Entries used least lately go when there are too many bytes. Whoever uses an
 * entry has a hard link of its own, so that nothing that is in use can be taken away.
 */
import { createHash } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import {
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  inBackground,
  isBoathouseError,
  markedName,
  parseMark,
  stateOf,
  systemRandom,
} from '../../base/index.ts';
import type { FileInfo } from '../storage.ts';
import { warnOfStorage } from '../warnings.ts';
import type { CacheSettings } from './cache-settings.ts';
import { Packs, packedBytesMax } from './packs.ts';

/** What an entry holds. */
export interface CachedObject {
  /** The store: two may have buckets of one name. */
  readonly store: string;
  readonly uri: string;
  /** The ETag; undefined for an object that never changes under its name. */
  readonly version: string | undefined;
  /** When it is known from elsewhere: an entry of another size is no good. */
  readonly sizeBytes?: number | undefined;
}

/** Brings the object to a file. */
export type FetchObject = (file: string) => Promise<Pick<FileInfo, 'sizeBytes'>>;

/** Copies of remote objects in one folder. Makes nothing before it is used. */
export class FileCache {
  readonly #wanted: string;
  readonly #limitBytes: number;
  #ready: Promise<string> | undefined;
  readonly #fetching = new Map<string, Promise<string>>();
  readonly #packs: Packs;
  /** Objects that are read whole and being fetched or kept. */
  readonly #small = new Map<string, Promise<Uint8Array>>();
  /** Bytes added since the folder was last measured; infinite before the first time. */
  #addedBytes = Number.POSITIVE_INFINITY;
  #measuring: Promise<void> | undefined;

  /** Never keeps more than leaves a tenth of the disk free. */
  constructor({ folder, limitBytes }: CacheSettings) {
    this.#wanted = folder;
    this.#limitBytes = limitBytes;
    this.#packs = new Packs({
      folder: () => this.folder(),
      temporary: () => this.#temporary(),
      added: (sizeBytes) => this.#added(sizeBytes),
    });
  }

  /** The folder in use. */
  async folder(): Promise<string> {
    this.#ready ??= this.#prepare();
    return await this.#ready;
  }

  /**
   * Makes `file`, whose folder exists, a file of the object's bytes, fetched unless they are here. Replaces nothing.
   *
   * @throws what `fetch` throws
   */
  async link(object: CachedObject, file: string, fetch: FetchObject): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const data = await this.#provide(object, fetch);
      try {
        await linkOrCopy(data, file);
        return;
      } catch (error) {
        // Another process may have made room between our look and our link.
        if (codeOf(error) === 'EEXIST') return;
        if (codeOf(error) !== 'ENOENT' || attempt >= attemptsMax) throw error;
      }
    }
  }

  /**
   * The bytes of an object, fetched unless they are here. Nobody may change them.
   *
   * Small objects whose size is known are kept together. Others have a file of their own, behind their SHA-256.
   *
   * @throws what `fetch` throws
   */
  async read(object: CachedObject, fetch: () => Promise<Uint8Array>): Promise<Uint8Array> {
    if ((object.sizeBytes ?? Number.POSITIVE_INFINITY) <= packedBytesMax)
      return await this.#packs.read(object, fetch);
    const file = smallFile(await this.folder(), idOf(object));
    const known = this.#small.get(file);
    if (known !== undefined) return await known;
    const kept = await readFile(file).catch(() => undefined);
    if (kept !== undefined && isWhole(kept, object.sizeBytes)) {
      return new Uint8Array(kept.buffer, kept.byteOffset + hashBytes, kept.length - hashBytes);
    }
    // Another may have begun to fetch it while we looked.
    const fetching = this.#small.get(file) ?? fetch();
    if (!this.#small.has(file)) {
      this.#small.set(file, fetching);
      // Whoever reads needn't wait for it to be kept; until it is, others have it from here.
      const kept = fetching.then((bytes) => this.#keep(file, bytes));
      inBackground(kept.finally(() => this.#small.delete(file)));
    }
    return await fetching;
  }

  /**
   * Keeps `localFile`, which holds the object's bytes and never changes; it may be removed once this returns. Who
   * reads the object meanwhile waits until it is kept. A failure is no error: it is only a cache.
   */
  async adopt(object: CachedObject, localFile: string): Promise<void> {
    try {
      const id = idOf(object);
      const data = dataFile(await this.folder(), id);
      const temporary = await this.#temporary();
      await linkOrCopy(localFile, temporary);
      // Where it fails, readers find nothing there, and fetch it.
      const entering = this.#enter(object, temporary, data)
        .catch(ignore)
        .then(() => rm(temporary, { force: true }))
        .catch(ignore)
        .then(() => data)
        .finally(() => this.#fetching.delete(id));
      this.#fetching.set(id, entering);
      inBackground(entering);
    } catch {
      // The next reader fetches it.
    }
  }

  /** Bytes of all entries. */
  async sizeBytes(): Promise<number> {
    const entries = await this.#entries();
    return entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  }

  /** Removes every entry. */
  async clear(): Promise<void> {
    const folder = await this.folder();
    for (const { id } of await this.#entries()) await dropEntry(folder, id);
  }

  async #keep(file: string, bytes: Uint8Array): Promise<void> {
    const temporary = await this.#temporary();
    try {
      await writeFile(temporary, Buffer.concat([createHash('sha256').update(bytes).digest(), bytes]));
      await mkdir(dirname(file), { recursive: true });
      await rename(temporary, file);
    } finally {
      await rm(temporary, { force: true });
    }
    await this.#added(bytes.length + hashBytes);
  }

  async #added(sizeBytes: number): Promise<void> {
    this.#addedBytes += sizeBytes;
    if (this.#addedBytes > this.#limitBytes / 20) await this.#keepLimit();
  }

  /** Where the good entry's bytes are. */
  async #provide(object: CachedObject, fetch: FetchObject): Promise<string> {
    const id = idOf(object);
    let fetching = this.#fetching.get(id);
    if (fetching === undefined) {
      fetching = this.#find(id, object, fetch).finally(() => this.#fetching.delete(id));
      this.#fetching.set(id, fetching);
    }
    return await fetching;
  }

  async #find(id: string, object: CachedObject, fetch: FetchObject): Promise<string> {
    const folder = await this.folder();
    const data = dataFile(folder, id);
    if (await isGood(folder, id, object.sizeBytes)) return data;
    const temporary = await this.#temporary();
    try {
      try {
        await fetch(temporary);
      } catch (error) {
        if (!isBoathouseError(error, 'storage.no-space')) throw error;
        // What can be fetched again makes room for what is needed now.
        await this.#makeRoom(0.5);
        await fetch(temporary);
      }
      await this.#enter(object, temporary, data);
      return data;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async #enter(object: CachedObject, temporary: string, data: string): Promise<void> {
    // A rename keeps the time, and the entry may be gone again right after it: others make room.
    const { size, mtimeMs } = await stat(temporary);
    const sha256 = await hashOf(temporary);
    await mkdir(dirname(data), { recursive: true });
    await rename(temporary, data);
    const about: EntryFacts = { uri: object.uri, sizeBytes: size, mtimeMs: Math.floor(mtimeMs), sha256 };
    const temporaryFacts = await this.#temporary();
    await writeFile(temporaryFacts, JSON.stringify(about));
    await rename(temporaryFacts, data.replace(/\.data$/, '.json'));
    await this.#added(size);
  }

  /** Measured once in a while, by one at a time. */
  async #keepLimit(): Promise<void> {
    this.#measuring ??= this.#makeRoom(1).finally(() => {
      this.#measuring = undefined;
    });
    await this.#measuring;
  }

  /** Removes what was used least lately: down to the limit, or to a share of what is there when the disk is full. */
  async #makeRoom(share: number): Promise<void> {
    const folder = await this.folder();
    const entries = await this.#entries();
    this.#addedBytes = 0;
    let total = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
    const allowed = Math.min(this.#limitBytes, total + (await spareBytes(folder)));
    const limit = Math.min(allowed, total * share);
    if (total <= limit && share === 1) return;
    for (const entry of entries.sort((a, b) => a.usedMs - b.usedMs)) {
      // A little more than necessary, so that not every further object makes room anew.
      if (total <= limit * 0.9) break;
      await dropEntry(folder, entry.id);
      total -= entry.sizeBytes;
    }
  }

  async #entries(): Promise<{ id: string; sizeBytes: number; usedMs: number }[]> {
    const folder = join(await this.folder(), 'objects');
    const entries: { id: string; sizeBytes: number; usedMs: number }[] = [];
    const packs = join(await this.folder(), 'packs');
    for (const group of await readdir(packs).catch(() => [])) {
      for (const name of await readdir(join(packs, group)).catch(() => [])) {
        const pack = await quietStat(join(packs, group, name));
        if (pack) entries.push({ id: join(group, name), sizeBytes: pack.size, usedMs: pack.mtimeMs });
      }
    }
    for (const group of await readdir(folder).catch(() => [])) {
      for (const name of await readdir(join(folder, group)).catch(() => [])) {
        const file = join(folder, group, name);
        if (name.endsWith('.small')) {
          const small = await quietStat(file);
          if (small) entries.push({ id: name, sizeBytes: small.size, usedMs: small.mtimeMs });
        }
        if (!name.endsWith('.data')) continue;
        const [data, facts] = await Promise.all([
          quietStat(file),
          quietStat(file.replace(/\.data$/, '.json')),
        ]);
        if (data === undefined) continue;
        entries.push({
          id: name.slice(0, -'.data'.length),
          sizeBytes: data.size,
          usedMs: Math.max(data.mtimeMs, facts?.mtimeMs ?? 0),
        });
      }
    }
    return entries;
  }

  async #temporary(): Promise<string> {
    return join(await this.folder(), 'fetching', markedName(systemRandom.uuid()));
  }

  async #prepare(): Promise<string> {
    try {
      return await makeFolders(this.#wanted);
    } catch (error) {
      // Under a name that nobody can have made before us.
      const fallback = await mkdtemp(join(tmpdir(), 'boathouse-cache-'));
      process.once('exit', () => rmSync(fallback, { recursive: true, force: true }));
      const problem = error instanceof Error ? error.message : String(error);
      warnOfStorage(
        'storage.no-cache-folder',
        `remote files are kept in ${fallback}, because ${this.#wanted} can't be used: ${problem}. BOATHOUSE_CACHE_DIR names another folder.`,
      );
      return await makeFolders(fallback);
    }
  }
}

/** What `<id>.json` says. */
interface EntryFacts {
  readonly uri: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly sha256: string;
}

/** A hard link, or a copy where there can be none. Never replaces a file. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST' || code === 'ENOENT') throw error;
    await copyFile(from, to);
  }
}

function idOf({ store, uri, version }: CachedObject): string {
  return createHash('sha256')
    .update(`${store}\n${uri}\n${version ?? ''}`)
    .digest('hex');
}

function dataFile(folder: string, id: string): string {
  return join(folder, 'objects', id.slice(0, 2), `${id}.data`);
}

const hashBytes = 32;
const streamedBytesMin = 1_048_576;
const attemptsMax = 20;

function smallFile(folder: string, id: string): string {
  return join(folder, 'objects', id.slice(0, 2), `${id}.small`);
}

/** Whether the file of a small object holds what it says, and as much as the object has. */
function isWhole(kept: Buffer, sizeBytes: number | undefined): boolean {
  const bytes = kept.subarray(hashBytes);
  if (kept.length < hashBytes || bytes.length !== (sizeBytes ?? bytes.length)) return false;
  return createHash('sha256').update(bytes).digest().equals(kept.subarray(0, hashBytes));
}

/** Whether the entry can be used; its use is noted. One that can't is removed. */
async function isGood(folder: string, id: string, sizeBytes: number | undefined): Promise<boolean> {
  const data = dataFile(folder, id);
  const facts = data.replace(/\.data$/, '.json');
  const [found, about] = await Promise.all([quietStat(data), readFacts(facts)]);
  if (found === undefined) return false;
  const isWhole =
    about !== undefined && found.size === about.sizeBytes && found.size === (sizeBytes ?? found.size);
  const isSame =
    isWhole && (Math.floor(found.mtimeMs) === about.mtimeMs || (await hashOf(data)) === about.sha256);
  if (!isSame) {
    await dropEntry(folder, id);
    return false;
  }
  const now = new Date();
  await utimes(facts, now, now).catch(() => undefined);
  return true;
}

async function readFacts(file: string): Promise<EntryFacts | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as EntryFacts;
  } catch {
    return undefined;
  }
}

async function dropEntry(folder: string, id: string): Promise<void> {
  if (id.endsWith('.pack')) return await unlink(join(folder, 'packs', id)).catch(() => undefined);
  if (id.endsWith('.small'))
    return await unlink(join(folder, 'objects', id.slice(0, 2), id)).catch(() => undefined);
  const data = dataFile(folder, id);
  // The facts first: data without them is no entry.
  await unlink(data.replace(/\.data$/, '.json')).catch(() => undefined);
  await unlink(data).catch(() => undefined);
}

async function makeFolders(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fetching = join(folder, 'fetching');
  await mkdir(fetching, { recursive: true });
  await mkdir(join(folder, 'objects'), { recursive: true });
  for (const name of await readdir(fetching)) {
    const mark = parseMark(name);
    if (mark !== undefined && stateOf(mark) === 'gone') await rm(join(fetching, name), { force: true });
  }
  // Being allowed to look is not being allowed to write.
  const probe = join(fetching, markedName(systemRandom.uuid()));
  await writeFile(probe, '');
  await unlink(probe);
  return folder;
}

/** Bytes that may still be filled, a tenth of the disk left free. */
async function spareBytes(folder: string): Promise<number> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return (bavail - blocks / 10) * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

async function hashOf(file: string): Promise<string> {
  const { size } = await stat(file);
  // A stream takes several times as long to be made as a small file to be read.
  if (size <= streamedBytesMin)
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: streamedBytesMin }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function quietStat(
  file: string,
): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  return await stat(file).catch(() => undefined);
}

function ignore(): void {
  // An entry that can't be kept is fetched when it is needed.
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
