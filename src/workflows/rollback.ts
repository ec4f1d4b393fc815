/**
 * `rollback`: the lake as it was in an older generation, published as a new one.
 *
 * Later runs go on from what the catalog shows. So Delta tables whose version goes back are restored before the
 * generation is created, one commit each: an incremental model then continues from the rows that readers see. Tables
 * inside the published file come back from the copy that was kept of them, and external files are put in their places
 * again. Nothing is lost: what was newest before is the generation before.
 */
import { basename } from 'node:path';
import { systemRandom } from '../base/index.ts';
import {
  acquireLease,
  type BranchPlace,
  type CatalogRelation,
  differences,
  fileIn,
  type Generation,
  generationNumbered,
  holdGeneration,
  isOnBranch,
  isSame,
  nameIn,
  readIfThere,
} from '../catalog/index.ts';
import { openStorage } from '../storage/index.ts';
import { workflowErrors } from './errors.ts';
import { generationOf, type Lake, type LakeOptions, openLake, ownRelations, rootOf } from './lake.ts';
import { type BaseFile, type OpenBase, openBase } from './past-catalog.ts';
import { publishState, type StatePlan, waitOf } from './publish-state.ts';
import { isRestorable, type RestoredTable, restoreClone, restoreRelation } from './restore-relation.ts';

/** Which generation to go back to. */
export interface RollbackOptions extends LakeOptions {
  /** A generation's number, or a point in time. */
  readonly to: string;
  readonly message?: string | undefined;
  /** Only say what would change. */
  readonly dryRun?: boolean | undefined;
  /** Told before each step that others can see. Must not throw, but in tests. */
  readonly onStep?: ((step: string) => void) | undefined;
}

/** What a rollback did. */
export interface RollbackResult {
  /** The new generation; null when nothing had to change, or under `dryRun`. */
  readonly generation: number | null;
  /** The one whose state it has. */
  readonly restored: number;
  /** Relations that are others than before. */
  readonly changed: readonly string[];
  /** Delta tables that got a commit. */
  readonly tables: readonly RestoredTable[];
}

/**
 * Publishes the state of an older generation as a new one.
 *
 * Safe to call again after a failure: tables that were restored already are left as they are.
 *
 * @throws catalog.no-such-generation, workflows.bad-version, workflows.tables-not-kept, workflows.rollback-overtaken,
 * tables.files-are-gone, delta.no-such-version
 */
export async function rollback(options: RollbackOptions): Promise<RollbackResult> {
  const lake = await openLake(options);
  const wanted = await generationOf(lake, options.to);
  const newest = await generationOf(lake, undefined);
  const differing = differences(ownRelations(lake, newest), ownRelations(lake, wanted));
  const changed = differing.flatMap(({ before, after }) => {
    const relation = after ?? before;
    return relation === undefined ? [] : [nameIn(relation, lake.database)];
  });
  const nothing = { generation: null, restored: wanted.number, changed, tables: [] };
  const isSameInside = hasSameTables(newest, wanted, lake);
  if (options.dryRun === true) return nothing;
  if (changed.length === 0 && isSameInside) {
    await finishEarlier(lake, wanted, newest);
    return nothing;
  }
  const root = openStorage(rootOf(lake), lake.storageOptions);
  const letGo = await holdGeneration(root, lake.log.storage, wanted);
  try {
    // A sweep that didn't see us has removed it.
    await generationNumbered(lake.log, wanted.number);
    return await goBack(lake, wanted, newest, options, { ...nothing, isSameInside });
  } finally {
    await letGo();
  }
}

async function goBack(
  lake: Lake,
  wanted: Generation,
  newest: Generation,
  options: RollbackOptions,
  { isSameInside, ...result }: RollbackResult & { readonly isSameInside: boolean },
): Promise<RollbackResult> {
  const wait = waitOf(options);
  const turn = isSameInside
    ? undefined
    : await acquireLease(lake.log.storage, `tables-${basename(lake.file)}`.replace(/[^\w.-]/g, '_'), {
        purpose: 'boathouse rollback',
        timeoutMs: wait.lockTimeoutMs,
        ...(wait.signal === undefined ? {} : { signal: wait.signal }),
      });
  let base: OpenBase | undefined;
  try {
    const restored = new Map<string, RestoredTable>();
    const generation = await publishState(
      lake,
      {
        command: 'rollback',
        from: { kind: 'rollback', generation: wanted.number },
        message: options.message,
        runId: systemRandom.uuid(),
        ...wait,
      },
      async (now) => {
        // A run may have changed the tables since: what is newest now decides.
        const isSame = now !== undefined && hasSameTables(now, wanted, lake);
        if (!isSame) base ??= await openBase(lake, wanted);
        const plan = await planOf(lake, wanted, now, isSame ? 'same' : base, restored, options);
        options.onStep?.('generation');
        return plan;
      },
    );
    options.onStep?.('externals');
    if (generation === undefined) await finishEarlier(lake, wanted, newest);
    else await placeExternals(lake, wanted, newest);
    return { ...result, generation: generation?.number ?? null, tables: [...restored.values()] };
  } finally {
    await turn?.release();
    await base?.release();
  }
}

