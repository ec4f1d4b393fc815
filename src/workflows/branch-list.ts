/** `branch list` and `branch delete`. */
import { systemClock } from '../base/index.ts';
import {
  type BranchHead,
  differences,
  isOnBranch,
  listHeads,
  markDeleted,
  nameIn,
  openCatalog,
  purgeBranch,
  readGeneration,
  readHead,
  replaceHead,
  requireHead,
} from '../catalog/index.ts';
import { openStorage, type Storage } from '../storage/index.ts';
import { workflowErrors } from './errors.ts';
import { type Lake, type LakeOptions, onBranchOf, openLake, ownRelations, rootOf } from './lake.ts';

/** One branch. */
export interface ListedBranch extends Pick<BranchHead, 'name' | 'by' | 'from'> {
  readonly createdAt: Date;
  /** Its published file. */
  readonly catalog: string;
  /** Its newest generation, and when that was published; null while it has none. */
  readonly generation: number | null;
  readonly publishedAt: Date | null;
  /** Relations that it has and that were not merged. */
  readonly changed: readonly string[];
  /** Whether it was deleted, and its files are still kept for readers. */
  readonly leaving: boolean;
}

/** The branches of a lake, by name. @throws workflows.no-lake, project.* */
export async function listBranches(options: LakeOptions = {}): Promise<readonly ListedBranch[]> {
  const lake = await openLake(options);
  const heads = await listHeads(openStorage(rootOf(lake), lake.storageOptions));
  return await Promise.all(heads.map((head) => listed(lake, head)));
}

/** Which branch goes, and how surely. */
export interface DeleteBranchOptions extends LakeOptions {
  readonly name: string;
  /** Also when it has changes that were never merged. */
  readonly force?: boolean | undefined;
  /** Removes its files at once, whoever still reads them. */
  readonly now?: boolean | undefined;
}

/** What was deleted. */
export interface DeletedBranch {
  readonly name: string;
  /** Changes that are lost. */
  readonly lost: readonly string[];
  /** Whether its files are gone already; else a later run removes them. */
  readonly isGone: boolean;
}

/**
 * Deletes a branch. Its files go a day later, with the first run that publishes then: whoever still reads them may
 * finish.
 *
 * @throws catalog.no-branch, workflows.branch-in-use, workflows.branch-not-merged
 */
export async function deleteBranch(options: DeleteBranchOptions): Promise<DeletedBranch> {
  const { name } = options;
  const { branch: _, ...rest } = options;
  const lake = await onBranchOf(await openLake(rest), undefined);
  const root = openStorage(rootOf(lake), lake.storageOptions);
  const there = await readHead(root, name).catch(() => undefined);
  const isLeaving = there?.deletedAtMs !== undefined;
  const head = isLeaving ? there : await requireHead(root, name);
  if (isLeaving && options.now !== true) return { name, lost: [], isGone: false };
  const users = await usersOf(lake, name);
  if (users.length > 0) throw workflowErrors['branch-in-use']({ name, users });
  const lost = isLeaving ? [] : await unmerged(lake, head);
  if (lost.length > 0 && options.force !== true) {
    throw workflowErrors['branch-not-merged']({ name, changed: lost });
  }
  if (!isLeaving) await leave(lake, root, head);
  if (options.now === true) await purgeBranch(openCatalog(rootOf(lake), lake.storageOptions), name);
  return { name, lost, isGone: options.now === true };
}

/**
 * Marks the branch as deleted, unless somebody begins one on it at the same time: he makes his known first and looks
 * afterwards whether this one is still there, and here it is the other way round.
 */
async function leave(lake: Lake, root: Storage, head: BranchHead): Promise<void> {
  await markDeleted(root, head, systemClock);
  const users = await usersOf(lake, head.name);
  if (users.length === 0) return;
  await replaceHead(root, head);
  throw workflowErrors['branch-in-use']({ name: head.name, users });
}

/** Relations that the branch has otherwise than when it was made or last merged. */
export async function unmerged(lake: Lake, head: BranchHead): Promise<readonly string[]> {
  const own = { ...lake, branch: head.name };
  const newest = await newestOf(lake, head);
  if (newest === undefined) return [];
  return differences(head.own, ownRelations(own, newest)).flatMap(({ before, after }) => {
    const relation = after ?? before;
    return relation === undefined ? [] : [nameIn(relation, lake.database)];
  });
}

async function listed(lake: Lake, head: BranchHead): Promise<ListedBranch> {
  const { name, by, from, createdAtMs, deletedAtMs } = head;
  const leaving = deletedAtMs !== undefined;
  const newest = leaving ? undefined : await newestOf(lake, head);
  return {
    name,
    ...(by === undefined ? {} : { by }),
    from,
    createdAt: new Date(createdAtMs),
    catalog: leaving ? '' : (await onBranchOf(lake, name)).file,
    generation: newest?.number ?? null,
    publishedAt: newest === undefined ? null : new Date(newest.createdAtMs),
    changed: leaving ? [] : await unmerged(lake, head),
    leaving,
  };
}

async function newestOf(
  lake: Lake,
  { name }: BranchHead,
): Promise<Awaited<ReturnType<typeof readGeneration>>> {
  return await readGeneration((await onBranchOf(lake, name)).log);
}

/** Branches that began on this one, or have relations that stand in its files. */
async function usersOf(lake: Lake, name: string): Promise<readonly string[]> {
  const place = { name, root: rootOf(lake) };
  const root = openStorage(place.root, lake.storageOptions);
  const users: string[] = [];
  for (const head of await listHeads(root)) {
    if (head.name === name || head.deletedAtMs !== undefined) continue;
    const newest = await newestOf(lake, head);
    const stands = [...head.own, ...(newest?.relations ?? [])].some(
      ({ location }) => location !== null && isOnBranch(place, location),
    );
    if (head.from.branch === name || stands) users.push(head.name);
  }
  return users;
}
