/** What a branch did to its clone of a table, brought to the table itself: one commit, its files copied. */
import { type Json, printJson, systemClock } from '../../base/index.ts';
import {
  type Action,
  type AddFile,
  assertWritable,
  deletionVectorId,
  type HistoryEntry,
  history,
  type Metadata,
  removeOf,
  rowIdColumnProperty,
  rowVersionColumnProperty,
  type Snapshot,
  vectorPath,
} from '../../delta/index.ts';
import { copyBetween, inParallel, type Storage } from '../../storage/index.ts';
import { type Relative, relativeTo } from '../maintain/table-folder.ts';
import type { TableHandle } from '../table-handle.ts';
import { type OperationOptions, transact } from '../transact.ts';
import { mergedProtocol } from './clone-table.ts';
import { clusteringDomain } from './clustering.ts';

/** What is merged into what. */
export interface BranchMerge {
  /** The branch's table at the version to be merged. */
  readonly from: TableHandle;
  /** What tells commits of this branch's merges from everybody else's. */
  readonly tag: string;
}

const operation = 'MERGE BRANCH';

/**
 * Makes the table hold what the branch's one holds: its rows, schema and properties. Files that only the branch has
 * are copied into the table's folder first, so that the table doesn't depend on the branch afterwards.
 *
 * Safe to call again after a failure: files that were copied stay, and a table that holds it all already is left alone.
 *
 * @param mayMerge asked on the very state that the commit is made on.
 * @returns the table's version, and whether a commit made it.
 */
export async function mergeBranchTable(
  handle: TableHandle,
  { from, tag }: BranchMerge,
  mayMerge: (snapshot: Snapshot) => Promise<void>,
  options: OperationOptions = {},
): Promise<{ readonly version: number; readonly committed: boolean }> {
  const wanted = from.snapshot;
  const fromRelative = await relativeTo(from.storage);
  const toRelative = await relativeTo(handle.storage);
  return await transact<{ readonly version: number; readonly committed: boolean }>(
    handle,
    options,
    async (snapshot) => {
      await mayMerge(snapshot);
      assertWritable(handle.uri, snapshot.protocol, snapshot);
      const known = new Map([...snapshot.files.values()].map((file) => [keyOf(file, toRelative), file]));
      const byPath = new Map(
        [...snapshot.files.values()].map((file) => [placeOf(file.path, toRelative), file]),
      );
      const copies = new Set<string>();
      const added: AddFile[] = [];
      const kept = new Set<string>();
      for (const file of wanted.files.values()) {
        const { moved, own } = movedFile(file, fromRelative, toRelative);
        const key = keyOf(moved, toRelative);
        kept.add(key);
        if (known.has(key)) continue;
        added.push(withRowIds(moved, byPath.get(placeOf(moved.path, toRelative))));
        for (const path of own) copies.add(path);
      }
      const nowMs = (options.clock ?? systemClock).nowMs();
      const removed = [...known].filter(([key]) => !kept.has(key)).map(([, file]) => removeOf(file, nowMs));
      const actions = [...headActions(handle.uri, wanted, snapshot), ...removed, ...added];
      if (actions.length === 0) {
        return { kind: 'nothing', result: { version: snapshot.version, committed: false } };
      }
      await inParallel([...copies], (path) => copyInto(from.storage, handle.storage, path));
      return {
        kind: 'commit',
        draft: {
          actions,
          operation: {
            name: operation,
            parameters: { branch: tag, source: from.uri, sourceVersion: wanted.version },
            metrics: { numAddedFiles: added.length, numRemovedFiles: removed.length },
          },
          read: 'whole-table',
          feedFromFiles: true,
          result: ({ version }) => ({ version, committed: true }),
          // Another attempt copies the same files.
          discard: async () => undefined,
        },
      };
    },
    (snapshot) => ({ version: snapshot.version, committed: false }),
  );
}

/** Whether nobody but merges of this branch, and vacuums, has committed to the table since `version`. */
export async function onlyMergedSince(
  storage: Storage,
  version: number,
  now: number,
  tag: string,
): Promise<boolean> {
  if (now <= version) return true;
  const entries = await between(storage, version, now);
  // What the log doesn't tell any more may have been anybody's.
  return (
    entries.length === now - version &&
    entries.every((entry) => isHarmless(entry.operation, entry.operationParameters, tag))
  );
}

/** The commits after `from`, up to `to`, oldest first, as far as the log has them. */
async function between(storage: Storage, from: number, to: number): Promise<readonly HistoryEntry[]> {
  const entries = await history(storage, { limit: to - from + meanwhileMax });
  return entries
    .filter(({ version }) => version > from && version <= to)
    .sort((a, b) => a.version - b.version);
}