async function planOf(
  lake: Lake,
  wanted: Generation,
  now: Generation | undefined,
  tablesFrom: BaseFile | 'same' | undefined,
  restored: Map<string, RestoredTable>,
  { onStep }: RollbackOptions,
): Promise<StatePlan | undefined> {
  const differing = differences(ownRelations(lake, now ?? { relations: [] }), ownRelations(lake, wanted));
  const goingBack = differing.flatMap(({ after }) =>
    after !== undefined && isRestorable(after) ? [after] : [],
  );
  const shown = new Map<CatalogRelation, CatalogRelation>();
  const restore = async (relation: CatalogRelation): ReturnType<typeof restoreRelation> =>
    isOwn(lake, relation)
      ? await restoreRelation(relation, lake.access, { rollbackTo: wanted.number })
      : { relation, committed: await restoreClone(relation, placeOf(lake), lake.access) };
  for (let attempt = 1; ; attempt += 1) {
    let isStill = true;
    for (const relation of goingBack) {
      onStep?.(relation.name);
      const done = await restore(relation);
      if (done.committed !== undefined) {
        restored.set(done.committed.table, done.committed);
        isStill = false;
      }
      shown.set(relation, done.relation);
    }
    // A writer that came in between is seen by the second look: its commit is undone like those before it.
    if (isStill) break;
    if (attempt >= attemptsMax) {
      throw workflowErrors['rollback-overtaken']({ catalog: lake.file, attempts: attemptsMax });
    }
  }
  const kept = fileIn(wanted, basename(lake.file))?.kept;
  const upserts = differing.flatMap(({ before, after }) => {
    const relation = after && (shown.get(after) ?? after);
    return relation === undefined || isSame(before, relation) ? [] : [relation];
  });
  const isNothing = upserts.length === 0 && differing.every(({ after }) => after !== undefined);
  if (isNothing && tablesFrom === 'same') return undefined;
  return {
    changes: {
      upserts,
      removals: differing.flatMap(({ before, after }) =>
        before !== undefined && after === undefined ? [before] : [],
      ),
    },
    tables: tablesFrom === 'same' ? 'same' : { from: tablesFrom, kept },
  };
}

/** A writer that commits all the time can't be caught up with. */
const attemptsMax = 10;

/** The user's own files of external relations become those that readers see again. */
async function placeExternals(lake: Lake, wanted: Generation, before: Generation): Promise<void> {
  const differing = differences(ownRelations(lake, before), ownRelations(lake, wanted));
  const { placeExternal } = await import('../targets/index.ts');
  for (const { after } of differing) {
    if (after?.kind === 'external' && after.pins.length > 0 && isOwn(lake, after))
      await placeExternal(after, systemRandom, lake.access);
  }
}

/** Whether what stands at the relation's place is the lake's to change: on a branch, only what is below it. */
function isOwn(lake: Lake, { location }: CatalogRelation): boolean {
  return lake.branch === undefined || (location !== null && isOnBranch(placeOf(lake), location));
}

function placeOf(lake: Lake): BranchPlace {
  return { name: lake.branch ?? '', root: rootOf(lake) };
}

/** An earlier rollback to the same generation was cut off after it was published: its files aren't all in place. */
async function finishEarlier(lake: Lake, wanted: Generation, newest: Generation): Promise<void> {
  if (newest.from?.kind !== 'rollback' || newest.from.generation !== wanted.number) return;
  const before = await readIfThere(lake.log, newest.number - 1);
  if (before !== undefined) await placeExternals(lake, wanted, before);
}

function hasSameTables(now: Generation, wanted: Generation, lake: Lake): boolean {
  const [a, b] = [now, wanted].map((generation) => fileIn(generation, basename(lake.file)));
  return (a?.tables ?? '') === (b?.tables ?? '') || (a?.kept !== undefined && a.kept === b?.kept);
}
