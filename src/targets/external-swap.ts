/**
 * Putting staged files in the place of an external output.
 *
 * A file takes its place by one rename. A folder needs two, because no system call of Node's exchanges
 * two folders: the old one is moved to `_boathouse/swap/<maker>.<id>/` beside it, and the new one in.
 * A process that dies in between leaves the old folder there; whoever comes next puts it back, and the
 * catalog, which nothing was published to, agrees with it.
 */
import { lstat, mkdir, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { markedName } from '../base/index.ts';
import { abandonedIn } from '../catalog/index.ts';
import { targetErrors } from './errors.ts';
import type { StagedExternal } from './external-files.ts';
import { filesBelow, linkOrCopy, syncAll } from './file-trees.ts';
import type { ExternalOutput } from './plan.ts';

/**
 * Makes the staged files the output. A reader of its path sees the old files or the new ones; where
 * the output is a folder, for a moment none. Runs that write the same output at once all succeed, and
 * the last one's files stay. Files that are not part of the output any more are gone.
 *
 * @param id never used before.
 * @throws targets.external-failed, targets.external-overlap when a folder holds what isn't the output's.
 */
export async function swapExternal(
  staged: StagedExternal,
  output: ExternalOutput,
  id: string,
): Promise<void> {
  if (output.isRemote || staged.folder === undefined) return;
  const location = await followLink(output.location);
  const folder = join(swapFolder(dirname(location)), markedName(id));
  const incoming = join(folder, `new-${basename(location)}`);
  try {
    await mkdir(output.isDirectory ? incoming : folder, { recursive: true });
    for (const file of staged.files) {
      await linkOrCopy(file, output.isDirectory ? join(incoming, relative(staged.folder, file)) : incoming);
    }
    await replace(incoming, location, folder, output);
    await syncAll([dirname(location)]);
  } catch (error) {
    throw externalFailed(output.location, error);
  } finally {
    await restore(folder, dirname(location)).catch(() => undefined);
  }
}

/**
 * Undoes what processes that died have left in the middle of a swap of an output in `folder`. Costs one
 * listing of a folder that mostly isn't there.
 */
export async function recoverSwaps(folder: string, nowMs: number): Promise<void> {
  for (const abandoned of await abandonedIn(swapFolder(folder), nowMs, unheardMs)) {
    await restore(abandoned, folder).catch(() => undefined);
  }
}

/** The error of an output that couldn't be written. */
export function externalFailed(location: string, cause: unknown): Error {
  if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('targets.')) return cause;
  const problem = cause instanceof Error ? cause.message : String(cause);
  return targetErrors['external-failed']({ location, problem }, { cause });
}

/** Two renames take no time: whoever is silent for this long, on a host we can't ask, is dead. */
const unheardMs = 600_000;

/** Others may put theirs in place between our two renames; then theirs is what we replace. */
const attemptsMax = 50;

function swapFolder(folder: string): string {
  return join(folder, '_boathouse', 'swap');
}

async function replace(
  incoming: string,
  location: string,
  folder: string,
  output: ExternalOutput,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const old = await lstat(location).catch(() => undefined);
    try {
      if (old?.isDirectory()) await checkReplaceable(location, output);
      if (old?.isDirectory() || (old && output.isDirectory)) {
        await rename(location, join(folder, `old-${attempt}-${basename(location)}`));
      }
      return await rename(incoming, location);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      const isLost = ['ENOTEMPTY', 'EEXIST', 'EISDIR', 'ENOTDIR'].includes(code);
      const isTaken = code === 'ENOENT' && old !== undefined;
      if (!(isLost || isTaken) || attempt >= attemptsMax) throw error;
    }
  }
}

/** What was set aside goes back when nothing is in its place, else away with everything else. */
async function restore(swap: string, folder: string): Promise<void> {
  for (const name of (await readdir(swap)).sort().reverse()) {
    const [, place] = /^old-\d+-(.+)$/s.exec(name) ?? [];
    if (place === undefined || (await isThere(join(folder, place)))) continue;
    await rename(join(swap, name), join(folder, place));
  }
  await rm(swap, { recursive: true, force: true });
  await rmdir(dirname(swap)).catch(() => undefined);
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

/** An output that is a link means what it points at. */
async function followLink(location: string): Promise<string> {
  try {
    return (await lstat(location)).isSymbolicLink() ? await realpath(location) : location;
  } catch {
    return location;
  }
}

/** Refuses to replace a folder that holds anything but files of an output. */
async function checkReplaceable(location: string, output: ExternalOutput): Promise<void> {
  const endings = new Set([output.extension, '.parquet', '.csv', '.json', '.gz', '.zst']);
  for (const file of await filesBelow(location)) {
    const name = basename(file);
    if (relative(location, file).split(sep).includes('_boathouse')) {
      throw overlap(output, 'another relation has its files inside that folder');
    }
    const isData = [...endings].some((ending) => name.endsWith(ending));
    if (!isData && !name.startsWith('.')) throw overlap(output, `it holds ${name}, which no relation wrote`);
  }
}

function overlap(output: ExternalOutput, problem: string): Error {
  return targetErrors['external-overlap']({ location: output.location, problem });
}
