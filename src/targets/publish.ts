/**
 * Making a run's work visible: one generation of the catalog and the file built from it.
 *
 * The file is staged first, because building it is what can fail; then the generation is created, which
 * names the staged file, and the file is renamed into place. A crash in between is mended by the next
 * run: see `settlePublished`. Publishers of one file take turns, so that none has to build its file
 * twice; that an older file never replaces a newer one doesn't depend on it, because a generation is
 * only created on top of the very file that the staged one was made from.
 */
import { basename } from 'node:path';
import { isBoathouseError } from '../base/index.ts';
import {
  applyChanges,
  type CatalogChanges,
  fileIn,
  fingerprint,
  type Generation,
  isEmptyChange,
  keepTables,
  type PublishedFile,
  type Publisher,
  publishGeneration,
  readGeneration,
  type StagedCatalogFile,
  settlePublished,
  stageCatalogFile,
  sweepCatalog,
} from '../catalog/index.ts';
import type { Database } from '../duckdb/index.ts';
import { targetErrors } from './errors.ts';
import { sweepOutputs } from './output-leftovers.ts';
import type { TablesTurn } from './tables-turn.ts';
import { type TurnInput, takeTurn } from './take-turn.ts';
import type { PublishResult } from './target.ts';

/** What is published, and where. */
export interface PublishInput extends TurnInput {
  readonly changes: CatalogChanges;
  readonly database: string;
  readonly path: string;
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

/** Publishes, or does nothing when nothing changed. @throws catalog.*, targets.tables-overtaken */
export async function publish(input: PublishInput): Promise<PublishResult> {
  const { log, changes, path } = input;
  const keptTables = input.tablesFile !== undefined;
  if (isEmptyChange(changes) && !keptTables && (await fingerprint(path)) !== undefined) {
    const newest = await readGeneration(log);
    await sweep(input, newest);
    return { published: false, generation: newest?.number ?? null, path, changed: 0 };
  }
  const turn = await takeTurn(input, `publish-${basename(path)}`);
  let generation: Generation | undefined;
  try {
    for (let attempt = 1; attempt <= attemptsMax && !generation; attempt += 1) {
      generation = await publishOnce(input);
    }
  } finally {
    await turn.release();
  }
  if (!generation) throw targetErrors['publish-overtaken']({ path, attempts: attemptsMax });
  await sweep(input, generation);
  const changed = changes.upserts.length + changes.removals.length;
  return { published: true, generation: generation.number, path, changed };
}

/** Only a publisher that has lost its turn, by standing still, can get in between. */
const attemptsMax = 10;

/** @returns undefined when another publisher of the file was faster. */
async function publishOnce(input: PublishInput): Promise<Generation | undefined> {
  const { log, changes, path, runId, clock, random } = input;
  const newest = await readGeneration(log);
  await settlePublished(newest, path);
  const replaces = fileIn(newest, basename(path));
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
      name: basename(path),
      tables: input.tablesFile === undefined ? (replaces?.tables ?? '') : `${runId} ${random.uuid()}`,
      ...(await keptTables(input, replaces, staged)),
    };
    const all = { ...changes, removals: [...changes.removals, ...dropped] };
    mayBeNamed = true;
    const generation = await publishGeneration(log, all, {
      runId,
      clock,
      random,
      by: input.by,
      file: { state, replaces },
    });
    if (generation) await staged.publish();
    mayBeNamed = false;
    return generation;
  } finally {
    if (!mayBeNamed) await staged.discard();
  }
}

/** The copy that keeps the rows of the tables in the staged file: another one only where they may be others. */
async function keptTables(
  { log, random }: PublishInput,
  replaces: PublishedFile | undefined,
  { state, hasTables, isChanged }: StagedTables,
): Promise<Pick<PublishedFile, 'kept'>> {
  if (!hasTables) return {};
  if (!isChanged && replaces?.kept !== undefined) return { kept: replaces.kept };
  return { kept: await keepTables(log, state.staged, random) };
}

/** A staged file, and whether it has tables that are others than those of the file it replaces. */
interface StagedTables extends StagedCatalogFile {
  readonly hasTables: boolean;
  readonly isChanged: boolean;
}

async function stage(input: PublishInput, newest: Generation | undefined): Promise<StagedTables> {
  const relations = applyChanges(newest?.relations ?? [], input.changes);
  const isKnown = [input.copiedFrom, fileIn(newest, basename(input.path))?.fingerprint];
  const current = await fingerprint(input.path);
  // Another program has written to it while the run worked: whatever that is stays.
  const isForeign = current !== undefined && !isKnown.includes(current);
  const hasTables =
    input.needsCopy ||
    relations.some(
      (relation) =>
        relation.kind === 'table' && relation.database.toLowerCase() === input.database.toLowerCase(),
    ) ||
    isForeign;
  const tablesFrom = hasTables
    ? (input.tablesFile ?? (current === undefined ? undefined : input.path))
    : undefined;
  const staged = await stageCatalogFile(
    { relations },
    {
      database: input.database,
      path: input.path,
      random: input.random,
      engine: input.engine,
      ...(tablesFrom === undefined ? {} : { tablesFrom }),
    },
  );
  return { ...staged, hasTables, isChanged: isForeign || input.tablesFile !== undefined };
}

/**
 * A run that keeps tables replaces the file's by its own: nobody else may have changed the file since
 * it was copied, except runs that only published views.
 */
async function checkUnchanged(input: PublishInput, published: PublishedFile | undefined): Promise<void> {
  const current = await fingerprint(input.path);
  if (current === undefined || current === input.copiedFrom || current === published?.fingerprint) return;
  throw targetErrors['changed-outside']({ path: input.path });
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
      message: `${schema}.${name} can't be read any more and is left out of ${stays ? basename(input.path) : 'the catalog'}: ${problem}`,
      ...(uniqueId === null ? {} : { uniqueId }),
    });
  }
  return dropped;
}

/** What is left over is only disk space: trouble here must not fail a run that has published. */
async function sweep(input: PublishInput, newest: Generation | undefined): Promise<void> {
  const nowMs = input.clock.nowMs();
  try {
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

function locationsOf(generation: Generation | undefined): readonly string[] {
  return (generation?.relations ?? []).flatMap(({ kind, location }) =>
    kind === 'external' && location !== null ? [location] : [],
  );
}
