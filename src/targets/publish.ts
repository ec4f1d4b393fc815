/**
 * Making a run's work visible: one generation of the catalog and the file built from it.
 *
 * The file is staged first, because building it is what can fail; then the generation is created, which
 * names the staged file, and the file is renamed into place. A crash in between is mended by the next
 * run: see `settlePublished`. Publishers of one file take turns, so that none has to build its file
 * twice; that an older file never replaces a newer one doesn't depend on it, because a generation is
 * only created on top of the very file that the staged one was made from.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isBoathouseError } from '../base/index.ts';
import {
  applyChanges,
  type CatalogChanges,
  fileIn,
  type Generation,
  isEmptyChange,
  keepTables,
  type PublishedFile,
  type PublishedPlace,
  type Publisher,
  publishGeneration,
  readGeneration,
  readsBucket,
  relationKey,
  type StagedCatalogFile,
  stageCatalogFile,
  sweepCatalog,
} from '../catalog/index.ts';
import type { Database } from '../duckdb/index.ts';
import { cautiousNowMs } from '../storage/index.ts';
import { targetErrors } from './errors.ts';
import type { CopiedFile } from './open-work.ts';
import { sweepOutputs } from './output-leftovers.ts';
import type { TablesTurn } from './tables-turn.ts';
import { type TurnInput, takeTurn } from './take-turn.ts';
import type { PublishResult } from './target.ts';

/** What is published, and where. */
export interface PublishInput extends TurnInput {
  readonly changes: CatalogChanges;
  readonly database: string;
  readonly place: PublishedPlace;
  /** The published file as this run copied it, where it is kept. */
  readonly copied: CopiedFile | undefined;
  readonly runId: string;
  /** The private file, when this run changed tables in it; no engine has it open. */
  readonly tablesFile: string | undefined;
  readonly tables: TablesTurn;
  /** What the published file looked like when it was copied; undefined when there was none. */
  readonly copiedFrom: string | undefined;
  /** Whether the file has types or sequences, which only a copy keeps. */
  readonly needsCopy: boolean;
  /** Where views are bound. */
  readonly engine: Database;
  /** Whether a node is in the project, by its unique id. */
  readonly isNode: (uniqueId: string) => boolean;
  /** Locations that this run wrote to. */
  readonly locations: readonly string[];
  readonly graceMs: number;
  /** How many of the newest generations stay, however old. */
  readonly keepLast: number;
  readonly by: Publisher;
}

/** What publishing came to, and the generation that is newest now. */
export interface Published {
  readonly result: PublishResult;
  readonly generation: Generation | undefined;
}

/** Publishes, or does nothing when nothing changed. @throws catalog.*, targets.tables-overtaken */
export async function publish(input: PublishInput): Promise<Published> {
  const { log, changes, place } = input;
  const { path } = place;
  const keptTables = input.tablesFile !== undefined;
  if (isEmptyChange(changes) && !keptTables) {
    const newest = await readGeneration(log);
    if ((await place.look(newest)) !== undefined) {
      await sweep(input, newest);
      const result = { published: false, generation: newest?.number ?? null, path, changed: 0 };
      return { result, generation: newest };
    }
  }
  // In a bucket a turn costs more requests than building the file once more, should another be faster.
  const turn = place.isLocal ? await takeTurn(input, `publish-${place.name}`) : undefined;
  let generation: Generation | undefined;
  try {
    for (let attempt = 1; attempt <= attemptsMax && !generation; attempt += 1) {
      generation = await publishOnce(input);
    }
  } finally {
    await turn?.release();
  }
  if (!generation) throw targetErrors['publish-overtaken']({ path, attempts: attemptsMax });
  await sweep(input, generation);
  const changed = changes.upserts.length + changes.removals.length;
  return { result: { published: true, generation: generation.number, path, changed }, generation };
}

/** Only a publisher that has lost its turn, by standing still, can get in between. */
const attemptsMax = 10;

/** @returns undefined when another publisher of the file was faster. */
async function publishOnce(input: PublishInput): Promise<Generation | undefined> {
  const { log, changes, place, runId, clock, random } = input;
  const lookedMs = clock.nowMs();
  const newest = await readGeneration(log);
  // In a bucket nothing hangs on it: what is built begins with what the generation names.
  if (place.isLocal) await place.settle(newest);
  const replaces = fileIn(newest, place.name);
  if (input.tablesFile !== undefined) {
    input.tables.check(newest);
    await checkUnchanged(input, replaces);
  }
  const staged = await stage(input, newest);
  // A staged file that a generation may name is put in place by the next run, if it wasn't by this one.
  let mayBeNamed = false;
  try {
    const dropped = reportBroken(input, staged);
    const state: PublishedFile = {
      ...staged.state,
      name: place.name,
      tables: input.tablesFile === undefined ? (replaces?.tables ?? '') : `${runId} ${random.uuid()}`,
      ...(await keptTables(input, replaces, staged)),
    };
    const all = { ...changes, removals: [...changes.removals, ...dropped] };
    if (input.tablesFile !== undefined) await input.tables.checkTurn();
    mayBeNamed = true;
    const generation = await publishGeneration(log, all, {
      runId,
      clock,
      random,
      by: input.by,
      file: { state, replaces },
      onTopOf: { newest, lookedMs },
    });
    if (generation) await staged.publish(generation);
    mayBeNamed = false;
    return generation;
  } finally {
    if (!mayBeNamed) await staged.discard();
  }
}

