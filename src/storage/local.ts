/** Storage in a local folder, shared with other processes and, over a mount, with other hosts. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assert } from '../base/index.ts';
import { storageErrors } from './errors.ts';
import { copyDurably } from './local-copy.ts';
import { createIfAbsent, settled } from './local-create.ts';
import { LocalDisk } from './local-disk.ts';
import { codeOf, localError } from './local-errors.ts';
import { Promptness } from './local-promptness.ts';
import { LocalRoot } from './local-root.ts';
import { isTemporary, sweepTemporaries, syncFolder, writeTemporary } from './local-temporary.ts';
import { checkPath, checkPrefix, compareUtf8, sortedByUtf8 } from './paths.ts';
import type { CopyOptions, FileInfo, LocalFile, PutOutcome, Storage } from './storage.ts';

/** What may be chosen about a local folder. */
export interface LocalStorageOptions {
  /** `never` is for mounts whose hard links lie; `auto` finds out at each write. */
  readonly links?: 'auto' | 'never';
  /** How old a temporary file of a dead writer must be before it is swept. An hour unless given. */
  readonly orphanAgeMs?: number;
}

/**
 * A folder. Objects are files; folders above them come and go as needed.
 *
 * Links inside the folder are followed only to what is inside it too. A folder that another program
 * swaps for a link between our check and our use is beyond what the file system lets us see.
 */
export class LocalStorage implements Storage {
  readonly uri: string;
  readonly isLocal = true;
  readonly #root: LocalRoot;
  readonly #links: 'auto' | 'never';
  readonly #orphanAgeMs: number;
  readonly #promptness = new Promptness();
  readonly #disk = new LocalDisk(this.#promptness);
  readonly #swept = new Set<string>();
  /** Folders made here whose entries in their parents aren't durable yet. */
  readonly #newFolders = new Set<string>();

  /** @param rootPath absolute; need not exist yet. */
  constructor(rootPath: string, options: LocalStorageOptions = {}) {
    this.uri = pathToFileURL(rootPath).href.replace(/\/$/, '');
    this.#root = new LocalRoot(rootPath, this.uri);
    this.#links = options.links ?? 'auto';
    this.#orphanAgeMs = options.orphanAgeMs ?? 3_600_000;
  }

