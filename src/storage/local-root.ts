/** The wall around a local folder: where a path really leads once links are followed. */
import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, join, resolve as resolvePath, sep } from 'node:path';
import { storageErrors } from './errors.ts';
import { codeOf } from './local-errors.ts';

/**
 * A folder, and where paths below it really lead.
 *
 * The path of a commit or a data file may come from data, so spelling isn't enough: `a/b` leads
 * anywhere when `a` is a link. Every use asks the file system; only `locate`, which is called once
 * for every file of a table, remembers the folders it has checked.
 */
export class LocalRoot {
  readonly path: string;
  readonly #uri: string;
  readonly #safeFolders = new Set<string>();

  constructor(path: string, uri: string) {
    this.path = resolvePath(path);
    this.#uri = uri;
  }

  /**
   * The absolute path for `path`, checked to lead inside.
   *
   * @param follow `entry` leaves a link at the end alone (for removing it); `target` follows it.
   * @throws storage.outside-root
   */
  async resolve(path: string, follow: 'target' | 'entry' = 'target'): Promise<string> {
    const whole = join(this.path, path);
    const start = follow === 'target' ? whole : dirname(whole);
    const [root, real] = await Promise.all([deepestReal(this.path), deepestReal(start)]);
    this.#check(path, root, real);
    return whole;
  }

  /** As `resolve`, waiting for the disk. @throws storage.outside-root */
  resolveSync(path: string, follow: 'target' | 'entry' = 'target'): string {
    const whole = join(this.path, path);
    const start = follow === 'target' ? whole : dirname(whole);
    this.#check(path, deepestRealSync(this.path), deepestRealSync(start));
    return whole;
  }

  /** As `resolve`, synchronous: one `lstat` for a file in a folder seen before. @throws storage.outside-root */
  locate(path: string): string {
    const whole = join(this.path, path);
    const folder = dirname(whole);
    if (this.#safeFolders.has(folder) && !isLink(whole)) return whole;
    const real = deepestRealSync(whole);
    this.#check(path, deepestRealSync(this.path), real);
    if (isFolder(folder)) this.#safeFolders.add(folder);
    return whole;
  }

  #check(path: string, root: string, real: string): void {
    const inside = real === root || real.startsWith(root.endsWith(sep) ? root : root + sep);
    if (!inside) {
      throw storageErrors['outside-root']({
        path,
        uri: this.#uri,
        problem: `a link on the way leads to ${real}`,
      });
    }
  }
}

/** The real path of `path`; where its end doesn't exist, that end is appended to what does. */
async function deepestReal(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
  }
  const parent = dirname(path);
  if (parent === path) return path;
  // A dangling link leads to where a write through it would create a file.
  const target = await lstat(path)
    .then((entry) => (entry.isSymbolicLink() ? readlink(path) : undefined))
    .catch(() => undefined);
  if (target !== undefined) return deepestReal(resolvePath(parent, target));
  return join(await deepestReal(parent), path.slice(parent.length));
}

function deepestRealSync(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
  }
  const parent = dirname(path);
  if (parent === path) return path;
  if (isLink(path)) return deepestRealSync(resolvePath(parent, readlinkSync(path)));
  return join(deepestRealSync(parent), path.slice(parent.length));
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