/** The copy that keeps the rows of the tables in the staged file: another one only where they may be others. */
async function keptTables(
  { log, place, random }: PublishInput,
  replaces: PublishedFile | undefined,
  { state, hasTables, isChanged }: StagedTables,
): Promise<Pick<PublishedFile, 'kept'>> {
  if (!hasTables) return {};
  if (!isChanged && replaces?.kept !== undefined) return { kept: replaces.kept };
  // What is staged in a bucket stays as it is.
  return { kept: place.isLocal ? await keepTables(log, state.staged, random) : state.staged };
}

/** A staged file, and whether it has tables that are others than those of the file it replaces. */
interface StagedTables extends StagedCatalogFile {
  readonly hasTables: boolean;
  readonly isChanged: boolean;
}

async function stage(input: PublishInput, newest: Generation | undefined): Promise<StagedTables> {
  const relations = applyChanges(newest?.relations ?? [], input.changes);
  const { place } = input;
  const isKnown = [input.copiedFrom, fileIn(newest, place.name)?.fingerprint];
  const current = await place.look(newest);
  // Another program has written to it while the run worked: whatever that is stays.
  const isForeign = current !== undefined && !isKnown.includes(current);
  const hasTables =
    input.needsCopy ||
    relations.some(
      (relation) =>
        relation.kind === 'table' && relation.database.toLowerCase() === input.database.toLowerCase(),
    ) ||
    isForeign;
  // Views over a bucket are left as they are where they can: making one asks for the columns of its files.
  const needsBase = hasTables || relations.some(readsBucket);
  const base = needsBase && current !== undefined ? await baseFile(input, newest) : undefined;
  const isChanged = isForeign || input.tablesFile !== undefined;
  try {
    const tablesFrom = needsBase ? (input.tablesFile ?? base?.file) : undefined;
    const made = new Set(input.changes.upserts.map(relationKey));
    const staged = await stageCatalogFile(
      { relations },
      {
        database: input.database,
        path: place.path,
        place,
        random: input.random,
        engine: input.engine,
        isKept: (relation) => readsBucket(relation) && !made.has(relationKey(relation)),
        ...(tablesFrom === undefined ? {} : { tablesFrom }),
      },
    );
    return { ...staged, hasTables, isChanged };
  } finally {
    await base?.release();
  }
}

/** The newest published file as one of this machine that nothing writes to. */
async function baseFile(
  { place, copied, tablesFile }: PublishInput,
  newest: Generation | undefined,
): Promise<{ readonly file: string; release(): Promise<void> } | undefined> {
  if (tablesFile !== undefined) return undefined;
  if (place.isLocal) return { file: place.path, release: async () => undefined };
  if (copied !== undefined && copied.staged === fileIn(newest, place.name)?.staged) {
    return { file: copied.file, release: async () => undefined };
  }
  const folder = await mkdtemp(join(tmpdir(), 'boathouse-base-'));
  const release = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const file = join(folder, place.name);
  const copy = await place.copy(newest, file).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  if (copy !== undefined) return { file, release };
  await release();
  return undefined;
}

/**
 * A run that keeps tables replaces the file's by its own: nobody else may have changed the file since
 * it was copied, except runs that only published views.
 */
async function checkUnchanged(input: PublishInput, published: PublishedFile | undefined): Promise<void> {
  // Nobody writes to an object of a bucket in place.
  if (!input.place.isLocal) return;
  const current = await input.place.look(undefined);
  if (current === undefined || current === input.copiedFrom || current === published?.fingerprint) return;
  throw targetErrors['changed-outside']({ path: input.place.path });
}

/**
 * Says which views can't be bound. They stay in the catalog, because their files may come back, unless
 * no node of the project makes them any more.
 *
 * @returns those that go.
 */
function reportBroken(input: PublishInput, staged: StagedCatalogFile): CatalogChanges['removals'] {
  const dropped: CatalogChanges['removals'][number][] = [];
  for (const { relation, problem } of staged.broken) {
    const { database, schema, name, uniqueId } = relation;
    const stays = uniqueId !== null && input.isNode(uniqueId);
    if (!stays) dropped.push({ database, schema, name });
    input.onNotice({
      kind: 'warning',
      code: 'targets.broken-view',
      message: `${schema}.${name} can't be read any more and is left out of ${stays ? input.place.name : 'the catalog'}: ${problem}`,
      ...(uniqueId === null ? {} : { uniqueId }),
    });
  }
  return dropped;
}

/** What is left over is only disk space: trouble here must not fail a run that has published. */
async function sweep(input: PublishInput, newest: Generation | undefined): Promise<void> {
  // Looking around in a bucket takes many requests: one run in so many does it for all.
  if (!input.place.isLocal && (newest?.number ?? 0) % sweptEvery !== 0) return;
  try {
    const nowMs = await cautiousNowMs(input.log.storage, '_boathouse/catalog/_time', input.clock);
    const pinFolders = await sweepOutputs([...input.locations, ...locationsOf(newest)], nowMs);
    await sweepCatalog(input.log, {
      graceMs: input.graceMs,
      keepLast: input.keepLast,
      nowMs,
      pinFolders,
    });
  } catch (error) {
    const message = isBoathouseError(error) ? error.message : String(error);
    input.onNotice({ kind: 'warning', code: 'targets.sweep-failed', message });
  }
}

const sweptEvery = 16;

function locationsOf(generation: Generation | undefined): readonly string[] {
  return (generation?.relations ?? []).flatMap(({ kind, location }) =>
    kind === 'external' && location !== null ? [location] : [],
  );
}
