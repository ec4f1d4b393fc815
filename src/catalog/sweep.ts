/**
 * Removing what no reader needs any more: superseded generations, and the files only they pinned.
 *
 * A generation may go once it has been superseded for the grace period. A pinned file may go when no
 * kept generation names it and it is older than that period itself, so that a run which has written
 * its pins but not yet published them loses nothing.
 */
import { readdir, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Generation } from './generation.ts';
import { type CatalogLog, listGenerations, readGeneration, removeGeneration } from './generation-log.ts';

/** What is kept. */
export interface SweepOptions {
  /** How long a superseded generation stays readable. */
  readonly graceMs: number;
  readonly nowMs: number;
}

/**
 * Removes superseded generations and unreferenced pins. Safe while runs and readers are at work.
 *
 * Never fails because a file is gone or can't be removed: what is left is tried again next time.
 *
 * @returns how many generations and files went.
 */
export async function sweepCatalog(
  log: CatalogLog,
  options: SweepOptions,
): Promise<{ readonly generations: number; readonly files: number }> {
  const numbers = await listGenerations(log);
  const kept: Generation[] = [];
  const expired: Generation[] = [];
  let supersededAtMs = Number.POSITIVE_INFINITY;
  for (const number of [...numbers].reverse()) {
    const generation = await readIfThere(log, number);
    if (!generation) continue;
    (supersededAtMs > options.nowMs - options.graceMs ? kept : expired).push(generation);
    supersededAtMs = generation.createdAtMs;
  }
  for (const generation of expired) await removeGeneration(log, generation.number);
  const files = (await sweepPins(kept, expired, options)) + (await sweepWork(log, options));
  return { generations: expired.length, files };
}

/** The private files of runs that died. A run that is alive has written to its own within a week. */
async function sweepWork(log: CatalogLog, options: SweepOptions): Promise<number> {
  let removed = 0;
  for await (const file of log.storage.list('_boathouse/work/')) {
    if (file.modifiedMs > options.nowMs - deadAfterMs) continue;
    await log.storage.remove(file.path);
    removed += 1;
  }
  return removed;
}

const deadAfterMs = 7 * 86_400_000;

async function sweepPins(
  kept: readonly Generation[],
  expired: readonly Generation[],
  options: SweepOptions,
): Promise<number> {
  const needed = new Set(pinsOf(kept));
  const folders = new Set([...needed, ...pinsOf(expired)].map(pinFolderOf));
  let removed = 0;
  for (const folder of folders) {
    for (const file of await filesBelow(folder)) {
      if (needed.has(file) || !(await isOlder(file, options.nowMs - options.graceMs))) continue;
      removed += (await removeQuietly(file)) ? 1 : 0;
      await removeEmptyFolders(dirname(file), folder);
    }
  }
  return removed;
}

function pinsOf(generations: readonly Generation[]): string[] {
  return generations.flatMap(({ relations }) => relations.flatMap(({ pins }) => pins));
}

/** `…/_boathouse/pins/<output>`: the folder of all pins of one output. */
function pinFolderOf(pin: string): string {
  const [, folder] = /^(.*[\\/]_boathouse[\\/]pins[\\/][^\\/]+)[\\/]/.exec(pin) ?? [];
  return folder ?? dirname(pin);
}

async function readIfThere(log: CatalogLog, number: number): Promise<Generation | undefined> {
  try {
    return await readGeneration(log, number);
  } catch {
    // Another sweep was faster, or it is unreadable; reading it as the newest reports the latter.
    return undefined;
  }
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

async function isOlder(file: string, thanMs: number): Promise<boolean> {
  try {
    // The moment of the last link counts, not of the last write: `ctime`.
    return (await stat(file)).ctimeMs < thanMs;
  } catch {
    return false;
  }
}

async function removeQuietly(file: string): Promise<boolean> {
  try {
    await unlink(file);
    return true;
  } catch {
    return false;
  }
}

async function removeEmptyFolders(from: string, upTo: string): Promise<void> {
  for (let folder = from; folder.length >= upTo.length; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      return;
    }
  }
}
