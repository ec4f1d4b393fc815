/**
 * The log of generations beside the data: `_boathouse/catalog/<number>.json`, each created if absent.
 *
 * Whoever publishes reads the newest generation, applies its changes and creates the next number. The
 * loser of a race does the same again on what the winner wrote, so two runs that publish at once both
 * succeed and neither undoes the other.
 */
import {
  type Clock,
  delayMs,
  isBoathouseError,
  type Random,
  type RetryPolicy,
  retry,
  systemClock,
  systemRandom,
} from '../base/index.ts';
import { openStorage, type PutOutcome, type Storage, type StorageOptions } from '../storage/index.ts';
import { branchOf, branchPlaceOf } from './branch-place.ts';
import { catalogErrors } from './errors.ts';
import {
  applyChanges,
  type CatalogChanges,
  fileIn,
  type Generation,
  type GenerationOrigin,
  type PublishedFile,
  type Publisher,
  parseGeneration,
  printGeneration,
} from './generation.ts';
import { differences, nameIn } from './generation-diff.ts';

/** A catalog's log, opened. Holds nothing open. */
export interface CatalogLog {
  /** Rooted at the folder that has `_boathouse` in it; at a branch's own folder for a branch. */
  readonly storage: Storage;
  /** The lake's root; that of `storage` unless the log is a branch's. */
  readonly root?: Storage;
  /** How the lake's storage is opened. */
  readonly storageOptions?: StorageOptions;
}

/** How a publish behaves. */
export interface PublishOptions {
  readonly runId: string;
  /** The published file that comes with the generation, and the state of it that this one was made from. */
  readonly file?: { readonly state: PublishedFile; readonly replaces: PublishedFile | undefined };
  /** The newest generation as it was read just now, and since when: spares the first attempt to read it again. */
  readonly onTopOf?: { readonly newest: Generation | undefined; readonly lookedMs: number };
  readonly by?: Publisher;
  readonly message?: string;
  readonly from?: GenerationOrigin;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly retries?: RetryPolicy;
}

/** The catalog of the folder at `rootUri`, which need not exist yet; of a branch, by the branch's folder. Reads nothing. */
export function openCatalog(rootUri: string, storageOptions: StorageOptions = {}): CatalogLog {
  const branch = branchPlaceOf(rootUri);
  return {
    storage: openStorage(rootUri, storageOptions),
    storageOptions,
    ...(branch === undefined ? {} : { root: openStorage(branch.root, storageOptions) }),
  };
}

/**
 * The generation of that number, or the newest one; undefined while there is none.
 *
 * Costs one listing and one read; with a number, one read.
 *
 * @throws catalog.corrupt-generation, catalog.newer-format, storage.not-found for a number that is gone.
 */
export async function readGeneration(log: CatalogLog, number?: number): Promise<Generation | undefined> {
  if (number !== undefined) return await readNumbered(log, number);
  for (let attempt = 1; ; attempt += 1) {
    const newest = (await listGenerations(log)).at(-1);
    if (newest === undefined) return undefined;
    try {
      return await readNumbered(log, newest);
    } catch (error) {
      // A sweep may remove a generation between our listing and our read, but only after a newer one
      // stands, so listing again finds that.
      if (attempt >= 5 || !isBoathouseError(error, 'storage.not-found')) throw error;
    }
  }
}

/** The numbers of the generations that are kept, oldest first. */
export async function listGenerations(log: CatalogLog): Promise<readonly number[]> {
  return (await stampedGenerations(log)).map(({ number }) => number);
}

/** The same, with when each was created by the store's clock. */
export async function stampedGenerations(
  log: CatalogLog,
): Promise<readonly { readonly number: number; readonly modifiedMs: number }[]> {
  const found: { readonly number: number; readonly modifiedMs: number }[] = [];
  for await (const { path, modifiedMs } of log.storage.list(folderOf(log))) {
    const [, digits] = /\/(\d{20})\.json$/.exec(path) ?? [];
    if (digits !== undefined) found.push({ number: Number(digits), modifiedMs });
  }
  return found.sort((a, b) => a.number - b.number);
}

/**
 * Publishes `changes` on top of whatever generation is newest, and returns the one it made.
 *
 * Atomic: a reader of the log sees all of the changes or none. A lost reply is settled by looking at what
 * stands under the number. Safe to call again after a failure whose outcome is unknown: applying the same
 * changes twice gives the same relations.
 *
 * @returns undefined when the published file isn't any more what `options.file` replaces: another
 * publisher was faster, and the file has to be made again from what that one left.
 * @throws catalog.publish-contended after losing as often as `retries` allows.
 */
