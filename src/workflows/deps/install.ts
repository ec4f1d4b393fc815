/**
 * The folder that packages are installed in: changed only once everything is there to put into it.
 *
 * Packages are staged in a folder of ours inside of it, on the same disk, and take the place of the old ones
 * by renames at the end. Whoever is stopped before that leaves the old packages; what it staged goes with
 * the next installation.
 */
import { cp, link, lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type Clock, makeFolder, markedName, parseMark, stateOf } from '../../base/index.ts';
import { depsErrors } from './errors.ts';

/** What entries of ours begin with: dbt, too, takes nothing that begins with two underscores for a package. */
const prefix = '__boathouse-';
const lockName = `${prefix}lock`;

/** A held installation folder. */
export interface Installation {
  /** For what is fetched: on the same disk, gone at the end. */
  readonly work: string;
  /** Takes a folder as the package `name`. @throws workflows.bad-package-name */
  stage(
    name: string,
    folder: string,
    how: 'move' | 'link',
    title: string,
  ): Promise<'moved' | 'linked' | 'copied'>;
  /** Puts what was staged in the place of all that is there. */
  publish(): Promise<void>;
  /** Removes what is left, and lets the next one in. */
  close(): Promise<void>;
}

/**
 * Opens the folder for one installation; others wait.
 *
 * @param project the project's folder, which packages must not take the place of.
 * @param waiting called once when others take longer.
 * @throws workflows.deps-busy, workflows.bad-install-path
 */
export async function openInstallation(
  folder: string,
  project: string,
  clock: Clock,
  timeoutMs: number,
  waiting: () => void,
): Promise<Installation> {
  refuseProjectFolders(folder, project);
  try {
    makeFolder(folder);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw depsErrors['bad-install-path']({ path: folder, why }, { cause });
  }
  await hold(folder, clock, timeoutMs, waiting);
  await removeLeftovers(folder);
  const own = join(folder, `${prefix}${markedName('deps')}`);
  const [work, staged, old] = ['work', 'new', 'old'].map((name) => join(own, name)) as [
    string,
    string,
    string,
  ];
  for (const one of [work, staged, old]) await mkdir(one, { recursive: true });
  return {
    work,
    stage: async (name, from, how, title) => {
      if (!/^[^./\\][^/\\]*$/.test(name) || name.startsWith(prefix))
        throw depsErrors['bad-package-name']({ name, package: title });
      const to = join(staged, name);
      if (how === 'move') {
        await rename(from, to);
        return 'moved';
      }
      try {
        await symlink(from, to, process.platform === 'win32' ? 'junction' : 'dir');
        return 'linked';
      } catch {
        await cp(from, to, { recursive: true });
        return 'copied';
      }
    },
    publish: async () => {
      for (const name of await readdir(folder)) {
        if (!name.startsWith(prefix)) await rename(join(folder, name), join(old, name));
      }
      for (const name of await readdir(staged)) await rename(join(staged, name), join(folder, name));
    },
    close: async () => {
      await rm(own, { recursive: true, force: true });
      await rm(join(folder, lockName), { force: true });
    },
  };
}

/** Installing removes everything in the folder: it must not be one with the project's own files. */
function refuseProjectFolders(folder: string, project: string): void {
  const inside = relative(folder, project);
  const holdsProject =
    inside === '' || !(inside.startsWith(`..${sep}`) || inside === '..' || isAbsolute(inside));
  if (holdsProject)
    throw depsErrors['bad-install-path']({ path: folder, why: 'the project itself is in it' });
}

/** Waits until nobody else installs. A lock whose owner is gone is taken over. */
async function hold(folder: string, clock: Clock, timeoutMs: number, waiting: () => void): Promise<void> {
  const lock = join(folder, lockName);
  const until = clock.nowMs() + timeoutMs;
  for (let attempt = 1; ; attempt += 1) {
    if (await take(lock)) return;
    const mark = parseMark(await readFile(lock, 'utf8').catch(() => ''));
    if (mark !== undefined && stateOf(mark) === 'gone') {
      await takeAway(lock);
      continue;
    }
    if (clock.nowMs() >= until)
      throw depsErrors['deps-busy']({ folder, seconds: Math.round(timeoutMs / 1000) });
    if (attempt === 10) waiting();
    await clock.sleep(100);
  }
}

/** Makes the lock, with our name in it from the first moment. @returns false where it is there already */
async function take(lock: string): Promise<boolean> {
  const mark = markedName('deps');
  const own = `${lock}-${mark}`;
  await writeFile(own, mark);
  try {
    await link(own, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    // A disk without links: the name comes a moment after the file.
    return await writeFile(lock, mark, { flag: 'wx' }).then(
      () => true,
      () => false,
    );
  } finally {
    await rm(own, { force: true });
  }
}

/** Removes a lock that nobody holds. Of several who see it one succeeds; the others find it gone. */
async function takeAway(lock: string): Promise<void> {
  const aside = `${lock}-${markedName('gone')}`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  const mark = parseMark(await readFile(aside, 'utf8').catch(() => ''));
  // Somebody may have been quicker, and hold a new one by now.
  if (mark !== undefined && stateOf(mark) !== 'gone') await rename(aside, lock);
  else await rm(aside, { force: true });
}

/** Removes what killed installations have left. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix) || name === lockName) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** The folder for packages, as the project names it. @throws workflows.bad-install-path where a file has its name */
export async function installFolder(root: string, path: string): Promise<string> {
  const folder = resolve(root, path);
  const found = await lstat(folder).catch(() => undefined);
  if (found?.isFile() === true) throw depsErrors['bad-install-path']({ path: folder, why: 'it is a file' });
  return folder;
}
