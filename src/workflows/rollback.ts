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
  type CatalogRelation,
  differences,
  fileIn,
  type Generation,
  generationNumbered,
  holdGeneration,
  isSame,
  nameIn,
} from '../catalog/index.ts';
import { openStorage } from '../storage/index.ts';
import { workflowErrors } from './errors.ts';
import { generationOf, type Lake, type LakeOptions, openLake, ownRelations, rootOf } from './lake.ts';
import { type BaseFile, openBase } from './past-catalog.ts';
import { publishState, type StatePlan, waitOf } from './publish-state.ts';
import { isRestorable, type RestoredTable, restoreRelation } from './restore-relation.ts';

/** Which generation to go back to. */
export interface RollbackOptions extends LakeOptions {
  /** A generation's number, or a point in time. */
  readonly to: string;
  readonly message?: string | undefined;
  /** Only say what would change. */
  readonly dryRun?: boolean | undefined;
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
  const isSameInside = tablesOf(newest, lake) === tablesOf(wanted, lake);
  if ((changed.length === 0 && isSameInside) || options.dryRun === true) return nothing;
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
  const tables = isSameInside ? undefined : await openBase(lake, wanted);
  const wait = waitOf(options);
  const turn = isSameInside
    ? undefined
    : await acquireLease(lake.log.storage, `tables-${basename(lake.file)}`.replace(/[^\w.-]/g, '_'), {
        purpose: 'boathouse rollback',
        timeoutMs: wait.lockTimeoutMs,
        ...(wait.signal === undefined ? {} : { signal: wait.signal }),
      });
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
      async (now) => planOf(lake, wanted, now, tables, isSameInside, restored),
    );
    await placeExternals(lake, wanted, newest);
    return { ...result, generation: generation?.number ?? null, tables: [...restored.values()] };
  } finally {
    await turn?.release();
    await tables?.release();
  }
}

async function planOf(
  lake: Lake,
  wanted: Generation,
  now: Generation | undefined,
  tablesFrom: BaseFile | undefined,
  isSameInside: boolean,
  restored: Map<string, RestoredTable>,
): Promise<StatePlan | undefined> {
  const differing = differences(ownRelations(lake, now ?? { relations: [] }), ownRelations(lake, wanted));
  const goingBack = differing.flatMap(({ after }) =>
    after !== undefined && isRestorable(after) ? [after] : [],
  );
  const shown = new Map<CatalogRelation, CatalogRelation>();
  for (let attempt = 1; ; attempt += 1) {
    let isStill = true;
    for (const relation of goingBack) {
      const done = await restoreRelation(relation, lake.access, { rollbackTo: wanted.number });
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
  if (isNothing && isSameInside) return undefined;
  return {
    changes: {
      upserts,
      removals: differing.flatMap(({ before, after }) =>
        before !== undefined && after === undefined ? [before] : [],
      ),
    },
    tables: isSameInside ? 'same' : { from: tablesFrom, kept },
  };
}

/** A writer that commits all the time can't be caught up with. */
const attemptsMax = 10;

/** The user's own files of external relations become those that readers see again. */
async function placeExternals(lake: Lake, wanted: Generation, before: Generation): Promise<void> {
  const differing = differences(ownRelations(lake, before), ownRelations(lake, wanted));
  const { placeExternal } = await import('../targets/index.ts');
  for (const { after } of differing) {
    if (after?.kind === 'external' && after.pins.length > 0)
      await placeExternal(after, systemRandom, lake.access);
  }
}

function tablesOf(generation: Generation, lake: Lake): string {
  return fileIn(generation, basename(lake.file))?.tables ?? '';
}