  async read(path: string): Promise<Uint8Array> {
    const prompt = await this.#promptness.attempt(() => this.#readSmall(path));
    if (prompt?.bytes) return prompt.bytes;
    return this.#touch('read', path, async (file) => {
      const handle = await open(file, constants.O_RDONLY);
      try {
        const bytes = await handle.readFile();
        if (bytes.length === 0 || bytes[0] === 0) throw storageErrors.unfinished({ path, uri: this.uri });
        return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      } finally {
        await handle.close();
      }
    });
  }

  /** The object, unless it is too large to wait for. Throws as `read` does. */
  #readSmall(path: string): { readonly bytes: Uint8Array | undefined } {
    checkPath(path, this.uri);
    try {
      const file = openSync(this.#root.resolveSync(path), constants.O_RDONLY);
      try {
        const { size } = fstatSync(file);
        if (size > smallBytesMax) return { bytes: undefined };
        // One byte more than there should be, to see that it has not grown.
        const bytes = new Uint8Array(size + 1);
        const length = readSync(file, bytes, 0, size + 1, 0);
        if (length !== size) return { bytes: undefined };
        if (length === 0 || bytes[0] === 0) throw storageErrors.unfinished({ path, uri: this.uri });
        return { bytes: bytes.subarray(0, length) };
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw localError(error, { path, uri: this.uri, doing: 'read' });
    }
  }

  async readRange(path: string, startByte: number, lengthBytes: number): Promise<Uint8Array> {
    return this.#touch('read', path, async (file) => {
      const handle = await open(file, constants.O_RDONLY);
      try {
        // The length may come from data: no more is set aside than the object has.
        const left = Math.max(0, (await handle.stat()).size - startByte);
        const bytes = new Uint8Array(Math.min(lengthBytes, left));
        let filled = 0;
        while (filled < bytes.length) {
          const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, startByte + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      } finally {
        await handle.close();
      }
    });
  }

  async stat(path: string): Promise<FileInfo | undefined> {
    try {
      return await this.#touch('read', path, async (file) => {
        const prompt = await this.#promptness.attempt(() => ({ info: fileInfoSync(path, file) }));
        return prompt ? prompt.info : await fileInfo(path, file);
      });
    } catch (error) {
      const code = codeOf(error);
      if (code === 'storage.not-found' || code === 'storage.not-a-file') return undefined;
      throw error;
    }
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    assertContent(bytes);
    return this.#touch('create', path, async (file) => {
      const folder = dirname(file);
      await this.#makeFolder(folder);
      await this.#sweepOnce(folder);
      const outcome = await createIfAbsent(file, bytes, this.#links, this.#disk);
      if (outcome.kind === 'created') await settled(this.#syncNewFolders());
      return outcome;
    });
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    assertContent(bytes);
    await this.#touch('write', path, async (file) => {
      const folder = dirname(file);
      await this.#makeFolder(folder);
      const temporary = await writeTemporary(this.#disk, folder, bytes);
      try {
        await rename(temporary, file);
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        throw error;
      }
      await syncFolder(this.#disk, folder);
      await this.#syncNewFolders();
    });
  }

  async *list(prefix: string, after?: string): AsyncIterable<FileInfo> {
    checkPrefix(prefix, this.uri);
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    yield* this.#listFolder(folder, prefix, after);
  }

  async remove(path: string): Promise<void> {
    try {
      await this.#touch('remove', path, (file) => unlink(file), 'entry');
    } catch (error) {
      if (codeOf(error) !== 'storage.not-found') throw error;
    }
  }

  async removeAll(paths: readonly string[]): Promise<void> {
    let first: { readonly error: unknown } | undefined;
    for (let next = 0; next < paths.length; next += removalsAtOnce) {
      const batch = paths.slice(next, next + removalsAtOnce).map((path) => this.remove(path));
      for (const one of await Promise.allSettled(batch)) {
        if (one.status === 'rejected') first ??= { error: one.reason };
      }
    }
    if (first) throw first.error;
  }

  async copy(from: string, to: string, options: CopyOptions = {}): Promise<void> {
    const source = await this.#touch('read', from, async (file) => file);
    await this.#touch('write', to, async (file) => {
      const folder = dirname(file);
      await this.#makeFolder(folder);
      await copyDurably(this.#disk, source, file, options.replace === true);
      await this.#syncNewFolders();
    });
  }

  async download(path: string, localFile: string): Promise<FileInfo> {
    return this.#touch('read', path, async (file) => {
      const info = await fileInfo(path, file);
      if (!info) throw storageErrors['not-a-file']({ path, uri: this.uri });
      await copyFile(file, localFile, constants.COPYFILE_FICLONE);
      return info;
    });
  }

  async openLocal(path: string): Promise<LocalFile> {
    if (!(await this.stat(path))) throw storageErrors['not-found']({ path, uri: this.uri });
    return { path: this.locate(path), release: async () => undefined };
  }

  locate(path: string): string {
    checkPath(path, this.uri);
    try {
      return this.#root.locate(path);
    } catch (error) {
      throw localError(error, { path, uri: this.uri, doing: 'locate' });
    }
  }

  async prepareWrite(path: string): Promise<string> {
    return this.#touch('write', path, async (file) => {
      await this.#makeFolder(dirname(file));
      return file;
    });
  }

  async finishWrite(path: string): Promise<FileInfo> {
    return this.#touch('write', path, async (file) => {
      // Opened for writing because Windows syncs no read-only handle; `r+` never creates.
      const found = await this.#disk.withFile(file, 'r+', async (opened) => {
        const synced = [this.#disk.sync(opened), syncFolder(this.#disk, dirname(file))];
        // The file stays open until both have ended, however they do.
        for (const one of await Promise.allSettled(synced)) if (one.status === 'rejected') throw one.reason;
        return this.#disk.describe(opened);
      });
      await this.#syncNewFolders();
      const info = infoOf(path, found);
      if (!info) throw storageErrors['not-a-file']({ path, uri: this.uri });
      return info;
    });
  }

  async abandonWrite(path: string): Promise<void> {
    await this.remove(path);
  }

  /** Removes the temporary files that dead writers left in `folder` ('' is the root); says how many. */
  async sweep(folder: string): Promise<number> {
    const path = folder === '' ? this.#root.path : await this.#root.resolve(checkPath(folder, this.uri));
    return sweepTemporaries(path, this.#orphanAgeMs);
  }

  /** Checks the path, resolves links above it, and turns the system's errors into ours. */
  async #touch<T>(
    doing: string,
    path: string,
    work: (file: string) => Promise<T>,
    follow: 'target' | 'entry' = 'target',
  ): Promise<T> {
    checkPath(path, this.uri);
    try {
      const prompt = await this.#promptness.attempt(() => ({ file: this.#root.resolveSync(path, follow) }));
      return await work(prompt ? prompt.file : await this.#root.resolve(path, follow));
    } catch (error) {
      throw localError(error, { path, uri: this.uri, doing });
    }
  }

  async *#listFolder(folder: string, prefix: string, after: string | undefined): AsyncIterable<FileInfo> {
    const entries: ListedEntry[] = [];
    let folderPath: string;
    try {
      folderPath = folder === '' ? this.#root.path : await this.#root.resolve(folder.slice(0, -1));
      for (const entry of await readdir(folderPath, { withFileTypes: true })) {
        const isFolder = entry.isDirectory();
        const name = isFolder ? `${entry.name}/` : entry.name;
        // Of a long log few names are wanted as a rule: the others are dropped before anything is done with them.
        if (!isWanted(folder + name, isFolder, prefix, after)) continue;
        entries.push({ name, isFolder, isLink: entry.isSymbolicLink() });
      }
    } catch (error) {
      const ours = localError(error, { path: folder, uri: this.uri, doing: 'list' });
      const code = codeOf(ours);
      if (code === 'storage.not-found' || code === 'storage.not-a-file') return;
      throw ours;
    }
    // A folder sorts as its name with the slash, since that is what its objects' paths go on with.
    for (const { name, isFolder, isLink } of sortedByUtf8(entries, (entry) => entry.name)) {
      const path = folder + name;
      if (isFolder) {
        yield* this.#listFolder(path, prefix, after);
      } else {
        if (isTemporary(name)) continue;
        const info = isLink
          ? await this.#statLink(path)
          : await this.#statPlain(path, join(folderPath, name));
        if (info) yield info;
      }
    }
  }

  /** The folder above was checked when it was listed, so one `stat` does. Undefined for what has gone since. */
  async #statPlain(path: string, file: string): Promise<FileInfo | undefined> {
    try {
      const prompt = await this.#promptness.attempt(() => ({ info: fileInfoSync(path, file) }));
      return prompt ? prompt.info : await fileInfo(path, file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw localError(error, { path, uri: this.uri, doing: 'read' });
    }
  }

  /** Undefined for links to a folder, to nothing, or to something outside. */
  async #statLink(path: string): Promise<FileInfo | undefined> {
    try {
      return await this.stat(path);
    } catch (error) {
      if (codeOf(error) === 'storage.outside-root') return undefined;
      throw error;
    }
  }

  async #makeFolder(folder: string): Promise<void> {
    const prompt = await this.#promptness.attempt(() => ({
      isThere: statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true,
    }));
    if (prompt?.isThere === true) return;
    const first = await mkdir(folder, { recursive: true });
    if (first === undefined) return;
    for (let made = folder; made.length >= first.length; made = dirname(made)) this.#newFolders.add(made);
  }

  /** A file is only as durable as the entries of the folders that lead to it. */
  async #syncNewFolders(): Promise<void> {
    for (const folder of [...this.#newFolders]) {
      await syncFolder(this.#disk, dirname(folder));
      this.#newFolders.delete(folder);
    }
  }

  async #sweepOnce(folder: string): Promise<void> {
    if (this.#swept.has(folder)) return;
    this.#swept.add(folder);
    await sweepTemporaries(folder, this.#orphanAgeMs);
  }
}

/** A name in a folder; a folder's own ends in a slash. */
interface ListedEntry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isLink: boolean;
}

/** Whether a listing by `prefix` and `after` gives `path`, or for a folder something below it. */
function isWanted(path: string, isFolder: boolean, prefix: string, after: string | undefined): boolean {
  const isAfter = after === undefined || compareUtf8(path, after) > 0;
  if (!isFolder) return isAfter && path.startsWith(prefix);
  const overlaps = path.startsWith(prefix) || prefix.startsWith(path);
  return overlaps && (isAfter || path === after || after.startsWith(path));
}

const removalsAtOnce = 16;

/** Objects of the log are small; data files are never read whole. */
const smallBytesMax = 1_048_576;

async function fileInfo(path: string, file: string): Promise<FileInfo | undefined> {
  return infoOf(path, await stat(file));
}

function fileInfoSync(path: string, file: string): FileInfo | undefined {
  return infoOf(path, statSync(file));
}

function infoOf(path: string, found: Stats): FileInfo | undefined {
  return found.isFile() ? { path, sizeBytes: found.size, modifiedMs: Math.floor(found.mtimeMs) } : undefined;
}

function assertContent(bytes: Uint8Array): void {
  assert(bytes.length > 0 && bytes[0] !== 0, 'objects are not empty and do not begin with NUL');
}
