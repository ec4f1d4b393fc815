/**
 * Removing what no reader needs any more: superseded generations, the files only they pinned, and what
 * runs that died have left.
 *
 * A generation may go once it has been superseded for the grace period, and its pins with it unless a
 * newer one names them. Pins that no generation names belong to a run that hasn't published yet, or
 * never will: they go when that process is known to have ended, or after a week where nobody can tell.
 */
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { parseMark, stateOf } from '../base/index.ts';
import { removeBranchFiles } from './branch-heads.ts';
import { branchFolder } from './branch-place.ts';
import type { CatalogRelation, Generation } from './generation.ts';
import {
  type CatalogLog,
  listGenerations,
  readIfThere,
  removeGeneration,
  stampedGenerations,
} from './generation-log.ts';
import { dropTables } from './kept-tables.ts';
import { lakeLogs } from './lake-logs.ts';
import { logId } from './pin-name.ts';

/** What is kept. */
export interface SweepOptions {
  /** How long a superseded generation stays readable. */
  readonly graceMs: number;
  /** How many of the newest generations stay readable, however old they are; the newest one always does. */
  readonly keepLast?: number;
  /** By the store's clock or one that is behind: see `cautiousNowMs`. */
  readonly nowMs: number;
  /** Folders of pins to look into besides those that generations name: `…/_boathouse/pins/<output>`. */
  readonly pinFolders?: readonly string[];
}

/**
 * Removes superseded generations, unreferenced pins and abandoned work. Safe while runs and readers
 * are at work.
 *
 * Never fails because a file is gone or can't be removed: what is left is tried again next time.
 *
 * @returns how many generations and folders of files went.
 */
export async function sweepCatalog(
  log: CatalogLog,
  options: SweepOptions,
): Promise<{ readonly generations: number; readonly folders: number }> {
  const { kept, expired } = await ageOf(log, options);
  const pinned = [...pinsOf(kept), ...pinsOf(expired)].map(pinFolderOf);
  const folders = [...new Set([...pinned, ...(options.pinFolders ?? [])])];
  // Who has ended is found out first and what is published after: nobody publishes after his end.
  const isOurs = (name: string): boolean => name.includes(`.${logId(log.storage.uri)}.`);
  const found = await Promise.all(folders.map((folder) => abandonedIn(folder, options.nowMs)));
  // Another catalog may keep pins of the same output: only its own log knows whether they are needed.
  const pins = found.flat().filter((path) => isOurs(basename(path)));
  const work = await abandonedIn(join(log.storage.locate('_boathouse'), 'work'), options.nowMs);
  const later = await laterThan(log, kept);
  // The oldest first: while one is there, so are those that followed it.
  for (const { number } of [...expired].reverse()) await removeGeneration(log, number);
  // Whoever begins a branch makes it known first and looks afterwards whether its generation is still there. So
  // either the branch is seen here, or its maker sees that the generation is gone.
  const root = log.root ?? log.storage;
  const { heads, ofLogs } = await lakeLogs(root, log.storageOptions, log.storage.uri);
  const superseded = new Set(pinsOf(expired).map((pin) => dirnameBelow(pinFolderOf(pin), pin)));
  const needed = new Set([
    ...neededFolders(log, [...kept, ...later]),
    ...pinsIn([...ofLogs, ...heads.flatMap(({ base, own }) => [base, own])].flat()).map((pin) =>
      dirnameBelow(pinFolderOf(pin), pin),
    ),
  ]);
  let removed = 0;
  for (const folder of new Set([...superseded, ...pins, ...work])) {
    if (needed.has(folder)) continue;
    removed += (await removeQuietly(folder)) ? 1 : 0;
  }
  for (const folder of folders) await rmdir(folder).catch(() => undefined);
  await dropTables(log, [...kept, ...later], options.nowMs - unnamedMs);
  for (const { name, deletedAtMs } of heads) {
    if (deletedAtMs !== undefined && deletedAtMs < options.nowMs - options.graceMs) {
      await purgeBranch(log, name);
    }
  }
  return { generations: expired.length, folders: removed };
}

/** Removes a branch, with the pinned files that only it still named. Safe to call again. */
export async function purgeBranch(log: CatalogLog, name: string): Promise<void> {
  const root = log.root ?? log.storage;
  const folder = branchFolder({ name, root: root.uri });
  const all = await lakeLogs(root, log.storageOptions);
  const others = await lakeLogs(root, log.storageOptions, folder);
  const entriesOf = (pins: readonly string[]): string[] =>
    pins.map((pin) => dirnameBelow(pinFolderOf(pin), pin));
  const isOther = others.heads.filter((head) => head.name !== name).flatMap(({ base, own }) => [base, own]);
  const needed = new Set(entriesOf(pinsIn([...others.ofLogs, ...isOther].flat())));
  const entries = new Set(
    entriesOf(pinsIn([...all.ofLogs, ...all.heads.flatMap(({ base, own }) => [base, own])].flat())),
  );
  for (const entry of entries) if (!needed.has(entry)) await removeQuietly(entry);
  await removeBranchFiles(root, name);
}

