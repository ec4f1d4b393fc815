/**
 * `branch create`: a branch of the lake begins as a copy of a generation, whatever the size of the lake.
 *
 * Nothing but the catalog is copied. The branch is made known first, and then it is looked again whether its
 * generation is still kept: from then on sweeps and vacuums see that its files are needed.
 */
import { isBoathouseError, systemClock, systemRandom } from '../base/index.ts';
import {
  type BranchHead,
  createHead,
  type Generation,
  generationNumbered,
  holdGeneration,
  publisher,
  readGeneration,
  readHead,
  removeBranchFiles,
  replaceHead,
  requireHead,
} from '../catalog/index.ts';
import { openStorage } from '../storage/index.ts';
import {
  generationOf,
  type Lake,
  type LakeOptions,
  onBranchOf,
  openLake,
  ownRelations,
  rootOf,
} from './lake.ts';
import { openBase } from './past-catalog.ts';
import { publishState, waitOf } from './publish-state.ts';

/** The branch's name, and what it begins with. */
export interface CreateBranchOptions extends LakeOptions {
  readonly name: string;
  /** A generation, or a point in time, of the branch that `branch` names; the newest unless given. */
  readonly from?: string | undefined;
  readonly message?: string | undefined;
}

/** A branch that was made. */
export interface CreatedBranch {
  readonly name: string;
  /** Its published file. */
  readonly catalog: string;
  readonly from: BranchHead['from'];
  readonly relations: number;
}

/**
 * Makes a branch of the branch that `options` name, the main one unless they do. When an earlier call was cut off,
 * it is finished.
 *
 * @throws catalog.bad-branch-name, catalog.branch-exists, catalog.no-such-generation, workflows.no-catalog,
 * workflows.tables-not-kept
 */
export async function createBranch(options: CreateBranchOptions): Promise<CreatedBranch> {
  const { name } = options;
  const source = await openLake(options);
  const root = openStorage(rootOf(source), source.storageOptions);
  const unfinished = await unfinishedHead(root, name, source);
  const generation = await generationOf(source, unfinished?.from.generation.toString() ?? options.from);
  const relations = ownRelations(source, generation);
  const head: BranchHead = unfinished ?? {
    name,
    createdAtMs: systemClock.nowMs(),
    by: publisher('branch create', source.target),
    from: { branch: source.branch ?? null, generation: generation.number },
    database: source.database,
    base: relations,
    own: relations,
  };
  const letGo = await holdGeneration(root, source.log.storage, generation);
  try {
    if (unfinished === undefined) await createHead(root, head);
    // What it begins with may be gone since: a sweep that comes later sees the branch.
    await generationNumbered(source.log, generation.number);
    if (source.branch !== undefined) await requireHead(root, source.branch);
    const lake = await onBranchOf(source, name);
    const first = await publishFirst(lake, source, generation, relations, options);
    // With the files, what it began with can be read as long as the branch is there.
    const now = await readHead(root, name);
    if (now !== undefined && now.deletedAtMs === undefined && first !== undefined) {
      await replaceHead(root, { ...now, files: first.files });
    }
    return { name, catalog: lake.file, from: head.from, relations: relations.length };
  } catch (error) {
    // Nobody can have used it: it has no generation yet.
    const lake = await onBranchOf(source, name).catch(() => undefined);
    const isEmpty = lake === undefined || (await readGeneration(lake.log)) === undefined;
    const isOurs = !isBoathouseError(error, 'catalog.branch-exists');
    if (isEmpty && isOurs) await removeBranchFiles(root, name);
    throw error;
  } finally {
    await letGo();
  }
}

/** The branch's first generation; undefined when it has one already. */
async function publishFirst(
  lake: Lake,
  source: Lake,
  generation: Generation,
  relations: Generation['relations'],
  options: CreateBranchOptions,
): Promise<Generation | undefined> {
  const base = await openBase(source, generation);
  const { branch } = source;
  const from = {
    kind: 'branch',
    generation: generation.number,
    ...(branch === undefined ? {} : { branch }),
  } as const;
  try {
    return await publishState(
      lake,
      {
        command: 'branch create',
        from,
        message: options.message,
        runId: systemRandom.uuid(),
        ...waitOf(options),
      },
      async (newest) =>
        newest === undefined
          ? { changes: { upserts: relations, removals: [] }, tables: { from: base, kept: undefined } }
          : undefined,
    );
  } finally {
    await base?.release();
  }
}

/** A branch of that name that is known and has no generation: whoever made it was cut off. */
async function unfinishedHead(
  root: ReturnType<typeof openStorage>,
  name: string,
  source: Awaited<ReturnType<typeof openLake>>,
): Promise<BranchHead | undefined> {
  const head = await readHead(root, name).catch(() => undefined);
  if (head === undefined || head.deletedAtMs !== undefined) return undefined;
  const lake = await onBranchOf(source, name);
  return (await readGeneration(lake.log)) === undefined ? head : undefined;
}
