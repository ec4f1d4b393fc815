/**
 * Removing what no reader needs any more: superseded generations, the files only they pinned, and what
 * runs that died have left.
 *
 * A generation may go once it has been superseded for the grace period, and its pins with it unless a
 * newer one names them. Pins that no generation names belong to a run that hasn't published yet, or
 * never will: they go when that process is known to have ended, or after a week where nobody can tell.
 */
import { basename, dirname, join } from 'node:path';
import { type BranchHead, removeBranchFiles } from './branch-heads.ts';
import { branchFolder, branchOf, isOnBranch } from './branch-place.ts';
import type { CatalogRelation, Generation } from './generation.ts';
import {
  type CatalogLog,
  listGenerations,
  readIfThere,
  removeGeneration,
  stampedGenerations,
} from './generation-log.ts';
import { readHolds } from './holds.ts';
import { dropTables } from './kept-tables.ts';
import { type LakeLogs, lakeLogs } from './lake-logs.ts';
import {
  abandonedIn,
  abandonedPins,
  pinEntryOf,
  pinFolderOf,
  removeEntry,
  removeIfEmpty,
} from './pin-entries.ts';
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
  const { storage } = log;
  const pinned = [...pinsOf(kept), ...pinsOf(expired)].map(pinFolderOf);
  const folders = [...new Set([...pinned, ...(options.pinFolders ?? [])])];
  // Who has ended is found out first and what is published after: nobody publishes after his end.
  const isOurs = (name: string): boolean => name.includes(`.${logId(storage.uri)}.`);
  const found = await Promise.all(folders.map((folder) => abandonedPins(folder, storage, options.nowMs)));
  // Another catalog may keep pins of the same output: only its own log knows whether they are needed.
  const pins = found.flat().filter((path) => isOurs(basename(path)));
  const work = storage.isLocal ? await abandonedIn(storage.locate('_boathouse/work'), options.nowMs) : [];
  // The oldest first: while one is there, so are those that followed it.
  for (const { number } of [...expired].reverse()) await removeGeneration(log, number);
  const later = await laterThan(log, kept);
  const all = [...kept, ...later];
  // Whoever begins a branch, or goes back to an old generation, makes it known first and looks afterwards whether that
  // generation is still there. So either he is seen here, or he sees that the generation is gone.
  const root = log.root ?? storage;
  const { heads, ofLogs } = await lakeLogs(root, log.storageOptions, storage.uri);
  const holds = await readHolds(root, options.nowMs);
  const needed = new Set([
    ...pinsOf(all).map(pinEntryOf),
    ...neededByOthers({ heads, ofLogs: [...ofLogs, ...holds.map(({ relations }) => relations)] }),
    ...(storage.isLocal ? workOf(log, all) : []),
  ]);
  let removed = 0;
  for (const entry of new Set([...pinsOf(expired).map(pinEntryOf), ...pins, ...work])) {
    if (needed.has(entry)) continue;
    removed += (await removeEntry(entry, storage)) ? 1 : 0;
  }
  for (const folder of folders) await removeIfEmpty(folder);
  const own = heads.find(({ name }) => name === branchOf(log));
  const files = [own, ...holds.filter((hold) => hold.log === storage.uri)].flatMap((one) => one?.files ?? []);
  await dropTables(log, [...all, { files }], options.nowMs - unnamedMs);
  for (const { name, deletedAtMs } of heads) {
    const isOver = deletedAtMs !== undefined && deletedAtMs < options.nowMs - options.graceMs;
    if (isOver && name !== branchOf(log)) await purgeBranch(log, name);
  }
  return { generations: expired.length, folders: removed };
}

/**
 * Removes a branch, with the pinned files that only it still named. Safe to call again. One that others need, because they
 * began on it or show what stands in its files, stays.
 */
export async function purgeBranch(log: CatalogLog, name: string): Promise<void> {
  const root = log.root ?? log.storage;
  const place = { name, root: root.uri };
  const all = await lakeLogs(root, log.storageOptions);
  const others = await lakeLogs(root, log.storageOptions, branchFolder(place));
  const heads = others.heads.filter((head) => head.name !== name);
  const shown = [...others.ofLogs, ...heads.flatMap(({ base, own }) => [base, own])].flat();
  const isUsed = shown.some(({ location }) => location !== null && isOnBranch(place, location));
  if (isUsed || heads.some(({ from, deletedAtMs }) => from.branch === name && deletedAtMs === undefined))
    return;
  const needed = new Set(neededByOthers({ heads, ofLogs: others.ofLogs }));
  for (const entry of new Set(neededByOthers(all))) {
    if (!needed.has(entry)) await removeEntry(entry, root);
  }
  await removeBranchFiles(root, name);
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

/** The folders of staged files that the newest generation may still have to put in place. */
function workOf(log: CatalogLog, generations: readonly Generation[]): readonly string[] {
  const root = dirname(log.storage.locate('_boathouse'));
  const newest = generations.reduce((a, b) => (b.number > a.number ? b : a), generations[0] ?? none);
  return newest.files.map(({ staged }) => dirname(join(root, staged)));
}

const none: Pick<Generation, 'number' | 'files'> = { number: 0, files: [] };

function pinsOf(generations: readonly Generation[]): string[] {
  return generations.flatMap(({ relations }) => pinsIn(relations));
}

function pinsIn(relations: readonly CatalogRelation[]): string[] {
  return relations.flatMap(({ pins }) => pins);
}

/** The entries of pins that logs name, and those that branches began with. */
function neededByOthers({ heads, ofLogs }: LakeLogs): readonly string[] {
  const ofHeads = heads.flatMap(({ base, own }: BranchHead) => [base, own]);
  return pinsIn([...ofLogs, ...ofHeads].flat()).map(pinEntryOf);
}

/** One that can't be read is left alone; reading it as the newest says why. */
async function readQuietly(log: CatalogLog, number: number): Promise<Generation | undefined> {
  return await readIfThere(log, number).catch(() => undefined);
}

/** How long a copy that nobody names yet is left to whoever made it. */
const unnamedMs = 86_400_000;