/**
 * The entries of `folder` whose makers are known to have ended, or haven't been heard of for
 * `unheardMs`, a week unless given. Names tell the maker: see `markedName`.
 */
export async function abandonedIn(
  folder: string,
  nowMs: number,
  unheardMs: number = 7 * 86_400_000,
): Promise<readonly string[]> {
  const abandoned: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const mark = parseMark(name);
    const state = mark === undefined ? 'unknown' : stateOf(mark);
    const path = join(folder, name);
    if (state === 'gone' || (state === 'unknown' && (await isOlder(path, nowMs - unheardMs)))) {
      abandoned.push(path);
    }
  }
  return abandoned;
}

async function ageOf(
  log: CatalogLog,
  options: SweepOptions,
): Promise<{ readonly kept: readonly Generation[]; readonly expired: readonly Generation[] }> {
  const kept: Generation[] = [];
  const expired: Generation[] = [];
  let supersededAtMs = Number.POSITIVE_INFINITY;
  for (const { number, modifiedMs } of [...(await stampedGenerations(log))].reverse()) {
    const generation = await readQuietly(log, number);
    if (!generation) continue;
    const isKept = kept.length < (options.keepLast ?? 1) || supersededAtMs > options.nowMs - options.graceMs;
    (isKept ? kept : expired).push(generation);
    // The clock of whoever made it may be behind: then it was made when the store says.
    supersededAtMs = Math.max(generation.createdAtMs, modifiedMs);
  }
  return { kept, expired };
}

/** The generations that were published since `kept` was read. */
async function laterThan(log: CatalogLog, kept: readonly Generation[]): Promise<readonly Generation[]> {
  const newest = kept[0]?.number ?? 0;
  const numbers = (await listGenerations(log)).filter((number) => number > newest);
  const later = await Promise.all(numbers.map((number) => readQuietly(log, number)));
  return later.filter((generation) => generation !== undefined);
}

/** The folders of pins that generations name, and those of files that the newest one may still have to put in place. */
function neededFolders(log: CatalogLog, generations: readonly Generation[]): ReadonlySet<string> {
  const root = dirname(log.storage.locate('_boathouse'));
  const newest = generations.reduce((a, b) => (b.number > a.number ? b : a), generations[0] ?? none);
  return new Set([
    ...pinsOf(generations).map((pin) => dirnameBelow(pinFolderOf(pin), pin)),
    ...newest.files.map(({ staged }) => dirname(join(root, staged))),
  ]);
}

const none: Pick<Generation, 'number' | 'files'> = { number: 0, files: [] };

function pinsOf(generations: readonly Generation[]): string[] {
  return generations.flatMap(({ relations }) => pinsIn(relations));
}

function pinsIn(relations: readonly CatalogRelation[]): string[] {
  return relations.flatMap(({ pins }) => pins);
}

/** `…/_boathouse/pins/<output>`: the folder of all pins of one output. */
function pinFolderOf(pin: string): string {
  const [, folder] = /^(.*[\\/]_boathouse[\\/]pins[\\/][^\\/]+)[\\/]/.exec(pin) ?? [];
  return folder ?? dirname(dirname(pin));
}

/** The entry of `folder` that `path` is in. */
function dirnameBelow(folder: string, path: string): string {
  const [name = ''] = path.slice(folder.length + 1).split(sep);
  return join(folder, name);
}

/** One that can't be read is left alone; reading it as the newest says why. */
async function readQuietly(log: CatalogLog, number: number): Promise<Generation | undefined> {
  return await readIfThere(log, number).catch(() => undefined);
}

/** How long a copy that nobody names yet is left to whoever made it. */
const unnamedMs = 86_400_000;

/** Whether nothing in the folder, nor the folder itself, has changed since. */
async function isOlder(path: string, thanMs: number): Promise<boolean> {
  try {
    const below = await readdir(path, { recursive: true }).catch(() => []);
    for (const name of ['', ...below]) {
      const { mtimeMs } = await stat(join(path, name));
      if (mtimeMs >= thanMs) return false;
    }
    return true;
  } catch {
    return false;
  }
}

async function removeQuietly(path: string): Promise<boolean> {
  try {
    await rm(path, { recursive: true });
    return true;
  } catch {
    return false;
  }
}
