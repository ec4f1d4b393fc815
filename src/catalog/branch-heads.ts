/**
 * The branches of a lake: `_boathouse/heads/<name>.json`, one small object for each.
 *
 * A branch's own log begins with a copy of a generation of another log. What that one said then is kept here, so that
 * a merge can tell who has changed what since, however many generations have been swept meanwhile.
 */
import { type Clock, isBoathouseError, systemClock } from '../base/index.ts';
import type { Storage } from '../storage/index.ts';
import { checkBranchName } from './branch-place.ts';
import { catalogErrors } from './errors.ts';
import type { CatalogRelation, PublishedFile, Publisher } from './generation.ts';

/** A branch. */
export interface BranchHead {
  readonly name: string;
  readonly createdAtMs: number;
  readonly by?: Publisher;
  /** The log that it started from: a branch, or null for the main one; and its generation. */
  readonly from: { readonly branch: string | null; readonly generation: number };
  /** The published database whose relations it has. */
  readonly database: string;
  /** The relations of the log that it started from, as they were then or at the last merge. */
  readonly base: readonly CatalogRelation[];
  /** Its own relations when it was created or last merged. */
  readonly own: readonly CatalogRelation[];
  /** The published files of the branch with just those, relative to its folder. */
  readonly files?: readonly PublishedFile[];
  /** When it was deleted; its files stay for those who still read them. */
  readonly deletedAtMs?: number;
}

/** The branches of the lake at `root`, deleted ones too while their files are there. Costs a listing and a read for each. */
export async function listHeads(root: Storage): Promise<readonly BranchHead[]> {
  const heads: BranchHead[] = [];
  for await (const { path } of root.list(folder)) {
    const name = /\/([^/]+)\.json$/.exec(path)?.[1];
    const head = name === undefined ? undefined : await readHead(root, name);
    if (head !== undefined) heads.push(head);
  }
  return heads;
}

/** The branch of that name; undefined when there is none. @throws catalog.corrupt-generation */
export async function readHead(root: Storage, name: string): Promise<BranchHead | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await root.read(pathOf(name));
  } catch (error) {
    if (isBoathouseError(error, 'storage.not-found')) return undefined;
    throw error;
  }
  return parse(bytes, `${root.uri}/${pathOf(name)}`);
}

/** The branch of that name. @throws catalog.no-branch, catalog.bad-branch-name */
export async function requireHead(root: Storage, name: string): Promise<BranchHead> {
  checkBranchName(name);
  const head = await readHead(root, name);
  if (head !== undefined && head.deletedAtMs === undefined) return head;
  const known = (await listHeads(root)).filter(({ deletedAtMs }) => deletedAtMs === undefined);
  throw catalogErrors['no-branch']({ name, known: known.map((one) => one.name) });
}

/** Makes a branch known. @throws catalog.branch-exists, catalog.bad-branch-name */
export async function createHead(root: Storage, head: BranchHead): Promise<void> {
  checkBranchName(head.name);
  const outcome = await root.putIfAbsent(pathOf(head.name), print(head));
  if (outcome.kind === 'created') return;
  const there = await readHead(root, head.name);
  throw catalogErrors['branch-exists']({ name: head.name, isLeaving: there?.deletedAtMs !== undefined });
}

/** Notes what a merge came to, or that the branch is deleted. The caller holds the branch's lease. */
export async function replaceHead(root: Storage, head: BranchHead): Promise<void> {
  await root.put(pathOf(head.name), print(head));
}

/** Marks it as deleted: nobody finds it from now on, and its files go later. */
export async function markDeleted(
  root: Storage,
  head: BranchHead,
  clock: Clock = systemClock,
): Promise<void> {
  await replaceHead(root, { ...head, deletedAtMs: clock.nowMs() });
}

/** Removes every file of a branch, its entry last. Safe to call again. */
export async function removeBranchFiles(root: Storage, name: string): Promise<void> {
  checkBranchName(name);
  const paths: string[] = [];
  for await (const { path } of root.list(`_boathouse/branches/${name}/`)) paths.push(path);
  await root.removeAll(paths);
  await root.remove(pathOf(name));
}

const folder = '_boathouse/heads/';

function pathOf(name: string): string {
  return `${folder}${name}.json`;
}

function print(head: BranchHead): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ boathouse: 'branch', format: 1, ...head })}\n`);
}

function parse(bytes: Uint8Array, path: string): BranchHead {
  const problem = (text: string): Error => catalogErrors['corrupt-generation']({ path, problem: text });
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw problem('it is not JSON');
  }
  if (typeof data !== 'object' || data === null || !('boathouse' in data) || data.boathouse !== 'branch') {
    throw problem('it is not a branch');
  }
  if (!('format' in data) || data.format !== 1) {
    throw catalogErrors['newer-format']({ path, found: String('format' in data ? data.format : '') });
  }
  const {
    boathouse: _,
    format: __,
    ...head
  } = data as unknown as BranchHead & Record<'boathouse' | 'format', unknown>;
  if (!Array.isArray(head.base) || !Array.isArray(head.own)) throw problem('a required field is missing');
  return head;
}
