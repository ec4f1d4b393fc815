/**
 * The private folder that files are written to before they are uploaded.
 *
 * Below the cache's folder, so that what was uploaded can be linked into the cache. Marked with the process:
 * what a killed one leaves is removed by the next.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { markedName, parseMark, stateOf, systemRandom } from '../../base/index.ts';
import { cacheFolder } from '../cache/cache-folder.ts';

/** A folder for the files of one storage, laid out as its keys are. */
export class Staging {
  readonly #unique = systemRandom.uuid();
  #folder: Promise<string> | undefined;

  /** Where the file for `path` is to be written; the folders above it are made. */
  async prepare(path: string): Promise<string> {
    this.#folder ??= ownFolder();
    const file = join(await this.#folder, this.#unique, path);
    await mkdir(dirname(file), { recursive: true });
    return file;
  }

  /** Where the file for `path` would have been written; undefined when none ever was. */
  async find(path: string): Promise<string | undefined> {
    return this.#folder === undefined ? undefined : join(await this.#folder, this.#unique, path);
  }
}

let own: Promise<string> | undefined;

/** The folder of this process, made once and removed at its end. */
function ownFolder(): Promise<string> {
  own ??= makeFolder();
  return own;
}

async function makeFolder(): Promise<string> {
  const shared = join(cacheFolder(), 'staging');
  try {
    await mkdir(shared, { recursive: true, mode: 0o700 });
    const folder = join(shared, markedName(systemRandom.uuid()));
    await mkdir(folder, { mode: 0o700 });
    removedAtExit(folder);
    await sweepGone(shared);
    return folder;
  } catch {
    // A home that can't be written to is no reason not to upload. Where others may write too, a name that could be
    // guessed could be taken before us, and what is about to be uploaded be read or replaced.
    const folder = await mkdtemp(join(tmpdir(), prefix + markedName('')));
    removedAtExit(folder);
    await sweepGone(tmpdir(), prefix);
    return folder;
  }
}

/** Begins the names of folders that stand among others' files. */
const prefix = 'boathouse-staging-';

function removedAtExit(folder: string): void {
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}

/** Removes what processes left that were killed. */
async function sweepGone(shared: string, prefix = ''): Promise<void> {
  for (const name of await readdir(shared)) {
    const mark = name.startsWith(prefix) ? parseMark(name.slice(prefix.length)) : undefined;
    if (mark !== undefined && stateOf(mark) === 'gone') {
      await rm(join(shared, name), { recursive: true, force: true }).catch(() => undefined);
    }
  }
}