/** Commits that others may have made after those that are looked at. */
const meanwhileMax = 50;

/**
 * Whether version `sourceVersion` of the branch's table was merged right after `from`, and others committed on top of that
 * until `to`.
 */
export async function isMergeFollowed(
  storage: Storage,
  { from, to }: { readonly from: number; readonly to: number },
  tag: string,
  sourceVersion: number,
): Promise<boolean> {
  const entries = await between(storage, from, to);
  if (entries.length < to - from) return false;
  const first = entries.findIndex((entry) => !isHarmless(entry.operation, entry.operationParameters, tag));
  const ours = (first < 0 ? entries : entries.slice(0, first)).filter(
    ({ operation: name }) => name === operation,
  );
  return Number(ours.at(-1)?.operationParameters['sourceVersion'] ?? -1) === sourceVersion;
}

function isHarmless(
  name: string | undefined,
  parameters: Readonly<Record<string, Json>>,
  tag: string,
): boolean {
  if (name === 'VACUUM START' || name === 'VACUUM END') return true;
  return name === operation && parameters['branch'] === tag;
}

/** The file as the table names it, and what has to be copied for that. */
function movedFile(
  file: AddFile,
  fromRelative: Relative,
  toRelative: Relative,
): { readonly moved: AddFile; readonly own: readonly string[] } {
  const { logPath, baseRowId: _, defaultRowCommitVersion: __, ...rest } = file;
  const own = fromRelative(file.path);
  const inside = own ?? toRelative(file.path);
  const { deletionVector } = file;
  const vector = deletionVector && vectorPath(deletionVector, file.path);
  const ownVector = vector === undefined ? undefined : fromRelative(vector);
  return {
    moved: {
      ...rest,
      dataChange: true,
      ...(inside === undefined ? { ...(logPath === undefined ? {} : { logPath }) } : { path: inside }),
    },
    own: [own, ownVector].filter((path) => path !== undefined),
  };
}

function withRowIds(file: AddFile, known: AddFile | undefined): AddFile {
  if (known?.baseRowId === undefined) return file;
  const { baseRowId, defaultRowCommitVersion } = known;
  return {
    ...file,
    baseRowId,
    ...(defaultRowCommitVersion === undefined ? {} : { defaultRowCommitVersion }),
  };
}

/** The same for the same rows, whether the log names a file by its place in the table or by its address. */
function keyOf(file: AddFile, relative: Relative): string {
  const { deletionVector } = file;
  if (deletionVector === undefined) return placeOf(file.path, relative);
  const vector = vectorPath(deletionVector, file.path);
  const id =
    vector === undefined
      ? deletionVectorId(deletionVector)
      : `${placeOf(vector, relative)}@${deletionVector.offset ?? 0}`;
  return `${placeOf(file.path, relative)}\0${id}`;
}

function placeOf(path: string, relative: Relative): string {
  return relative(path) ?? path;
}

function headActions(table: string, wanted: Snapshot, now: Snapshot): Action[] {
  const configuration = new Map(wanted.metadata.configuration);
  // Rows keep the ids that they have here, in the columns that they have them in.
  for (const key of [rowIdColumnProperty, rowVersionColumnProperty]) {
    const own = now.metadata.configuration.get(key);
    if (own === undefined) configuration.delete(key);
    else configuration.set(key, own);
  }
  const metadata: Metadata = { ...wanted.metadata, id: now.metadata.id, configuration };
  const protocol = mergedProtocol(table, now.protocol, wanted, metadata);
  const actions: Action[] = protocol === now.protocol ? [] : [protocol];
  if (plain(metadata) !== plain(now.metadata)) actions.push(metadata);
  const [was, is] = [wanted.domains.get(clusteringDomain), now.domains.get(clusteringDomain)];
  if (was !== undefined && was.configuration !== is?.configuration) actions.push(was);
  for (const transaction of wanted.transactions.values()) {
    const known = now.transactions.get(transaction.appId);
    if (known === undefined || known.version < transaction.version) actions.push(transaction);
  }
  return actions;
}

function plain({ name, description, schemaString, partitionColumns, configuration }: Metadata): string {
  return printJson({
    name: name ?? '',
    description: description ?? '',
    schemaString,
    partitionColumns,
    configuration: [...configuration].sort().flat(),
  });
}

/** A file of a name that was never used before stays what it is once it is there. */
async function copyInto(from: Storage, to: Storage, path: string): Promise<void> {
  const there = await to.stat(path);
  if (there !== undefined && there.sizeBytes === (await from.stat(path))?.sizeBytes) return;
  await copyBetween(from, path, to, path);
}
