/**
 * Publishing a state of the catalog that no run has made: a rollback, a merge, the first one of a branch.
 *
 * As when a run publishes, the file is staged before the generation that names it is created, and the generation is
 * only created on top of the file that the staged one was made from.
 */
import { basename } from 'node:path';
import { type Random, systemRandom } from '../base/index.ts';
import {
  acquireLease,
  applyChanges,
  type CatalogChanges,
  type CatalogRelation,
  fileIn,
  type Generation,
  type GenerationOrigin,
  keepTables,
  type PublishedPlace,
  publishedPlace,
  publisher,
  publishGeneration,
  readGeneration,
  readsBucket,
  type StagedCatalogFile,
  stageCatalogFile,
} from '../catalog/index.ts';
import { workflowErrors } from './errors.ts';
import { type Lake, ownRelations } from './lake.ts';
import { withLakeEngine } from './lake-engine.ts';
import type { ProjectOptions } from './options.ts';
import { type BaseFile, keptIn, type OpenBase, openBase } from './past-catalog.ts';

/** What is to be published on top of the newest generation. */
export interface StatePlan {
  readonly changes: CatalogChanges;
  /**
   * The tables inside the file: those that are there, or those of a file of this machine, with the name of the copy
   * that keeps them where there is one already.
   */
  readonly tables: 'same' | { readonly from: BaseFile | undefined; readonly kept: string | undefined };
}

/** Who publishes, and why. */
export interface StateOptions {
  readonly command: string;
  readonly from: GenerationOrigin;
  readonly message?: string | undefined;
  readonly runId: string;
  readonly lockTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How long to wait for others, and whether to stop. */
export function waitOf(options: ProjectOptions): Pick<StateOptions, 'lockTimeoutMs' | 'signal'> {
  return { lockTimeoutMs: (options.lockTimeoutSeconds ?? 600) * 1000, signal: options.signal };
}

/**
 * Publishes what `plan` makes of the newest generation, again as often as others were faster.
 *
 * @param plan undefined when nothing has to be published.
 * @returns undefined when `plan` gave nothing.
 * @throws workflows.not-published, catalog.*; whatever `plan` throws
 */
export async function publishState(
  lake: Lake,
  options: StateOptions,
  plan: (newest: Generation | undefined) => Promise<StatePlan | undefined>,
): Promise<Generation | undefined> {
  const place = publishedPlace(lake.file, lake.storageOptions);
  const name = `publish-${basename(lake.file)}`.replace(/[^\w.-]/g, '_');
  const lease = await acquireLease(lake.log.storage, name, {
    purpose: `boathouse ${options.command}`,
    timeoutMs: options.lockTimeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      const newest = await readGeneration(lake.log);
      await place.settle(newest);
      const planned = await plan(newest);
      if (planned === undefined) return undefined;
      const generation = await publishOnce(lake, place, options, newest, planned, systemRandom);
      if (generation !== undefined) return generation;
    }
  } finally {
    await lease.release();
  }
  throw workflowErrors['not-published']({ path: lake.file });
}

/** Only a publisher that has lost its turn, by standing still, can get in between. */
const attemptsMax = 10;

async function publishOnce(
  lake: Lake,
  place: PublishedPlace,
  { command, from, message, runId }: StateOptions,
  newest: Generation | undefined,
  { changes, tables }: StatePlan,
  random: Random,
): Promise<Generation | undefined> {
  const { file: path, database, log } = lake;
  const replaces = fileIn(newest, basename(path));
  const relations = applyChanges(newest?.relations ?? [], changes);
  const hasTables = ownRelations(lake, { relations }).some(({ kind }) => kind === 'table');
  const own = tables === 'same' ? await sameBase(lake, place, newest, relations, hasTables) : undefined;
  const base = tables === 'same' ? own : tables.from;
  const isKept = keptIn(base);
  const staged = await withLakeEngine(lake, (engine) =>
    stageCatalogFile(
      { relations },
      {
        database,
        path,
        place,
        engine,
        // In a folder views are made anew: another program may have changed what is in the file.
        isKept: (relation) => (!place.isLocal || readsBucket(relation)) && isKept(relation),
        ...(base === undefined ? {} : { tablesFrom: base.path }),
      },
    ),
  ).finally(() => own?.release());
  // A staged file that a generation may name is put in place by the next run, if it wasn't by this one.
  let mayBeNamed = false;
  try {
    const known = tables === 'same' ? replaces?.kept : tables.kept;
    const kept =
      hasTables || known !== undefined ? (known ?? (await keptOf(place, staged, random))) : undefined;
    const state = {
      ...staged.state,
      name: basename(path),
      tables: tables === 'same' ? (replaces?.tables ?? '') : `${runId} ${random.uuid()}`,
      ...(kept === undefined ? {} : { kept }),
    };
    mayBeNamed = true;
    const generation = await publishGeneration(log, changes, {
      runId,
      random,
      by: publisher(command, lake.target),
      from,
      ...(message === undefined ? {} : { message }),
      file: { state, replaces },
    });
    if (generation !== undefined) await staged.publish(generation);
    mayBeNamed = false;
    return generation;
  } finally {
    if (!mayBeNamed) await staged.discard();
  }
}

/** What the file begins with when its tables stay as they are. */
async function sameBase(
  lake: Lake,
  place: PublishedPlace,
  newest: Generation | undefined,
  relations: readonly CatalogRelation[],
  hasTables: boolean,
): Promise<OpenBase | undefined> {
  if (newest === undefined) return undefined;
  if (!place.isLocal) return await openBase(lake, newest);
  const isNeeded = hasTables || relations.some(readsBucket) || fileIn(newest, place.name)?.kept !== undefined;
  const isThere = isNeeded && (await place.look(newest)) !== undefined;
  return isThere ? { path: place.path, views: newest.relations, release: async () => undefined } : undefined;
}

/** A copy that keeps the rows of the staged file's tables. What is staged in a bucket stays as it is. */
async function keptOf(place: PublishedPlace, { state }: StagedCatalogFile, random: Random): Promise<string> {
  return place.isLocal ? await keepTables(place.log, state.staged, random) : state.staged;
}