export async function publishGeneration(
  log: CatalogLog,
  changes: CatalogChanges,
  options: PublishOptions,
): Promise<Generation | undefined> {
  const { file, clock = systemClock, random = systemRandom, retries = patience } = options;
  for (let attempt = 1; attempt <= retries.attemptsMax; attempt += 1) {
    const lookedMs = (attempt === 1 ? options.onTopOf?.lookedMs : undefined) ?? clock.nowMs();
    const newest =
      attempt === 1 && options.onTopOf !== undefined
        ? options.onTopOf.newest
        : await patiently(clock, random, () => readGeneration(log));
    const current = file && fileIn(newest, file.state.name);
    // Only the reply to our own creation was lost.
    if (newest && current?.staged === file?.state.staged && file) return newest;
    if (current?.staged !== file?.replaces?.staged) return undefined;
    const others = (newest?.files ?? []).filter((other) => other.name !== file?.state.name);
    const relations = applyChanges(newest?.relations ?? [], changes);
    const next: Generation = {
      number: (newest?.number ?? 0) + 1,
      createdAtMs: clock.nowMs(),
      runId: options.runId,
      relations,
      files: file ? [...others, file.state] : others,
      changed: differences(newest?.relations ?? [], relations).flatMap(({ before, after }) => {
        const relation = after ?? before;
        return relation === undefined ? [] : [nameIn(relation)];
      }),
      ...(options.by === undefined ? {} : { by: options.by }),
      ...(options.message === undefined ? {} : { message: options.message }),
      ...(options.from === undefined ? {} : { from: options.from }),
    };
    const outcome = await create(log.storage, pathOf(log, next.number), printGeneration(next), clock, random);
    if (outcome.kind === 'created') {
      if (clock.nowMs() - lookedMs < stoodStillMs || (await isOnTop(log, next.number))) return next;
      await removeGeneration(log, next.number);
    }
    await clock.sleep(delayMs(retries, attempt, random));
  }
  throw catalogErrors['publish-contended']({ catalog: log.storage.uri, attempts: retries.attemptsMax });
}

/**
 * The generation that was newest at `timeMs`.
 *
 * Costs a listing and a read for each generation since.
 *
 * @throws catalog.no-such-generation when none that is kept is that old.
 */
export async function generationAt(log: CatalogLog, timeMs: number): Promise<Generation> {
  const numbers = await listGenerations(log);
  for (const number of [...numbers].reverse()) {
    const generation = await readIfThere(log, number);
    if (generation !== undefined && generation.createdAtMs <= timeMs) return generation;
  }
  throw noSuchGeneration(log, new Date(timeMs).toISOString(), numbers);
}

/** The generation of that number. @throws catalog.no-such-generation, catalog.corrupt-generation */
export async function generationNumbered(log: CatalogLog, number: number): Promise<Generation> {
  const found = await readIfThere(log, number);
  if (found !== undefined) return found;
  throw noSuchGeneration(log, String(number), await listGenerations(log));
}

/** The generation of that number; undefined when it is gone or never was. @throws catalog.corrupt-generation */
export async function readIfThere(log: CatalogLog, number: number): Promise<Generation | undefined> {
  try {
    return await readNumbered(log, number);
  } catch (error) {
    if (isBoathouseError(error, 'storage.not-found')) return undefined;
    throw error;
  }
}

function noSuchGeneration(log: CatalogLog, wanted: string, numbers: readonly number[]): Error {
  return catalogErrors['no-such-generation']({
    catalog: log.storage.uri,
    wanted,
    oldest: numbers[0],
    newest: numbers.at(-1),
  });
}

/** Removes one generation. For the sweep only: the newest must never go. */
export async function removeGeneration(log: CatalogLog, number: number): Promise<void> {
  await log.storage.remove(pathOf(log, number));
}

/** Less than this is never a grace period. */
const stoodStillMs = 60_000;

/**
 * Whether the generation `number`, just created, follows the one it was made from. A process that stood still for
 * longer than the grace period may have been given a number that had been taken, and swept since: then the one
 * before is gone too, as those go in their order.
 */
async function isOnTop(log: CatalogLog, number: number): Promise<boolean> {
  const numbers = await listGenerations(log);
  if (number === 1) return numbers[1] === undefined || numbers[1] === 2;
  return numbers.at(-1) === number || numbers.includes(number - 1);
}

/**
 * Creates the object, in several attempts where storage is in trouble. What another attempt of ours has created
 * while its reply was lost is told by its bytes: no two publishers write the same.
 */
function create(
  storage: Storage,
  path: string,
  bytes: Uint8Array,
  clock: Clock,
  random: Random,
): Promise<PutOutcome> {
  let isInDoubt = false;
  return patiently(clock, random, async () => {
    try {
      const outcome = await storage.putIfAbsent(path, bytes);
      if (outcome.kind === 'created' || !isInDoubt) return outcome;
      const there = await storage.read(path);
      return Buffer.compare(there, bytes) === 0 ? { kind: 'created' } : outcome;
    } catch (error) {
      isInDoubt = true;
      throw error;
    }
  });
}

/** Tries again while storage is in passing trouble. */
function patiently<T>(clock: Clock, random: Random, work: () => Promise<T>): Promise<T> {
  const isTrouble = (error: unknown): boolean =>
    isBoathouseError(error) && error.retryable && error.code.startsWith('storage.');
  return retry({ attemptsMax: 6, delayMsMin: 20, delayMsMax: 500 }, clock, random, isTrouble, work);
}

const patience: RetryPolicy = { attemptsMax: 50, delayMsMin: 5, delayMsMax: 500 };

/** The folder of a branch has nothing but the branch in it. */
function folderOf(log: CatalogLog): string {
  return branchOf(log) === undefined ? '_boathouse/catalog/' : 'catalog/';
}

function pathOf(log: CatalogLog, number: number): string {
  return `${folderOf(log)}${String(number).padStart(20, '0')}.json`;
}

async function readNumbered(log: CatalogLog, number: number): Promise<Generation> {
  const path = pathOf(log, number);
  return parseGeneration(await log.storage.read(path), `${log.storage.uri}/${path}`);
}
